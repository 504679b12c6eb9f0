//! `go test -json`: one object per line, each naming its package and test.
//!
//! Format source: `go doc test2json`. Lines that are no such object (the output of builds in old
//! versions, of a crashed wrapper) are other people's.

mod record;
mod seen;
#[cfg(test)]
mod tests;

use hashbrown::HashMap;

use crate::dialect::flat_json::RawStr;
use crate::dialect::go_test::{Excerpt, is_benchmark};
use crate::dialect::needle::Needles;
use crate::dialect::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Status, SuiteEnd, SuiteStart, TestDetail, TestEnd, TestStart};
use record::{Record, is_action};
use seen::Seen;

/// Packages that are remembered at a time, and begun tests in one; beyond, output is not looked at.
const OPEN_CAP: usize = 100_000;

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "go_test_json",
    summary: "go test -json",
    sniff: |line| line.text.starts_with('{') && MARKS.stand_in(line.text),
    needles: NEEDLES,
    lookback: 0,
    new: || Box::<GoTestJson>::default(),
};

const NEEDLES: &[&str] = &["\",\"Action\":\"", "{\"Action\":\""];

/// What shows that a line means something.
static MARKS: Needles = Needles::of(NEEDLES);

/// State over one stream.
#[derive(Default)]
struct GoTestJson {
    /// Whether a line of this format was seen.
    open: bool,
    packages: HashMap<String, Package>,
    /// The test that began last, while it runs. Tests mostly run one after the other: its lines are then
    /// read without a look into the tables.
    latest: Latest,
    /// What the latest line read at once was about.
    seen: Seen,
}

/// A running test, or none.
#[derive(Default)]
struct Latest {
    runs: bool,
    package: String,
    test: String,
    excerpt: Excerpt,
}

/// A package whose tests are running.
#[derive(Default)]
struct Package {
    /// Tests begun and not ended, with what they printed.
    tests: HashMap<Box<str>, Excerpt>,
    /// Whether one of its tests failed.
    failed: bool,
}

impl Dialect for GoTestJson {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if !line.text.starts_with('{') {
            return Claim::Pass;
        }
        let Some(record) = self.read(line.text) else {
            return Claim::Pass;
        };
        self.open = true;
        self.record(line.number, &record, emit);
        Claim::Own
    }

    fn known(&self, text: &str) -> usize {
        self.seen.known(text)
    }

    fn at_once(&mut self, line: &Line<'_>, known: usize, emit: Emit<'_>) -> bool {
        // What frames a test's output says nothing that another record does not.
        if known == line.text.len() {
            return true;
        }
        let mut record = Record::default();
        let is_read = match known {
            0 => record.is_usual(line.text) && is_action(record.action.escaped()),
            _ => self.seen.is_read(&mut record, line.text, known),
        };
        if !is_read {
            return false;
        }
        if known == 0 || seen::names_test(&line.text[known..]) {
            self.seen.note(&record);
        }
        self.record(line.number, &record, emit);
        true
    }

    fn finish(&mut self, emit: Emit<'_>) {
        let latest = self.latest.package.clone();
        self.forget_latest(&latest);
        let mut packages: Vec<_> = self.packages.iter().collect();
        packages.sort_by_key(|(path, _)| *path);
        for (path, package) in packages {
            package.tell_panics(path, emit);
        }
    }

    fn attention(&self) -> Attention {
        Attention::Needles
    }
}

impl GoTestJson {
    /// Reads a line if it is one of this format.
    fn read<'a>(&self, text: &'a str) -> Option<Record<'a>> {
        let record = match Record::usual(text) {
            Some(record) => record,
            None if MARKS.stand_in(text) => Record::any(text)?,
            None => return None,
        };
        // test2json by itself prints neither a package nor an import path.
        let placed = record.package.is_some() || record.import_path.is_some();
        (is_action(record.action.escaped()) && (placed || self.open || record.test.is_some()))
            .then_some(record)
    }

    fn record(&mut self, number: u64, record: &Record<'_>, emit: Emit<'_>) {
        let package = record.package.unwrap_or_default().text();
        match record.test.map(RawStr::text) {
            _ if record.import_path.is_some() => {}
            Some(test) => self.test(number, record, &package, &test, emit),
            None => self.package(number, record, &package, emit),
        }
    }

    fn test(&mut self, number: u64, record: &Record<'_>, suite: &str, name: &str, emit: Emit<'_>) {
        match record.action.escaped() {
            "run" if !is_benchmark(name) => {
                self.begin(number, suite, name, emit);
                let start = TestStart {
                    suite: Some(suite),
                    name,
                    attempt: None,
                    tags: None,
                };
                emit(number, Body::TestStart(start));
            }
            "output" if self.latest.is(suite, name) => {
                note(&mut self.latest.excerpt, record, number);
            }
            "output" => {
                let package = self.packages.get_mut(suite);
                if let Some(excerpt) = package.and_then(|p| p.tests.get_mut(name)) {
                    note(excerpt, record, number);
                }
            }
            "pass" => self.end(number, record, suite, name, Status::Passed, emit),
            "fail" => self.end(number, record, suite, name, Status::Failed, emit),
            "skip" => self.end(number, record, suite, name, Status::Skipped, emit),
            _ => {}
        }
    }

    fn end(
        &mut self,
        number: u64,
        record: &Record<'_>,
        suite: &str,
        name: &str,
        status: Status,
        emit: Emit<'_>,
    ) {
        if is_benchmark(name) && status != Status::Failed {
            return;
        }
        let mut excerpt = match self.latest.is(suite, name) {
            true => self.latest.end(),
            false => {
                let package = self.state(suite, number, emit);
                package.tests.remove(name).unwrap_or_default()
            }
        };
        if status == Status::Failed {
            self.state(suite, number, emit).failed = true;
        }
        let reason = match status {
            Status::Failed => excerpt.failure(),
            Status::Skipped => excerpt.skip(),
            _ => None,
        };
        let end = TestEnd {
            duration_s: record.elapsed,
            message: reason.map(|r| r.message),
            location: reason.and_then(|r| r.location),
            ..TestEnd::new(Some(suite), name, status)
        };
        emit(number, Body::TestEnd(end));
        if !self.latest.runs {
            // For what the next test prints.
            excerpt.clear();
            self.latest.excerpt = excerpt;
        }
    }

    /// A test begins: the one before it, if it still runs, is put into the tables.
    fn begin(&mut self, number: u64, suite: &str, name: &str, emit: Emit<'_>) {
        let known = self.latest.package == *suite && !suite.is_empty();
        if self.latest.runs {
            let excerpt = self.latest.end();
            // Present: packages are forgotten together with the latest test.
            if let Some(package) = self.packages.get_mut(&*self.latest.package)
                && package.tests.len() < OPEN_CAP
            {
                package
                    .tests
                    .insert(self.latest.test.as_str().into(), excerpt);
            }
        }
        if !known {
            self.state(suite, number, emit);
            self.latest.package.clear();
            self.latest.package.push_str(suite);
        }
        self.latest.runs = true;
        self.latest.test.clear();
        self.latest.test.push_str(name);
    }

    fn package(&mut self, number: u64, record: &Record<'_>, path: &str, emit: Emit<'_>) {
        let status = match record.action.escaped() {
            "start" => {
                self.state(path, number, emit);
                return;
            }
            "pass" => Status::Passed,
            "skip" => Status::Skipped,
            "fail" => Status::Failed,
            _ => return,
        };
        self.forget_latest(path);
        let package = self.packages.remove(path).unwrap_or_default();
        package.tell_panics(path, emit);
        // A package that fails without a failed test was not built, crashed or ran out of time.
        let broken = status == Status::Failed && (record.failed_build || !package.failed);
        let end = SuiteEnd {
            suite: path,
            status: Some(if broken { Status::Errored } else { status }),
            duration_s: record.elapsed,
            adopts: false,
        };
        emit(number, Body::SuiteEnd(end));
    }

    /// The package's state; tells its beginning when it is new.
    fn state(&mut self, path: &str, number: u64, emit: Emit<'_>) -> &mut Package {
        // Asked first: the lines of a package's tests are many, and the key is then not copied.
        if !self.packages.contains_key(path) {
            let start = SuiteStart {
                suite: path,
                tags: None,
            };
            emit(number, Body::SuiteStart(start));
            if self.packages.len() >= OPEN_CAP {
                self.packages.clear();
                self.latest = Latest::default();
            }
        }
        self.packages.entry_ref(path).or_default()
    }

    /// The package ends: what its latest test printed is put into its table, if it still runs.
    fn forget_latest(&mut self, path: &str) {
        if self.latest.package != *path {
            return;
        }
        let latest = std::mem::take(&mut self.latest);
        if latest.runs
            && let Some(package) = self.packages.get_mut(path)
        {
            package.tests.insert(latest.test.into(), latest.excerpt);
        }
    }
}

impl Latest {
    /// Whether that test is the one that runs.
    fn is(&self, package: &str, test: &str) -> bool {
        self.runs && self.test == *test && self.package == *package
    }

    /// It runs no more, or not as the latest: what it printed.
    fn end(&mut self) -> Excerpt {
        self.runs = false;
        std::mem::take(&mut self.excerpt)
    }
}

impl Package {
    /// Tells the panics of tests that never ended.
    fn tell_panics(&self, suite: &str, emit: Emit<'_>) {
        let mut panics: Vec<_> = self
            .tests
            .iter()
            .filter_map(|(name, excerpt)| excerpt.panic().map(|reason| (name, reason)))
            .collect();
        panics.sort_by_key(|(_, reason)| reason.line);
        for (name, reason) in panics {
            let detail = TestDetail {
                suite: Some(suite),
                name,
                message: Some(reason.message),
                location: reason.location,
            };
            emit(reason.line, Body::TestDetail(detail));
        }
    }
}

/// Takes an output record into account unless it is part of the frame.
fn note(excerpt: &mut Excerpt, record: &Record<'_>, number: u64) {
    let kind = record.output_type.map(RawStr::escaped);
    let Some(output) = record.output.filter(|_| kind != Some("frame")) else {
        return;
    };
    let start = output.escaped().trim_start_matches(' ');
    if start.starts_with("=== ") || start.starts_with("--- ") {
        return;
    }
    let text = output.without_line_end().text();
    let text = text.trim_end_matches(['\n', '\r']);
    excerpt.note(text, number, kind.is_some_and(|k| k.starts_with("error")));
}
