//! Lines that come slowly, never end, or are longer than anybody keeps.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::agents::Agents;
use crate::process::{Running, append, let_pass, wait_until};

#[test]
fn t7_a_line_that_comes_byte_by_byte_over_kills_is_told_once_and_whole() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    fs::write(&log, "TEST_START name=slow\n").unwrap();
    let agents = Agents::start();
    let args = ["--follow", log.to_str().unwrap()];
    let mut running = Running::start(&mut agents.tail(&args, dir.path()));
    wait_until("the first line is there", || {
        agents.committed("log/0") == 21
    });
    for (n, byte) in "TEST_PASS name=slow duration=1.5s\n".chars().enumerate() {
        append(&log, &byte.to_string());
        let_pass(Duration::from_millis(10));
        if n % 9 == 8 {
            // Killed in the middle of the line.
            drop(running);
            running = Running::start(&mut agents.tail(&args, dir.path()));
        }
    }
    wait_until("the line is there", || agents.committed("log/0") == 55);
    assert_eq!(running.stop(), Some(0));
    let events = &agents.streams()["log/0"];
    assert_eq!(events.len(), 3, "{events:?}");
    assert!(
        events[1].starts_with("21.0 TestEnd") && events[1].contains("1.5"),
        "{events:?}"
    );
}

#[test]
fn t8_a_last_line_without_line_feed_is_delivered_within_a_second_of_the_end_and_flagged() {
    let dir = tempfile::tempdir().unwrap();
    let agents = Agents::start();
    for (follow, name) in [(false, "log/0"), (true, "other/0")] {
        let path = dir.path().join(name.trim_end_matches("/0"));
        fs::write(&path, "TEST_PASS name=a\nTEST_FAIL name=last").unwrap();
        let mut tail = agents.tail(&[path.to_str().unwrap()], dir.path());
        if follow {
            tail.arg("--follow");
        }
        let mut running = Running::start(tail.stderr(Stdio::piped()));
        wait_until("the first line is sent", || agents.committed(name) >= 17);
        let mut said = running.0.stderr.take().unwrap();
        let ended = Instant::now();
        if follow {
            assert_eq!(running.stop(), Some(0));
        } else {
            assert!(running.0.wait().unwrap().success());
        }
        assert!(
            ended.elapsed() < Duration::from_secs(1),
            "{:?}",
            ended.elapsed()
        );
        let mut warning = String::new();
        said.read_to_string(&mut warning).unwrap();
        assert!(
            warning.contains("the last line has no line feed"),
            "{warning}"
        );
        let events = &agents.streams()[name];
        assert!(events[1].contains("\"last\""), "{events:?}");
    }
}

/// The length in MiB is taken from `SENTINEL_LINE_MIB`; row T9 asks for 1024.
#[test]
fn t9_a_line_longer_than_memory_leaves_its_head_a_count_and_the_next_line() {
    let mib = std::env::var("SENTINEL_LINE_MIB").ok();
    let bytes = mib.and_then(|n| n.parse().ok()).unwrap_or(96u64) << 20;
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let mut file = File::create(&log).unwrap();
    file.write_all(b"TEST_PASS name=head reason=").unwrap();
    file.set_len(bytes).unwrap();
    let mut file = OpenOptions::new().append(true).open(&log).unwrap();
    file.write_all(b"\nTEST_PASS name=next\n").unwrap();
    let agents = Agents::start();
    let args = ["--follow", log.to_str().unwrap()];
    let mut running = Running::start(agents.tail(&args, dir.path()).stderr(Stdio::piped()));
    wait_until("the next line is sent", || {
        agents.committed("log/0") == bytes + 21
    });
    let status = fs::read_to_string(format!("/proc/{}/status", running.0.id())).unwrap();
    let peak = status
        .lines()
        .find_map(|l| l.strip_prefix("VmHWM:"))
        .unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    eprintln!("peak {peak} KiB for a line of {bytes} bytes");
    assert!(peak < 64 << 10, "{peak} KiB");
    let mut said = running.0.stderr.take().unwrap();
    assert_eq!(running.stop(), Some(0));
    let mut warning = String::new();
    said.read_to_string(&mut warning).unwrap();
    let cut = format!("{} bytes of overlong lines were cut", bytes - (64 << 10));
    assert!(warning.contains(&cut), "{warning}");
    let events = &agents.streams()["log/0"];
    assert!(events[0].contains("\"head\""), "{:.200}", events[0]);
    assert!(events[1].contains("\"next\""), "{:.200}", events[1]);
}
