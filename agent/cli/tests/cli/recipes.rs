//! The recipes for log shippers: the command line of each configuration, run as its program runs it.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use serde_json::{Map, Value};

use crate::bench::Bench;

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// The log the recipes name.
const LOG: &str = "/var/log/tests.log";

#[test]
fn vector_is_told_line_by_line() {
    let config: toml::Value = toml::from_str(&recipe("vector.toml")).expect("it is TOML");
    let source = &config["sources"]["tests"];
    assert_eq!(source["type"].as_str(), Some("exec"));
    assert_eq!(source["mode"].as_str(), Some("streaming"));
    assert_eq!(
        source["framing"]["method"].as_str(),
        Some("newline_delimited")
    );
    assert_eq!(source["decoding"]["codec"].as_str(), Some("json"));
    let command = source["command"].as_array().expect("Vector wants a list");
    let words: Vec<&str> = command.iter().filter_map(toml::Value::as_str).collect();
    check(&words, &Signalled::Child);
}

#[test]
fn fluent_bit_is_told_line_by_line() {
    let config: Value = serde_saphyr::from_str(&recipe("fluent-bit.yaml")).expect("it is YAML");
    let input = &config["pipeline"]["inputs"][0];
    assert_eq!(input["name"], "exec");
    assert_eq!(
        (&input["oneshot"], &input["threaded"]),
        (&true.into(), &true.into())
    );
    assert_eq!(
        (&input["parser"], &config["parsers"][0]["format"]),
        (&config["parsers"][0]["name"], &"json".into())
    );
    // Fluent Bit calls `popen`, which hands the text to a shell.
    let command = input["command"].as_str().expect("it is a text");
    check(&["sh", "-c", command], &Signalled::Group);
}

fn recipe(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../parsers/recipes")
        .join(name);
    std::fs::read_to_string(path).expect("it is checked in")
}

/// Whom a program signals when it stops.
enum Signalled {
    Child,
    Group,
}

/// Follows a log that grows: each event must come out while the log's writer pauses, as one line of JSON with
/// the documented keys, and the command must end when its program stops it.
fn check(words: &[&str], signalled: &Signalled) {
    let bench = Bench::new();
    let log = bench.file("growing.log", "1..4\nok 1 - adds\n");
    let mut follower = Follower::start(words, &log);
    let mut lines = vec![follower.next(), follower.next()];
    for line in ["not ok 2 - divides", "ok 3 # SKIP later", "ok 4 - sums"] {
        append(&log, line);
        lines.push(follower.next());
    }
    let told: Vec<String> = lines.iter().map(|line| short(line)).collect();
    let expected = [
        "plan ",
        "test_end passed",
        "test_end failed",
        "test_end skipped",
        "test_end passed",
    ];
    assert_eq!(told, expected);
    follower.stop(signalled);
}

/// Checks an event's keys; its kind and status.
fn short(line: &str) -> String {
    let parsed: Map<String, Value> =
        serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"));
    let keys: Vec<&str> = parsed.keys().map(String::as_str).collect();
    assert!(keys.starts_with(&["event", "line", "offset"]), "{line}");
    assert!(keys.contains(&"dialect"), "{line}");
    assert!(!line.contains(":null"), "{line}");
    let text = |key: &str| parsed.get(key).and_then(Value::as_str).unwrap_or_default();
    format!("{} {}", text("event"), text("status"))
}

fn append(log: &str, line: &str) {
    let file = std::fs::OpenOptions::new().append(true).open(log);
    writeln!(file.expect("it is there"), "{line}").expect("it is writable");
}

/// A recipe's command with its output read beside it.
struct Follower {
    child: Child,
    lines: Receiver<String>,
}

impl Follower {
    fn start(words: &[&str], log: &str) -> Follower {
        assert!(
            words.iter().any(|word| word.contains(LOG)),
            "{words:?} reads another log"
        );
        let words: Vec<String> = words.iter().map(|word| word.replace(LOG, log)).collect();
        let built = PathBuf::from(env!("CARGO_BIN_EXE_sentinel"));
        let mut path = built
            .parent()
            .expect("it is in a folder")
            .as_os_str()
            .to_owned();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut child = Command::new(&words[0])
            .args(&words[1..])
            .env("PATH", path)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("there is a shell");
        let lines = read(child.stdout.take().expect("it was piped"));
        Follower { child, lines }
    }

    fn next(&self) -> String {
        self.lines
            .recv_timeout(PATIENCE)
            .expect("an event is told while the log is open")
    }
    /// Signals as the program does that stops, and waits for the end of the output.
    fn stop(&mut self, signalled: &Signalled) {
        match signalled {
            Signalled::Child => self.signal("-TERM", ""),
            Signalled::Group => self.signal("-TERM", "-"),
        }
        match self.lines.recv_timeout(PATIENCE) {
            Err(RecvTimeoutError::Disconnected) => {}
            other => panic!("the output goes on: {other:?}"),
        }
    }

    fn signal(&self, signal: &str, group: &str) {
        let target = format!("{group}{}", self.child.id());
        // Who is to be signalled may be gone already.
        let _ = Command::new("kill")
            .args([signal, "--", &target])
            .stderr(Stdio::null())
            .status();
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.signal("-KILL", "-");
        // It was signalled, and nobody else waits for it.
        let _ = self.child.wait();
    }
}

/// Reads lines beside the test, so that it can lose its patience.
fn read(stdout: ChildStdout) -> Receiver<String> {
    let (sender, lines) = sync_channel(64);
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}
