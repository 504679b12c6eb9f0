//! The `surefire` dialect: the console of Maven's Surefire and Failsafe plug-ins, with and without
//! the `[INFO]` of Maven.
//!
//! Format source: `ConsoleReporter`, `TestSetStats` and `WrappedReportEntry` of Maven Surefire 2 and 3.
//! Suite: the class. Passes and skips are counted per class; only tests that failed are named.

#[cfg(test)]
mod tests;

use super::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Counted, Counts, Printed, Status, SuiteEnd, Summary, TestEnd};

/// The dialect's row in the table.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "surefire",
    summary: "Maven Surefire and Failsafe",
    sniff: |line| {
        let text = without_level(line.text);
        text.starts_with("Running ") || text.starts_with("Tests run: ")
    },
    needles: &["\nRunning ", "] Running ", "Tests run: "],
    lookback: 0,
    new: || Box::<Surefire>::default(),
};

#[derive(Debug, Default)]
struct Surefire {
    open: bool,
    /// The class most recently begun.
    running: Option<String>,
    /// The class whose figures came last, and how many of its failures no name has been told of.
    suite: String,
    owed: Counts,
    failure: Option<Failure>,
}

/// A test that failed, while its stack trace may follow.
#[derive(Debug)]
struct Failure {
    number: u64,
    suite: String,
    name: String,
    status: Status,
    seconds: f64,
    message: Option<String>,
    location: Option<String>,
}

impl Dialect for Surefire {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = without_level(line.text);
        if let Some(class) = text.strip_prefix("Running ").filter(|c| is_class(c)) {
            self.end_class(line.number, emit);
            self.running = Some(class.to_owned());
            return if self.open { Claim::Own } else { Claim::Pass };
        }
        if let Some(figures) = figures(text) {
            return self.figures(&figures, line.number, emit);
        }
        if !self.open {
            return Claim::Pass;
        }
        if let Some(failure) = failed(text, &self.suite, line.number) {
            self.end_failure(emit);
            self.failure = Some(failure);
            return Claim::Own;
        }
        let Some(failure) = &mut self.failure else {
            return Claim::Pass;
        };
        if text.is_empty() || text.len() != line.text.len() {
            self.end_failure(emit);
            return Claim::Pass;
        }
        failure.note(text);
        Claim::Text
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.end_class(0, emit);
    }

    fn attention(&self) -> Attention {
        match self.open {
            true => Attention::Every,
            false => Attention::Needles,
        }
    }
}

impl Surefire {
    fn figures(&mut self, figures: &Figures<'_>, number: u64, emit: Emit<'_>) -> Claim {
        let class = figures.class.or(self.running.as_deref());
        let Some(class) = class.filter(|_| figures.seconds.is_some()) else {
            if !self.open {
                return Claim::Pass;
            }
            self.end_class(number, emit);
            (self.open, self.running) = (false, None);
            let summary = Summary {
                suite: None,
                printed: figures.printed(),
                duration_s: None,
            };
            emit(number, Body::Summary(summary));
            return Claim::Own;
        };
        let class = class.to_owned();
        self.end_class(number, emit);
        self.open = true;
        self.running = None;
        let [run, failed, errored, skipped] = figures.counts;
        let red = failed.saturating_add(errored).saturating_add(skipped);
        let mut counts = Counts::of(Status::Passed, run.saturating_sub(red));
        counts.add(Status::Skipped, skipped);
        if !counts.is_zero() {
            let suite = Some(class.as_str());
            emit(number, Body::Counted(Counted { suite, counts }));
        }
        self.owed = Counts::of(Status::Failed, failed);
        self.owed.add(Status::Errored, errored);
        let bad = failed.saturating_add(errored) > 0;
        let status = if bad { Status::Failed } else { Status::Passed };
        let end = SuiteEnd {
            suite: &class,
            status: Some(status),
            duration_s: figures.seconds,
            adopts: false,
        };
        emit(number, Body::SuiteEnd(end));
        self.suite = class;
        Claim::Own
    }

    fn end_failure(&mut self, emit: Emit<'_>) {
        let Some(failure) = self.failure.take() else {
            return;
        };
        self.owed.sub(failure.status, 1);
        let end = TestEnd {
            duration_s: Some(failure.seconds),
            message: failure.message.as_deref(),
            location: failure.location.as_deref(),
            ..TestEnd::new(Some(&failure.suite), &failure.name, failure.status)
        };
        emit(failure.number, Body::TestEnd(end));
    }

    /// The class is over: counts the failures that were not named (`trimStackTrace` and reports in
    /// files leave names out).
    fn end_class(&mut self, number: u64, emit: Emit<'_>) {
        self.end_failure(emit);
        if !self.owed.is_zero() {
            let counts = std::mem::take(&mut self.owed);
            let suite = Some(self.suite.as_str());
            emit(number, Body::Counted(Counted { suite, counts }));
        }
    }
}

impl Failure {
    fn note(&mut self, text: &str) {
        let frame = text.trim_start().strip_prefix("at ");
        if let Some(frame) = frame {
            let own = frame.contains(&format!("{}.", self.suite));
            let at = frame
                .split_once('(')
                .and_then(|(_, at)| at.strip_suffix(')'));
            let at = at.filter(|at| at.contains(':'));
            if self.location.is_none() && own {
                self.location = at.map(str::to_owned);
            }
        } else if self.message.is_none() {
            let message = match text.split_once(": ") {
                Some((kind, message)) if is_class(kind) => message,
                _ => text,
            };
            self.message = Some(message.trim().to_owned()).filter(|m| !m.is_empty());
        }
    }
}

/// Takes `[INFO] ` and its like off.
fn without_level(text: &str) -> &str {
    let levels = ["[INFO] ", "[WARNING] ", "[ERROR] "];
    let rest = levels.iter().find_map(|level| text.strip_prefix(level));
    rest.unwrap_or(text)
}

/// A class as Java writes it: no blanks, with or without packages.
fn is_class(text: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '$');
    !text.is_empty() && text.chars().all(plain) && !text.starts_with(|c: char| c.is_ascii_digit())
}

/// A line of figures.
struct Figures<'a> {
    /// Run, failed, errored, skipped.
    counts: [u64; 4],
    seconds: Option<f64>,
    class: Option<&'a str>,
}

impl Figures<'_> {
    fn printed(&self) -> Printed {
        let [tests, failed, errored, skipped] = self.counts.map(Some);
        Printed {
            tests,
            failed,
            errored,
            skipped,
            ..Printed::default()
        }
    }
}

/// `Tests run: 2, Failures: 0, Errors: 0, Skipped: 1, Time elapsed: 0.2 s <<< FAILURE! - in CLASS`;
/// version 3 writes ` -- in CLASS`, the first ones `sec` and no class.
fn figures(text: &str) -> Option<Figures<'_>> {
    let mut rest = text.trim_end();
    let mut counts = [0; 4];
    let words = ["Tests run: ", ", Failures: ", ", Errors: ", ", Skipped: "];
    for (count, word) in counts.iter_mut().zip(words) {
        rest = rest.strip_prefix(word)?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        *count = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
    }
    let mut found = Figures {
        counts,
        seconds: None,
        class: None,
    };
    if let Some(tail) = rest.strip_prefix(", Time elapsed: ") {
        let (seconds, tail) = tail.split_once(" s")?;
        found.seconds = Some(seconds.replace(',', "").parse().ok()?);
        found.class = tail
            .rsplit_once("- in ")
            .map(|(_, class)| class)
            .filter(|class| !class.is_empty());
    } else if !rest.is_empty() && !rest.starts_with(", Flakes: ") {
        return None;
    }
    Some(found)
}

/// `name  Time elapsed: 0.003 s  <<< ERROR!`, `name(CLASS)  Time ...`, `CLASS.name -- Time ...`.
fn failed(text: &str, suite: &str, number: u64) -> Option<Failure> {
    let (head, verdict) = text.trim_end().rsplit_once(" <<< ")?;
    let status = match verdict {
        "FAILURE!" => Status::Failed,
        "ERROR!" => Status::Errored,
        _ => return None,
    };
    let (test, time) = head.rsplit_once("Time elapsed: ")?;
    let seconds = time.trim_end().split(' ').next()?.replace(',', "");
    let test = test.trim_end().trim_end_matches("--").trim_end();
    let mut suite = suite;
    let mut name = test;
    if let Some((method, class)) = test.strip_suffix(')').and_then(|t| t.rsplit_once('(')) {
        if is_class(class) && class.contains('.') {
            (suite, name) = (class, method);
        }
    } else if let Some(method) = test.strip_prefix(suite).and_then(|t| t.strip_prefix('.')) {
        name = method;
    }
    // A class that broke as a whole is named by itself.
    if name == suite {
        name = "";
    }
    Some(Failure {
        number,
        suite: suite.to_owned(),
        name: name.to_owned(),
        status,
        seconds: seconds.parse().ok()?,
        message: None,
        location: None,
    })
}
