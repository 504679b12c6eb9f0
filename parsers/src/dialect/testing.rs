//! For the tests of dialects: a text in, what a ledger makes of it out, one line each.

use std::fmt::Write;

use crate::event::Body;
use crate::{Ledger, Parser};

/// Parses with the given dialects and lists tests, then suites that ended, then printed totals.
pub(super) fn told(dialects: &[&str], text: &str) -> String {
    let mut whole = Ledger::new();
    let mut out = String::new();
    let mut suites = String::new();
    let mut parser = Parser::with_dialects(|id| dialects.contains(&id));
    let mut see = |event: &crate::Event<'_>| {
        whole.apply(event);
        if let Body::SuiteEnd(end) = &event.body {
            let status = end.status.map_or("-", crate::Status::as_str);
            let _ = writeln!(suites, "suite {} {status} {:?}", end.suite, end.duration_s);
        }
    };
    parser.feed(text.as_bytes(), &mut see);
    parser.finish(&mut see);
    for test in whole.tests() {
        let last = test.last();
        let suite = test.suite.as_deref().unwrap_or("?");
        let _ = write!(out, "{suite} | {} | {}", test.name, last.status.as_str());
        if let Some(seconds) = last.duration_s {
            let _ = write!(out, " {seconds}s");
        }
        for text in [&last.location, &last.message].into_iter().flatten() {
            let _ = write!(out, " | {text}");
        }
        out.push('\n');
    }
    let unnamed = whole.unnamed();
    if !unnamed.is_zero() {
        let _ = writeln!(out, "unnamed {}", counts(&unnamed));
    }
    out.push_str(&suites);
    if let Some(planned) = whole.planned() {
        let _ = writeln!(out, "planned {planned}");
    }
    if let Some(p) = whole.printed() {
        let _ = writeln!(
            out,
            "printed {:?} {:?} {:?} {:?}",
            p.tests, p.passed, p.failed, p.skipped
        );
    }
    out
}

fn counts(counts: &crate::Counts) -> String {
    let mut text = String::new();
    for status in crate::Status::ALL {
        if counts[status] > 0 {
            let _ = write!(text, "{} {} ", counts[status], status.as_str());
        }
    }
    text.trim_end().to_owned()
}
