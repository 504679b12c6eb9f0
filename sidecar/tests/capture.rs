//! `sentinel-sidecar capture` as its user sees it: what a command prints, how it ends, what is kept.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use sentinel_sidecar::fs::RealFs;
use sentinel_sidecar::segments::{self, StreamEnd};

const BINARY: &str = env!("CARGO_BIN_EXE_sentinel-sidecar");

fn capture(dir: &Path, flags: &[&str], command: &[&str]) -> Command {
    let mut process = Command::new(BINARY);
    process.arg("capture").arg("--dir").arg(dir).args(flags);
    process.arg("--").args(command);
    process
}

fn sh(dir: &Path, script: &str) -> Output {
    capture(dir, &[], &["sh", "-c", script]).output().unwrap()
}

/// What the segments hold, holes left out.
fn recorded(dir: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for start in segments::list(&RealFs, dir).unwrap() {
        bytes.extend(fs::read(dir.join(segments::segment_name(start))).unwrap());
    }
    bytes
}

fn end(dir: &Path) -> StreamEnd {
    serde_json::from_slice(&fs::read(dir.join("end.json")).unwrap()).unwrap()
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        std::thread::yield_now();
    }
}

fn finish(mut child: Child) -> i32 {
    let mut code = None;
    wait_until("the capture ends", || {
        code = child.try_wait().unwrap();
        code.is_some()
    });
    code.and_then(|c| c.code()).unwrap()
}

#[test]
fn output_passes_byte_for_byte_and_is_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("input");
    let input: Vec<u8> = (0..3_000_000u32)
        .map(|i| (i.wrapping_mul(i) >> 7) as u8)
        .collect();
    fs::write(&file, &input).unwrap();
    let stream = dir.path().join("stream");
    let out = capture(
        &stream,
        &["--segment-size", "64KiB"],
        &["cat", file.to_str().unwrap()],
    )
    .output()
    .unwrap();
    assert!(out.status.success());
    assert!(
        out.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    assert!(out.stdout == input, "standard output differs");
    assert!(recorded(&stream) == input, "the recording differs");
    let starts = segments::list(&RealFs, &stream).unwrap();
    assert!(starts.len() > 40, "{} segments", starts.len());
    assert!(starts.windows(2).all(|w| w[1] - w[0] == 65536));
    let end = end(&stream);
    assert_eq!((end.total_bytes, end.exit_code), (3_000_000, Some(0)));
    let mut hash = sentinel_sidecar::hash::StreamHash::default();
    hash.update(&input);
    assert_eq!(end.hash, Some(hash.finish()));
    assert!(end.lost.is_empty());
}

#[test]
fn one_file_for_both_outputs_keeps_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let log = fs::File::create(dir.path().join("log")).unwrap();
    let stream = dir.path().join("stream");
    let script = "i=0; while [ $i -lt 500 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done";
    let status = capture(&stream, &[], &["sh", "-c", script])
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .status()
        .unwrap();
    assert!(status.success());
    let wanted: String = (0..500).map(|i| format!("out {i}\nerr {i}\n")).collect();
    assert_eq!(fs::read_to_string(dir.path().join("log")).unwrap(), wanted);
    assert_eq!(recorded(&stream), wanted.as_bytes());
}

#[test]
fn two_files_get_each_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let out = sh(dir.path(), "echo to out; echo to err >&2");
    assert_eq!(out.stdout, b"to out\n");
    assert_eq!(out.stderr, b"to err\n");
    let mut lines: Vec<_> = recorded(dir.path());
    lines.sort_unstable();
    let mut wanted = b"to out\nto err\n".to_vec();
    wanted.sort_unstable();
    assert_eq!(lines, wanted);
}

#[test]
fn exit_codes_are_a_shells() {
    let cases: [(&[&str], i32); 6] = [
        (&["true"], 0),
        (&["sh", "-c", "exit 3"], 3),
        (&["sh", "-c", "kill -TERM $$"], 143),
        (&["sh", "-c", "kill -KILL $$"], 137),
        (&["/no/such/command"], 127),
        (&["/etc/hostname"], 126),
    ];
    for (command, code) in cases {
        let dir = tempfile::tempdir().unwrap();
        let out = capture(dir.path(), &[], command).output().unwrap();
        assert_eq!(out.status.code(), Some(code), "{command:?}");
        let end = end(dir.path());
        match code {
            143 | 137 => assert_eq!((end.exit_code, end.signal), (None, Some(code - 128))),
            _ => assert_eq!((end.exit_code, end.signal), (Some(code), None)),
        }
        let said = String::from_utf8_lossy(&out.stderr).lines().count();
        assert_eq!(said, usize::from(code == 127 || code == 126), "{command:?}");
    }
}

#[test]
fn a_wrong_flag_is_one_line_and_code_2() {
    for flags in [&["capture", "--no-such"][..], &["capture"], &["tail"], &[]] {
        let out = Command::new(BINARY).args(flags).output().unwrap();
        assert_eq!(out.status.code(), Some(2), "{flags:?}");
        assert_eq!(String::from_utf8_lossy(&out.stderr).lines().count(), 1);
    }
}

#[test]
fn signals_sent_to_us_reach_the_command() {
    for (name, number) in [
        ("TERM", 15),
        ("INT", 2),
        ("HUP", 1),
        ("USR1", 10),
        ("QUIT", 3),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let script = format!(
            "trap 'echo got {name}; exit 40' {name}; echo ready; while :; do read x </dev/null; done"
        );
        // Whoever started the tests may ignore a signal (a shell does with those in its background),
        // and what is ignored when the capture starts stays ignored.
        let mut child = Command::new("env")
            .args(["--default-signal", BINARY, "capture", "--dir"])
            .arg(dir.path())
            .args(["--", "sh", "-c", &script])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = child.stdout.take().unwrap();
        let mut ready = [0; 6];
        out.read_exact(&mut ready).unwrap();
        let id = child.id().to_string();
        let kill = Command::new("kill")
            .arg(format!("-{number}"))
            .arg(id)
            .status();
        assert!(kill.unwrap().success());
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, format!("got {name}\n"));
        assert_eq!(finish(child), 40);
        assert_eq!(end(dir.path()).exit_code, Some(40));
    }
}

#[test]
fn what_we_were_told_to_ignore_the_command_ignores_too() {
    let dir = tempfile::tempdir().unwrap();
    let command = format!(
        "trap '' HUP; exec {BINARY} capture --dir {} -- sh -c 'kill -HUP $$; echo alive'",
        dir.path().display()
    );
    let out = Command::new("sh").args(["-c", &command]).output().unwrap();
    assert_eq!(out.stdout, b"alive\n");
    assert_eq!(out.status.code(), Some(0));
}

#[test]
fn a_blocked_reader_of_our_output_does_not_hold_up_a_signal() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = capture(dir.path(), &[], &["cat", "/dev/zero"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Nobody reads: our write blocks, the segments stop growing.
    let out = child.stdout.take().unwrap();
    wait_until("the pipes are full", || !recorded(dir.path()).is_empty());
    let kill = Command::new("kill").arg(child.id().to_string()).status();
    assert!(kill.unwrap().success());
    let command_gone = || {
        let children = format!("/proc/{0}/task/{0}/children", child.id());
        fs::read_to_string(children).unwrap().trim().is_empty()
    };
    wait_until("the command is gone and reaped", command_gone);
    drop(out);
    assert_eq!(finish(child), 143);
}

#[test]
fn a_closed_output_ends_the_command_as_it_would_without_us() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = capture(dir.path(), &[], &["yes"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut some = [0; 4];
    out.read_exact(&mut some).unwrap();
    drop(out);
    assert_eq!(finish(child), 128 + 13, "ended by SIGPIPE");
    assert_eq!(end(dir.path()).signal, Some(13));
}

#[test]
fn a_grandchild_that_holds_the_pipe_is_read_until_it_is_quiet() {
    let dir = tempfile::tempdir().unwrap();
    let release = dir.path().join("release");
    let done = dir.path().join("done");
    let stream = dir.path().join("stream");
    // The command ends at once; what it left prints once more and then holds the pipe until told.
    let script = format!(
        "(echo late; until [ -e {0} ]; do read x </dev/null; done; : >{1}) & echo early; exit 7",
        release.display(),
        done.display()
    );
    let started = Instant::now();
    let out = sh(&stream, &script);
    assert_eq!(out.status.code(), Some(7));
    let took = started.elapsed();
    assert!(took > Duration::from_millis(1900), "{took:?}");
    assert!(took < Duration::from_secs(15), "{took:?}");
    let mut lines: Vec<_> = out.stdout.split(|b| *b == b'\n').collect();
    lines.sort_unstable();
    assert_eq!(lines, [&b""[..], b"early", b"late"]);
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(said.contains("still running"), "{said}");
    fs::write(&release, "").unwrap();
    wait_until("the grandchild ends", || done.exists());
}

#[test]
fn over_the_cap_the_loss_is_known_to_the_byte_and_the_test_not_held_up() {
    let dir = tempfile::tempdir().unwrap();
    let flags = ["--segment-size", "64KiB", "--cap", "256KiB"];
    let out = capture(dir.path(), &flags, &["head", "-c", "1000000", "/dev/zero"])
        .output()
        .unwrap();
    assert!(out.status.success());
    assert_eq!(out.stdout.len(), 1_000_000);
    let end = end(dir.path());
    assert_eq!(end.total_bytes, 1_000_000);
    assert_eq!(recorded(dir.path()).len(), 262_144);
    let lost: Vec<_> = end
        .lost
        .iter()
        .map(|l| (l.from, l.to, l.reason.as_str()))
        .collect();
    assert_eq!(lost, [(262_144, 1_000_000, "cap")]);
}

#[test]
fn a_second_stream_in_one_directory_gets_its_own() {
    let dir = tempfile::tempdir().unwrap();
    sh(dir.path(), "echo first");
    sh(dir.path(), "echo second");
    assert_eq!(recorded(dir.path()), b"first\n");
    assert_eq!(recorded(&dir.path().join("again-1")), b"second\n");
}

#[test]
fn a_directory_that_cannot_be_made_costs_the_recording_not_the_test() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    let out = sh(&dir.path().join("file/stream"), "echo fine; exit 5");
    assert_eq!(out.stdout, b"fine\n");
    assert_eq!(out.status.code(), Some(5));
    assert_eq!(String::from_utf8_lossy(&out.stderr).lines().count(), 1);
}

/// Captures on a volume of this size, or where none may be made on the one there is; says at the end what it takes and how
/// it ended, and on standard error whether there was one.
fn on_volume(dir: &Path, size: &str, flags: &[&str], command: &[&str]) -> Output {
    let (volume, stream) = (dir.display(), dir.join("stream"));
    let mount =
        format!("mount -t tmpfs -o size={size} none {volume} 2>/dev/null && echo mounted >&2");
    let measure = format!("du -s -B1 {0} && cat {0}/end.json", stream.display());
    let script = format!("{mount}; \"$@\" >/dev/null; code=$?; {measure}; exit $code");
    let mut unshare = Command::new("unshare");
    unshare.args([
        "-U", "-r", "-m", "sh", "-c", &script, "sh", BINARY, "capture", "--dir",
    ]);
    unshare.arg(&stream).args(flags).arg("--").args(command);
    unshare.output().unwrap()
}

#[test]
fn l5_on_a_volume_with_a_limit_the_whole_directory_keeps_to_80_percent_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let command = ["head", "-c", "50000000", "/dev/zero"];
    let out = on_volume(dir.path(), "8m", &["--volume-limit", "8MiB"], &command);
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(
        out.status.success(),
        "{said} {}",
        String::from_utf8_lossy(&out.stderr)
    );
    let (used, end) = said.split_once('\t').unwrap();
    let used: u64 = used.parse().unwrap();
    assert!(used <= (8 << 20) / 5 * 4 && used > 5 << 20, "{used} bytes");
    // Nothing failed; the rest is one known loss.
    assert!(
        end.contains("\"reason\":\"cap\"") && !end.contains("write_failed"),
        "{end}"
    );
    assert!(end.contains("\"to\":50000000"), "{end}");
}

#[test]
fn on_a_volume_that_is_full_the_exit_code_and_what_was_lost_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let script = "head -c 5000000 /dev/zero; exit 7";
    let out = on_volume(dir.path(), "2m", &[], &["sh", "-c", script]);
    assert_eq!(out.status.code(), Some(7));
    if out.stderr.is_empty() {
        return eprintln!("skipped: no volume may be mounted here");
    }
    let said = String::from_utf8_lossy(&out.stdout);
    let json = said.find('{').map(|at| &said[at..]).unwrap();
    let end: StreamEnd = serde_json::from_str(json).unwrap();
    assert_eq!(end.exit_code, Some(7));
    assert_eq!(end.total_bytes, 5_000_000);
    let lost: u64 = end.lost.iter().map(|lost| lost.to - lost.from).sum();
    assert!(lost > 3_000_000, "{lost}");
    assert!(end.lost.iter().all(|lost| lost.reason == "write_failed"));
}

#[test]
fn t17_whatever_a_command_does_to_its_outputs_and_to_itself_its_end_is_recorded_at_once() {
    for (script, code, signal) in [
        ("exec >&- 2>&-; exit 3", Some(3), None),
        ("kill -9 $$", None, Some(9)),
        ("kill -SEGV $$", None, Some(11)),
        (
            "setsid sleep 60 </dev/null >/dev/null 2>&1 & exit 4",
            Some(4),
            None,
        ),
        ("(exec >&- 2>&-; exec sleep 60) & kill -9 $$", None, Some(9)),
        ("sh -c 'kill -9 $PPID'; exit 5", None, Some(9)),
        ("trap '' TERM; kill $$; exit 6", Some(6), None),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let begun = Instant::now();
        let script = format!("echo before; {script}");
        let made = capture(dir.path(), &[], &["sh", "-c", &script])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let exited = finish(made);
        assert!(begun.elapsed() < Duration::from_secs(10), "{script}");
        assert_eq!(Some(exited), code.or(signal.map(|s| 128 + s)), "{script}");
        let end = end(dir.path());
        assert_eq!((end.exit_code, end.signal), (code, signal), "{script}");
        assert_eq!(end.total_bytes, 7, "{script}");
        assert_eq!(recorded(dir.path()), b"before\n", "{script}");
    }
}
