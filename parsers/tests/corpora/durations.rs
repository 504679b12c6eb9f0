//! Durations, as exactly as the log prints them: by the unit of the framework's last digit, and which
//! tests the log prints one for at all.

use std::collections::HashSet;

use sentinel_parsers::ledger::Test;
use sentinel_parsers::line::visible;

use crate::truth::{Case, TruthTest};

/// What a framework's last digit is worth in seconds, of a duration as long as that.
fn unit(framework: &str, seconds: f64) -> f64 {
    match framework {
        "go-test" | "go-test-json" | "go-test-v" | "ctest" | "meson" | "minitest" | "pytest" => {
            0.01
        }
        // `format_us`: below 0.1 ms two places.
        "exunit" if seconds < 0.0001 => 0.000_01,
        "exunit" => 0.0001,
        // The truth has six places.
        "cargo-test-json" | "node-test" => 0.000_001,
        // `1.2s`, `1.2m`.
        "playwright" if seconds >= 60.0 => 6.0,
        "playwright" if seconds >= 1.0 => 0.1,
        // Whole milliseconds, or places of seconds down to them.
        _ => 0.001,
    }
}

/// What a log shows of its tests' durations.
pub(crate) struct Shown<'c> {
    case: &'c Case,
    /// What stands before a duration that ends a line.
    headed: HashSet<String>,
    /// Node ids in pytest's list of the slowest.
    slowest: HashSet<String>,
}

impl<'c> Shown<'c> {
    pub(crate) fn of(case: &'c Case) -> Shown<'c> {
        let (mut headed, mut slowest) = (HashSet::new(), HashSet::new());
        for line in case.log.split(|b| *b == b'\n') {
            let end = &line[line.len().saturating_sub(24)..];
            // Cheap, for most lines have neither.
            let slow = line.windows(2).take(400).any(|w| w == b"s ");
            if !slow && !end.iter().any(u8::is_ascii_digit) {
                continue;
            }
            let line = visible(line);
            headed.extend(before_duration(&line).map(str::to_owned));
            slowest.extend(in_slowest(&line).map(str::to_owned));
        }
        Shown {
            case,
            headed,
            slowest,
        }
    }

    /// Whether the told durations are right; `None` where there is nothing to be judged.
    pub(crate) fn judge(&self, want: &TruthTest, got: &Test) -> Option<bool> {
        let truth = want.duration_s?;
        let framework = self.case.truth.framework_of(want).unwrap_or_default();
        let told: Vec<f64> = got.attempts.iter().filter_map(|a| a.duration_s).collect();
        if told.is_empty() {
            return self.prints(framework, want, truth).then_some(false);
        }
        // Some reports have the last try's, some the sum of all.
        let sum = told.iter().sum();
        let near = |d: f64| (d - truth).abs() <= unit(framework, d) * 1.001;
        Some(near(sum) || told.into_iter().any(near))
    }

    /// Whether the log prints the test's duration.
    fn prints(&self, framework: &str, want: &TruthTest, truth: f64) -> bool {
        let shown = self.case.truth.stdout_durations;
        match framework {
            // Leaves out what takes no time.
            "jest" => shown && truth > 0.0,
            // Slow tests only; an option.
            "mocha" | "vitest" | "googletest" if !self.case.name.contains("tap_flat") => {
                self.stands_beside(want)
            }
            "pytest" => want.id.as_ref().is_some_and(|id| self.slowest.contains(id)),
            _ => shown && want.status != "skipped" || self.stands_beside(want),
        }
    }

    /// Whether a line has the test's name, which is no other's, and a duration after it.
    fn stands_beside(&self, want: &TruthTest) -> bool {
        let Some(name) = want.name.as_deref().filter(|n| !n.is_empty()) else {
            return false;
        };
        let same = |t: &&TruthTest| t.name.as_deref() == Some(name);
        let beside = |head: &String| {
            let before = head.strip_suffix(name);
            before.is_some_and(|b| !b.ends_with(char::is_alphanumeric))
        };
        self.case.truth.tests.iter().filter(same).count() == 1 && self.headed.iter().any(beside)
    }
}

/// What stands before a duration at the line's end: `name (668ms)`, `name 12ms`, `name (0.003 sec)`.
fn before_duration(line: &str) -> Option<&str> {
    let line = line.trim_end();
    let bare = line.strip_suffix([')', ']']).unwrap_or(line);
    let units = [" ms", "ms", " secs", " sec", " s", "s"];
    let figures = units.iter().find_map(|unit| bare.strip_suffix(unit))?;
    let head = figures.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let any = head.len() < figures.len();
    let head = head.strip_suffix(['(', '[']).or(head.strip_suffix(' '))?;
    any.then(|| head.trim_end())
}

/// The node id of `0.03s call     tests/test_a.py::test_b`.
fn in_slowest(line: &str) -> Option<&str> {
    let (seconds, rest) = line.split_once("s ")?;
    seconds.parse::<f64>().ok()?;
    let phases = ["setup ", "call ", "teardown "];
    let id = phases.iter().find_map(|phase| rest.strip_prefix(phase))?;
    Some(id.trim())
}
