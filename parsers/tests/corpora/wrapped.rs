//! The same logs once more, each line in an envelope as runtimes and loggers put round it: whole runs
//! keep their results, and what an application logs stays no test.

use sentinel_parsers::Status;
use sentinel_parsers::event::Counts;
use sentinel_parsers::ledger::Test;

use crate::score::parse;
use crate::truth::Case;
use crate::{cases, corpora};

/// An envelope: its name, and how it wraps the line of a number.
type Wrap = (&'static str, fn(usize, &str) -> String);

/// Envelopes of programs' output.
const OUTPUT: [Wrap; 5] = [
    ("cri", |_, line| {
        format!("2026-03-01T12:00:00.123456789Z stdout F {line}")
    }),
    ("syslog_new", |_, line| {
        format!("<30>1 2026-03-01T12:00:00.123456Z ci runner 812 - - {line}")
    }),
    ("syslog", |_, line| {
        format!("Mar  1 12:00:00 ci runner[812]: {line}")
    }),
    ("journal_json", |n, line| {
        let message = serde_json::Value::from(line);
        format!(
            "{{\"__CURSOR\":\"s={n}\",\"__REALTIME_TIMESTAMP\":\"1772366400123456\",\
             \"SYSLOG_IDENTIFIER\":\"runner\",\"MESSAGE\":{message}}}"
        )
    }),
    ("journal_export", |n, line| {
        format!(
            "__CURSOR=s={n}\n__REALTIME_TIMESTAMP=1772366400123456\n\
             SYSLOG_IDENTIFIER=runner\nMESSAGE={line}\nPRIORITY=6\n"
        )
    }),
];

/// Envelopes of loggers.
const LOGGERS: [Wrap; 8] = [
    ("json_lines", |n, line| {
        let message = serde_json::Value::from(line);
        format!("{{\"level\":\"info\",\"ts\":1772366400.{n},\"msg\":{message},\"n\":{n}}}")
    }),
    ("klog", |_, line| {
        format!("I0301 12:00:00.123456       1 run.go:12] {line}")
    }),
    ("klog_structured", |n, line| {
        let message = serde_json::Value::from(line);
        format!("I0301 12:00:00.123456       1 run.go:12] {message} n=\"{n}\"")
    }),
    ("logfmt", |n, line| {
        let message = serde_json::Value::from(line);
        format!("time=\"2026-03-01T12:00:00Z\" level=info msg={message} n={n}")
    }),
    ("python", |_, line| {
        format!("2026-03-01 00:00:00,123 - ci.runner - INFO - {line}")
    }),
    ("logback", |_, line| {
        format!("2026-03-01 00:00:00,123 INFO  [main] ci.Runner - {line}")
    }),
    ("env_logger", |_, line| {
        format!("[2026-03-01T00:00:00Z INFO  ci::runner] {line}")
    }),
    ("basic", |_, line| format!("INFO:runner:{line}")),
];

fn wrapped(log: &str, wrap: fn(usize, &str) -> String) -> Vec<u8> {
    let lines = log.trim_end_matches('\n').split('\n').enumerate();
    lines
        .flat_map(|(n, line)| (wrap(n, line) + "\n").into_bytes())
        .collect()
}

/// What an application said: the message of each line of its log.
fn said(case: &Case) -> String {
    let log = String::from_utf8_lossy(&case.log);
    let messages = log.lines().map(|line| {
        let words: Vec<&str> = line.splitn(3, ' ').collect();
        match words[..] {
            [time, "INFO" | "DEBUG" | "WARN" | "ERROR", text] if time.ends_with('Z') => {
                text.trim_start()
            }
            _ => line,
        }
    });
    messages.map(|text| text.to_owned() + "\n").collect()
}

#[test]
fn what_an_application_logs_is_no_test() {
    let Some(root) = corpora() else { return };
    for case in cases(&root).iter().filter(|c| c.framework == "_noise") {
        let log = said(case);
        for (name, wrap) in LOGGERS {
            let ledger = parse(&wrapped(&log, wrap), usize::MAX);
            assert_eq!(
                ledger.totals().total(),
                0,
                "{} in {name}: {:?}",
                case.name,
                ledger.tests().first()
            );
        }
    }
}

#[test]
fn nor_in_any_order_and_however_often() {
    let Some(root) = corpora() else { return };
    for case in cases(&root).iter().filter(|c| c.framework == "_noise") {
        let log = said(case);
        let mut lines: Vec<&str> = log.lines().take(500).collect();
        let often = lines.iter().flat_map(|line| [*line; 5]);
        let mut logs = vec![often.collect::<Vec<_>>().join("\n")];
        let mut chance = 1u64;
        for _ in 0..12 {
            for last in (1..lines.len()).rev() {
                chance = chance
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                lines.swap(last, (chance >> 33) as usize % (last + 1));
            }
            logs.push(lines.join("\n"));
        }
        for log in logs {
            let ledger = parse(&wrapped(&log, LOGGERS[0].1), usize::MAX);
            let (total, first) = (ledger.totals().total(), ledger.tests().first());
            assert_eq!(total, 0, "{}: {first:?}", case.name);
        }
    }
}

/// Suite, name and status of every test, and the totals.
fn results(log: &[u8]) -> (Vec<(String, String, Status)>, Counts) {
    let ledger = parse(log, usize::MAX);
    let key = |t: &Test| {
        let suite = t.suite.as_deref().unwrap_or_default();
        (suite.to_owned(), t.name.to_string(), t.status())
    };
    (ledger.tests().iter().map(key).collect(), ledger.totals())
}

#[test]
fn runs_in_envelopes_keep_their_results() {
    let Some(root) = corpora() else { return };
    let all = cases(&root);
    let small = |c: &&Case| c.log.len() < 40_000 && !c.framework.starts_with('_');
    let logs: Vec<(&Case, &str)> = all
        .iter()
        .filter(small)
        .filter_map(|case| Some((case, std::str::from_utf8(&case.log).ok()?)))
        .collect();
    let plain: Vec<_> = logs.iter().map(|(case, _)| results(&case.log)).collect();
    for (name, wrap) in OUTPUT.into_iter().chain(LOGGERS) {
        let mut differ = Vec::new();
        for ((case, log), plain) in logs.iter().zip(&plain) {
            if results(&wrapped(log, wrap)) != *plain {
                differ.push(case.name.as_str());
            }
        }
        let same = logs.len() - differ.len();
        println!("{name:<16} {same}/{} {}", logs.len(), differ.join(" "));
        let is_output = OUTPUT.iter().any(|(output, _)| *output == name);
        let least = if is_output { 100 } else { 70 };
        assert!(same * 100 >= logs.len() * least, "{name}: {differ:?}");
    }
}
