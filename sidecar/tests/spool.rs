//! The spool of a pipe: what was read is there after a kill, damage is a gap in its place, and no damage keeps it from
//! being read.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use sentinel_sidecar::fs::RealFs;
use sentinel_sidecar::segments::{
    Limits, RECORDS, SegmentWriter, StreamInfo, list, segment_name, write_acked,
};
use sentinel_sidecar::tail::{SegmentSource, Source, Step, spool};

fn info() -> StreamInfo {
    StreamInfo {
        format: RECORDS,
        source: "stdin".to_owned(),
        ..StreamInfo::new(String::new(), None)
    }
}

fn limits(segment_bytes: u64, cap_bytes: u64) -> Limits {
    Limits {
        segment_bytes,
        cap_bytes,
    }
}

/// The bytes at each place of the stream, `None` where they are lost, and the reasons.
fn read(dir: &Path) -> (Vec<Option<u8>>, Vec<String>) {
    let mut source = Source::Segments(SegmentSource::open(dir).unwrap());
    let start = source.rewind(0).unwrap().unwrap();
    let mut bytes = vec![None; usize::try_from(start).unwrap()];
    let mut reasons = Vec::new();
    let mut buffer = [0; 1000];
    loop {
        match source.read(&mut buffer).unwrap() {
            Step::Bytes(n) => bytes.extend(buffer[..n].iter().map(|b| Some(*b))),
            Step::Gap(lost) => {
                assert_eq!(lost.from, bytes.len() as u64);
                bytes.resize(usize::try_from(lost.to).unwrap(), None);
                reasons.push(lost.reason);
            }
            Step::End(end) => {
                assert_eq!(end.total_bytes, bytes.len() as u64);
                return (bytes, reasons);
            }
            step => panic!("{step:?}"),
        }
    }
}

/// A stream of numbered bytes, in records of 50 but for where a segment is full.
fn written(dir: &Path, segment_bytes: u64, finish: bool) -> Vec<u8> {
    let bytes: Vec<u8> = (0..3000u32).map(|n| (n * 7 % 251) as u8).collect();
    let mut writer = SegmentWriter::spool(dir, &info(), limits(segment_bytes, 1 << 24)).unwrap();
    for chunk in bytes.chunks(50) {
        writer.append(chunk);
    }
    if finish {
        writer.finish_at_eof().unwrap();
    }
    bytes
}

fn segment(dir: &Path, n: usize) -> PathBuf {
    dir.join(format!("{:020}.seg", list(&RealFs, dir).unwrap()[n]))
}

/// What is there is right and in its place; gives the number of bytes lost.
fn compare(found: &[Option<u8>], wanted: &[u8]) -> usize {
    let right = |(found, wanted): (&Option<u8>, &u8)| found.is_none_or(|b| b == *wanted);
    assert!(found.iter().zip(wanted).all(right), "altered");
    let there = found.iter().flatten().count();
    wanted.len() - there
}

#[test]
fn what_was_written_is_read_and_survives_a_writer_that_is_killed() {
    for finish in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let wanted = written(dir.path(), 500, finish);
        let (found, reasons) = read(dir.path());
        assert_eq!(compare(&found, &wanted), 0);
        assert_eq!(reasons, [""; 0]);
        assert!(list(&RealFs, dir.path()).unwrap().len() > 5);
    }
}

#[test]
fn a_spool_cut_at_any_byte_gives_all_whole_records_before_and_counts_the_torn_one() {
    let dir = tempfile::tempdir().unwrap();
    let wanted = written(dir.path(), 1 << 20, false);
    let last = segment(dir.path(), list(&RealFs, dir.path()).unwrap().len() - 1);
    let whole = fs::read(&last).unwrap();
    let start = usize::try_from(*list(&RealFs, dir.path()).unwrap().last().unwrap()).unwrap();
    for cut in (36..whole.len()).rev().step_by(11) {
        fs::write(&last, &whole[..cut]).unwrap();
        let (found, reasons) = read(dir.path());
        let records = (cut - 36) / 71;
        let torn = (cut - 36) % 71;
        let there = found.iter().flatten().count();
        assert_eq!(there, start + 50 * records);
        assert_eq!(reasons.len(), usize::from(torn > 0));
        compare(
            &found[..found.len().min(wanted.len())],
            &wanted[..found.len().min(wanted.len())],
        );
    }
}

#[test]
fn a_byte_changed_anywhere_costs_its_record_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let wanted = written(dir.path(), 1 << 20, true);
    let path = segment(dir.path(), 0);
    let whole = fs::read(&path).unwrap();
    for at in (36..36 + 71 * 5).chain(whole.len() - 71 * 2..whole.len()) {
        let mut changed = whole.clone();
        changed[at] ^= 0x41;
        fs::write(&path, &changed).unwrap();
        let (found, reasons) = read(dir.path());
        assert_eq!(found.len(), wanted.len());
        assert_eq!(compare(&found, &wanted), 50, "byte {at}");
        assert_eq!(reasons, ["corrupt"]);
    }
}

#[test]
fn a_segment_whose_header_is_bad_is_put_aside_and_the_others_are_read() {
    for at in 0..36 {
        let dir = tempfile::tempdir().unwrap();
        let wanted = written(dir.path(), 500, true);
        let path = segment(dir.path(), 2);
        let mut changed = fs::read(&path).unwrap();
        changed[at] ^= 0x41;
        fs::write(&path, &changed).unwrap();
        let lost = list(&RealFs, dir.path()).unwrap();
        let lost = usize::try_from(lost[3] - lost[2]).unwrap();
        for _ in 0..2 {
            let (found, reasons) = read(dir.path());
            assert_eq!(compare(&found, &wanted), lost);
            assert_eq!(reasons.len(), 1);
        }
        assert!(path.with_extension("bad").exists());
    }
}

#[test]
fn at_the_cap_what_the_agent_has_goes_first_and_then_what_is_new_is_lost_to_the_byte() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = SegmentWriter::spool(dir.path(), &info(), limits(1000, 8000)).unwrap();
    let line = [b'x'; 100];
    for _ in 0..60 {
        writer.append(&line);
    }
    write_acked(&RealFs, dir.path(), 3500).unwrap();
    for _ in 0..20 {
        writer.append(&line);
    }
    // But for the first lines, which tell what is spoken, and no more than there is need for.
    let first = list(&RealFs, dir.path()).unwrap()[1];
    assert!(first > 1000 && first <= 3500, "{first}");
    assert_eq!(writer.losses().bytes(), 0);
    let held: u64 = fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap())
        .filter(|e| e.path().extension().is_some_and(|e| e == "seg"))
        .map(|e| e.metadata().unwrap().len())
        .sum();
    // Headers of segments are not counted.
    assert!(held <= 8000 + 36 * 10, "{held}");
    // Nothing more is acknowledged: what is new is lost, and known to the byte.
    for _ in 0..200 {
        writer.append(&line);
    }
    let lost = writer.losses().bytes();
    assert!(lost > 0);
    let first = list(&RealFs, dir.path()).unwrap()[1];
    assert!(first <= 3500, "{first}");
    writer.finish_at_eof().unwrap();
    let (found, reasons) = read(dir.path());
    let missing = found.len() - found.iter().flatten().count();
    let head = found.iter().take_while(|byte| byte.is_some()).count();
    assert!((1..=500).contains(&head), "{head}");
    assert_eq!(missing as u64, lost + first - head as u64);
    assert_eq!(reasons[0], "rotated_away");
    assert!(reasons[1..].iter().all(|r| r == "cap"), "{reasons:?}");
}

#[test]
fn a_pipe_is_read_into_the_spool_while_nobody_reads_that() {
    let dir = tempfile::tempdir().unwrap();
    let (reader, mut writer) = std::io::pipe().unwrap();
    let source = spool(
        reader.into(),
        dir.path(),
        &info(),
        limits(1 << 20, 64 << 20),
    )
    .unwrap();
    // Far more than a pipe holds: this would wait for ever if nobody took it.
    let chunk = vec![b'y'; 1 << 20];
    for _ in 0..8 {
        writer.write_all(&chunk).unwrap();
    }
    drop(writer);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !dir.path().join("end.json").exists() {
        assert!(
            std::time::Instant::now() < deadline,
            "the end is never written"
        );
        std::thread::yield_now();
    }
    drop(source);
    let (found, reasons) = read(dir.path());
    assert_eq!(found.len(), 8 << 20);
    assert!(found.iter().all(|b| *b == Some(b'y')));
    assert_eq!(reasons, [""; 0]);
}

#[test]
fn a_spool_left_by_a_killed_sidecar_is_sent_by_the_next() {
    use std::process::{Command, Stdio};
    let dir = tempfile::tempdir().unwrap();
    let spool = dir.path().join("spool");
    // A port where nobody listens: the agent is away.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let mut tail = Command::new(env!("CARGO_BIN_EXE_sentinel-sidecar"))
        .args(["tail", "-", "--agent", &url, "--spool"])
        .arg(&spool)
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let text = "TEST_PASS name=a\n".repeat(100_000);
    let mut pipe = tail.stdin.take().unwrap();
    // Not held up, though there is no agent.
    pipe.write_all(text.as_bytes()).unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    let held = || -> u64 {
        let starts = list(&RealFs, &spool).unwrap_or_default().into_iter();
        let paths = starts.map(|start| spool.join(segment_name(start)));
        paths
            .map(|path| path.metadata().map_or(0, |m| m.len()))
            .sum()
    };
    while held() < text.len() as u64 {
        assert!(
            std::time::Instant::now() < deadline,
            "it is never all in the spool"
        );
        std::thread::yield_now();
    }
    tail.kill().unwrap();
    tail.wait().unwrap();
    let (found, reasons) = read(&spool);
    assert_eq!(reasons, [""; 0]);
    assert_eq!(compare(&found, text.as_bytes()), 0);
}
