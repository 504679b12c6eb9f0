//! Torture row X5: a hundred secrets in what a command prints, in lines that mean something, split and
//! whole; afterwards none is in any file of the data directory, nor in any report.

use std::fs;
use std::path::Path;

use crate::bench::{Bench, check_exit};

/// Letters and digits that differ for each number, as long as asked for.
fn word(n: usize, length: usize) -> String {
    const ALL: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789abcdefghijkmnpqrstuvwxyz";
    let mut state = (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        state ^= state >> 30;
        state = state.wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ (state >> 27);
        char::from(ALL[(state >> 33) as usize % ALL.len()])
    };
    (0..length).map(|_| next()).collect()
}

/// What must not be found, and how it is printed.
fn secret(n: usize) -> (String, String) {
    let upper = |length| word(n, length).to_uppercase();
    let (found, printed) = match n % 10 {
        0 => (format!("AKIA{}", upper(16)), None),
        1 => (format!("ghp_{}", word(n, 36)), None),
        2 => (format!("glpat-{}", word(n, 20)), None),
        3 => (format!("npm_{}", word(n, 36)), None),
        4 => (format!("AIza{}", word(n, 35)), None),
        5 => {
            let secret = word(n, 24);
            let printed = format!("postgres://app:{secret}@db.example/app");
            (secret, Some(printed))
        }
        6 => {
            let secret = word(n, 24);
            let printed = format!("password={secret}");
            (secret, Some(printed))
        }
        7 => {
            let secret = word(n, 40);
            let printed = format!("Authorization: Bearer {secret}");
            (secret, Some(printed))
        }
        8 => (
            format!(
                "eyJ{}.eyJ{}.{}",
                word(n, 20),
                word(n + 1, 40),
                word(n + 2, 43)
            ),
            None,
        ),
        _ => (format!("sk_live_{}", word(n, 24)), None),
    };
    let printed = printed.unwrap_or_else(|| found.clone());
    (found, printed)
}

/// A log that tells each secret in a line that becomes an event.
fn log() -> String {
    let mut log = String::new();
    for n in 0..100 {
        let (_, printed) = secret(n);
        log.push_str(&match n % 4 {
            0 => format!("TEST_FAIL name=t{n} suite=s reason='got {printed} here'\n"),
            1 => format!(
                "Traceback (most recent call last):\n  File \"a.py\", line {n}, in f\n    call()\n\
                 ValueError: refused {printed} at last\n"
            ),
            2 => format!("ERROR could not connect: {printed} was refused\n"),
            // In two pieces of a runtime's line.
            _ => {
                let stamp = "2026-01-01T10:00:00.000000000Z stdout";
                let line = format!("TEST_FAIL name=t{n} suite=s reason='got {printed} here'");
                let (head, tail) = line.split_at(line.len() / 2);
                format!("{stamp} P {head}\n{stamp} F {tail}\n")
            }
        });
    }
    log
}

/// Secrets in the files below a directory, each with its file.
fn found(dir: &Path, secrets: &[String], at: &mut Vec<String>) -> usize {
    let mut files = 0;
    for entry in fs::read_dir(dir).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files += found(&path, secrets, at);
            continue;
        }
        files += 1;
        let bytes = fs::read(&path).expect("a file");
        let text = String::from_utf8_lossy(&bytes);
        let known = secrets
            .iter()
            .filter(|secret| text.contains(secret.as_str()));
        at.extend(known.map(|secret| format!("{secret} in {}", path.display())));
    }
    files
}

#[test]
fn of_a_hundred_secrets_none_is_stored_or_reported() {
    let bench = Bench::new();
    let log = bench.file("log", &log());
    let config = bench.file("excerpts.toml", "[sidecar]\nexcerpts = true\n");
    let secrets: Vec<String> = (0..100).map(|n| secret(n).0).collect();
    let done = bench.run_script(&format!("cat {log}; exit 1"), &["--config", &config]);
    check_exit(&done, 1);
    assert!(
        done.stdout.contains(&secrets[0]),
        "the output itself passes unchanged"
    );
    let mut at = Vec::new();
    let files = found(Path::new(&bench.data()), &secrets, &mut at);
    assert!(files > 0);
    assert!(at.is_empty(), "{} of 100: {at:#?}", at.len());
    let data = bench.data();
    for format in ["table", "json", "junit", "markdown"] {
        let report = bench.sentinel(&["report", "--data", &data, "--format", format]);
        let told: Vec<&String> = secrets
            .iter()
            .filter(|s| report.stdout.contains(*s))
            .collect();
        assert!(told.is_empty(), "{format}: {told:?}");
        assert!(
            report.stdout.contains("redacted"),
            "{format} shows that there was something"
        );
    }
}
