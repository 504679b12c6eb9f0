//! Patterns as a configuration would have them, over logs that no dialect knows.

use super::*;
use crate::event::Status;
use crate::{Body, Ledger, ParserOptions};

fn pattern(name: &str, regex: &str, meaning: &str) -> Result<Pattern, String> {
    let words = Meaning::WORDS.iter();
    let found = words.clone().find(|(word, _)| *word == meaning);
    Pattern::new(name, regex, found.unwrap().1)
}

fn patterns() -> Patterns {
    let rows = [
        ("rig-suite", r"^== rig (?P<suite>.+) ==$", "suite_start"),
        ("rig-start", r"^> (?P<name>\S+) started", "test_start"),
        (
            "rig",
            r"^< (?P<name>\S+) (?P<status>\S+)(?: after (?P<duration>\S+))?(?:: (?P<message>.*))?$",
            "test_end",
        ),
        ("rig-end", r"^== end ==$", "suite_end"),
        (
            "rig-sum",
            r"^rig: (?P<passed>\d+) good, (?P<failed>\d+) bad in (?P<duration_ms>\d+)",
            "summary",
        ),
        ("rig-panic", r"RIG PANIC: (?P<message>.*)", "signature"),
    ];
    let rows = rows.map(|(name, regex, meaning)| pattern(name, regex, meaning).unwrap());
    Patterns::new(rows.into()).unwrap()
}

const LOG: &str = "\
== rig motors ==
> spin started
< spin OK after 1.5s
> stop started
RIG PANIC: coil 17 is hot
< stop KO after 20ms: too late
< later skipped
< odd whatever
== end ==
rig: 1 good, 1 bad in 1520 ms
";

#[test]
fn patterns_tell_what_dialects_tell() {
    let mut parser = ParserOptions::new().patterns(&patterns()).parser();
    let (mut ledger, mut seen) = (Ledger::new(), Vec::new());
    let mut see = |event: &crate::Event<'_>| {
        ledger.apply(event);
        seen.push(format!("{}:{}", event.line, event.dialect));
        if let Body::Signature(s) = &event.body {
            assert_eq!(
                (s.class, s.message, s.end_line),
                ("rig-panic", "coil 17 is hot", 5)
            );
        }
    };
    parser.feed(LOG.as_bytes(), &mut see);
    parser.finish(&mut see);
    let told: Vec<(&str, &str, Status, Option<f64>)> = ledger
        .tests()
        .iter()
        .map(|t| {
            let last = t.last();
            (
                t.suite.as_deref().unwrap_or("?"),
                &*t.name,
                last.status,
                last.duration_s,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("motors", "spin", Status::Passed, Some(1.5)),
            ("motors", "stop", Status::Failed, Some(0.02)),
            ("motors", "later", Status::Skipped, None),
        ]
    );
    assert_eq!(
        ledger.tests()[1].last().message.as_deref(),
        Some("too late")
    );
    assert_eq!(ledger.printed().unwrap().passed, Some(1));
    assert_eq!(
        seen,
        [
            "1:rig-suite",
            "2:rig-start",
            "3:rig",
            "4:rig-start",
            "5:rig-panic",
            "6:rig",
            "7:rig",
            "9:rig-end",
            "10:rig-sum"
        ]
    );
}

#[test]
fn literals_are_exposed() {
    let needles = patterns();
    assert_eq!(
        needles.needles(),
        None,
        "`rig` holds no literal of three bytes"
    );
    let one = pattern("a", r"^CHECK (?P<name>\S+)", "test_start").unwrap();
    let patterns = Patterns::new(vec![one]).unwrap();
    assert_eq!(patterns.needles(), Some(&["CHECK ".to_owned()][..]));
}

#[test]
fn mistakes_are_told() {
    for (name, regex, meaning, says) in [
        ("A b", "(?P<name>x)", "test_pass", "a name is"),
        (
            "pytest",
            "(?P<name>x)",
            "test_pass",
            "the name of a dialect",
        ),
        ("a", "x", "test_pass", "lacks a group `name`"),
        ("a", "(?P<name>x)", "test_end", "lacks a group `status`"),
        ("a", "(?P<nam>x)", "test_pass", "no group `nam`"),
        ("a", "(?P<name>x)", "summary", "no group `name`"),
        ("a", "x", "summary", "`tests`"),
        ("a", "(x", "signature", "unclosed group"),
    ] {
        let error = pattern(name, regex, meaning).unwrap_err();
        assert!(error.contains(says), "{error}");
    }
}
