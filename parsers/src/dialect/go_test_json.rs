//! `go test -json`: one object per line, each naming its package and test.
//!
//! Format source: `go doc test2json`. Lines that are no such object (the output of builds in old
//! versions, of a crashed wrapper) are other people's.

use hashbrown::HashMap;

use crate::dialect::flat_json::{self, RawStr};
use crate::dialect::go_test::{Excerpt, is_benchmark};
use crate::dialect::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Status, SuiteEnd, SuiteStart, TestDetail, TestEnd, TestStart};

#[cfg(test)]
mod tests;

/// Packages that are remembered at a time, and begun tests in one; beyond, output is not looked at.
const OPEN_CAP: usize = 100_000;

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "go_test_json",
    summary: "go test -json",
    sniff: |line| line.text.starts_with('{') && line.text.contains("\"Action\":"),
    needles: &["\",\"Action\":\"", "{\"Action\":\""],
    lookback: 0,
    new: || Box::<GoTestJson>::default(),
};

/// State over one stream.
#[derive(Default)]
struct GoTestJson {
    /// Whether a line of this format was seen.
    open: bool,
    packages: HashMap<Box<str>, Package>,
}

/// A package whose tests are running.
#[derive(Default)]
struct Package {
    /// Tests begun and not ended, with what they printed.
    tests: HashMap<Box<str>, Excerpt>,
    /// Whether one of its tests failed.
    failed: bool,
}

/// The members of a line that matter.
#[derive(Clone, Copy, Default)]
struct Record<'a> {
    action: RawStr<'a>,
    package: Option<RawStr<'a>>,
    test: Option<RawStr<'a>>,
    import_path: Option<RawStr<'a>>,
    output: Option<RawStr<'a>>,
    output_type: Option<RawStr<'a>>,
    elapsed: Option<f64>,
    failed_build: bool,
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
        let package = record.package.unwrap_or_default().text();
        match record.test.map(RawStr::text) {
            _ if record.import_path.is_some() => {}
            Some(test) => self.test(line.number, &record, &package, &test, emit),
            None => self.package(line.number, &record, &package, emit),
        }
        Claim::Own
    }

    fn finish(&mut self, emit: Emit<'_>) {
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
        let mut record = Record::default();
        flat_json::object(text, &mut |key, value| match key {
            "Action" => record.action = value.str().unwrap_or_default(),
            "Package" => record.package = value.str(),
            "Test" => record.test = value.str(),
            "ImportPath" => record.import_path = value.str(),
            "Output" => record.output = value.str(),
            "OutputType" => record.output_type = value.str(),
            "Elapsed" => record.elapsed = value.number(),
            "FailedBuild" => record.failed_build = true,
            _ => {}
        })?;
        let known = matches!(
            record.action.escaped(),
            "start"
                | "run"
                | "pause"
                | "cont"
                | "pass"
                | "bench"
                | "fail"
                | "output"
                | "skip"
                | "attr"
                | "artifacts"
                | "build-output"
                | "build-fail"
        );
        // test2json by itself prints neither a package nor an import path.
        let placed = record.package.is_some() || record.import_path.is_some();
        (known && (placed || self.open || record.test.is_some())).then_some(record)
    }

    fn test(&mut self, number: u64, record: &Record<'_>, suite: &str, name: &str, emit: Emit<'_>) {
        match record.action.escaped() {
            "run" if !is_benchmark(name) => {
                self.state(suite, number, emit).begin(name);
                let start = TestStart {
                    suite: Some(suite),
                    name,
                    attempt: None,
                    tags: None,
                };
                emit(number, Body::TestStart(start));
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
        let package = self.state(suite, number, emit);
        package.failed |= status == Status::Failed;
        let excerpt = package.tests.remove(name).unwrap_or_default();
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
            }
        }
        self.packages.entry_ref(path).or_default()
    }
}

impl Package {
    fn begin(&mut self, name: &str) {
        if self.tests.len() < OPEN_CAP {
            self.tests.insert(name.into(), Excerpt::default());
        }
    }

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
    let start = output.escaped().trim_start();
    if start.starts_with("=== ") || start.starts_with("--- ") {
        return;
    }
    let text = output.text();
    let text = text.trim_end_matches(['\n', '\r']);
    excerpt.note(text, number, kind.is_some_and(|k| k.starts_with("error")));
}
