//! `go test` as text: with and without `-v`, sub-tests, parallel tests, panics, time-outs.
//!
//! Format source: packages `testing` and `cmd/go` of the Go distribution. The package of a test is
//! printed after its tests, so they are told without a suite and adopted by the package's line.
//! Benchmarks are measurements, not tests, unless one fails. Nor is a test in which Ginkgo runs its
//! specs, which are told by their own dialect.

mod begun;
mod excerpt;
mod lines;
mod needles;
#[cfg(test)]
mod tests;
mod wrapper;

use crate::dialect::needle::Needles;
use crate::dialect::{Attention, Claim, Dialect, DialectInfo, Emit, Line, ginkgo};
use crate::event::{Body, Status, SuiteEnd, TestDetail, TestEnd, TestStart};

use begun::Begun;
pub(super) use excerpt::{Excerpt, Reason};
use lines::{GoLine, Outcome, Package};
use wrapper::Wrapper;

/// Lines of other text after which what a test prints is looked at only where it shows a place in a test.
const PATIENCE: u64 = 5;
/// Levels of sub-tests whose reports may nest.
const DEPTH_CAP: usize = 64;

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "go_test",
    summary: "go test, with and without -v",
    sniff: |line| lines::opens(line.text) || ginkgo::opens(line.text) || ginkgo::failed(line.text),
    needles: needles::NEEDLES,
    lookback: 0,
    new: || Box::<GoTest>::default(),
};

/// What shows that a line means something.
static MARKS: Needles = Needles::of(needles::NEEDLES);

/// State over one stream.
#[derive(Default)]
struct GoTest {
    begun: Begun,
    /// Whose output the lines are, under `-v`.
    current: Option<Box<str>>,
    /// Results whose own output may follow, outermost first.
    reports: Vec<Report>,
    /// Whether a test of the package failed.
    failed: bool,
    /// The line that announced a time-out, while the list of running tests may follow.
    timed_out: Option<String>,
    /// Whether the last line belonged to a test's log, so that deeper lines continue it.
    in_log: bool,
    wrapper: Wrapper,
    /// Numbers of the latest line, and of the latest that was structure or a test's log.
    seen: u64,
    own: u64,
}

/// A result line and what is printed below it.
struct Report {
    indent: usize,
    name: Box<str>,
    status: Status,
    excerpt: Excerpt,
    /// Whether the result was told with its message and location.
    told: bool,
}

impl Dialect for GoTest {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        // It is shown other lines only because somebody else wants them.
        let at_ease = self.is_at_ease(line.number.saturating_sub(1));
        if at_ease && !MARKS.stand_in(line.text) {
            return Claim::Pass;
        }
        let claim = self.read(line, emit);
        self.seen = line.number;
        if claim != Claim::Pass {
            self.own = line.number;
        }
        claim
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.close_reports(0, emit);
        self.tell_panics(emit);
    }

    fn attention(&self) -> Attention {
        match self.is_at_ease(self.seen) {
            true => Attention::Needles,
            false => Attention::Every,
        }
    }
}

impl GoTest {
    /// Whether nothing is made of other lines than those with needles, behind the line of that number.
    fn is_at_ease(&self, number: u64) -> bool {
        let text = self.current.is_some() || !self.reports.is_empty() || self.timed_out.is_some();
        !text || number.saturating_sub(self.own) >= PATIENCE
    }

    fn read(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let kind = lines::classify(line.text);
        if !matches!(kind, GoLine::Text) {
            self.in_log = false;
        }
        match kind {
            GoLine::Run(name) => {
                self.close_reports(0, emit);
                self.run(name, line.number, emit);
            }
            GoLine::Switch(name) => {
                self.close_reports(0, emit);
                let wrapper = matches!(&self.wrapper, Wrapper::Begun(it) if **it == *name);
                if !wrapper && !is_benchmark(name) {
                    self.begun.go_on(name);
                }
                self.current = Some(name.into());
            }
            GoLine::Pause => {
                if let Some(name) = self.current.take() {
                    self.begun.pause(&name);
                }
            }
            GoLine::Result(outcome) if self.wraps(&outcome) => {
                self.wrapper = Wrapper::None;
                self.failed |= outcome.status == Status::Failed;
            }
            GoLine::Result(outcome) => return self.result(line, &outcome, emit),
            GoLine::Package(package) => self.package(line.number, &package, emit),
            GoLine::TimedOut => {
                self.close_reports(0, emit);
                self.timed_out = Some(line.text.to_owned());
                self.note_current(line);
                return Claim::Text;
            }
            GoLine::Frame => {}
            GoLine::Text if ginkgo::opens(line.text) => {
                self.wrap(line.number, emit);
                return Claim::Pass;
            }
            GoLine::Text if ginkgo::failed(line.text) => {
                if matches!(self.wrapper, Wrapper::Unnamed) {
                    self.wrapper = Wrapper::Failed;
                }
                return Claim::Pass;
            }
            GoLine::Text => return self.text(line, emit),
        }
        Claim::Own
    }

    fn run(&mut self, name: &str, number: u64, emit: Emit<'_>) {
        self.timed_out = None;
        self.current = Some(name.into());
        if is_benchmark(name) {
            return;
        }
        self.begun.begin(name);
        emit(number, Body::TestStart(start(name)));
    }

    fn result(&mut self, line: &Line<'_>, outcome: &Outcome<'_>, emit: Emit<'_>) -> Claim {
        let Some(indent) = self.accept(outcome) else {
            return self.text(line, emit);
        };
        self.timed_out = None;
        self.close_reports(indent, emit);
        let mut excerpt = self.begun.end(outcome.name).unwrap_or_default();
        if !outcome.before.is_empty() {
            excerpt.note(outcome.before, line.number, false);
        }
        self.current = None;
        self.failed |= outcome.status == Status::Failed;
        let told = self.tell(line.number, outcome, &excerpt, emit);
        if self.reports.len() < DEPTH_CAP {
            self.reports.push(Report {
                indent,
                name: outcome.name.into(),
                status: outcome.status,
                excerpt,
                told,
            });
        }
        Claim::Own
    }

    /// The column of a result line that is one. An indented one must stand below its parent's; one
    /// behind other output (a test that printed no line feed) must end a test that had begun.
    fn accept(&self, outcome: &Outcome<'_>) -> Option<usize> {
        match outcome.indent {
            Some(0) => Some(0),
            Some(indent) => {
                let parent = self.reports.iter().rfind(|r| r.indent < indent)?;
                let below = outcome.name.strip_prefix(&*parent.name)?;
                (parent.indent + 4 == indent && below.starts_with('/')).then_some(indent)
            }
            None => self.begun.holds(outcome.name).then_some(0),
        }
    }

    /// Emits a result; gives whether its message was already known.
    fn tell(&self, number: u64, outcome: &Outcome<'_>, excerpt: &Excerpt, emit: Emit<'_>) -> bool {
        if is_benchmark(outcome.name) && outcome.status != Status::Failed {
            return true;
        }
        let reason = match outcome.status {
            Status::Failed => excerpt.failure(),
            Status::Skipped => excerpt.skip(),
            _ => None,
        };
        let end = TestEnd {
            duration_s: outcome.seconds,
            message: reason.map(|r| r.message),
            location: reason.and_then(|r| r.location),
            ..TestEnd::new(None, outcome.name, outcome.status)
        };
        emit(number, Body::TestEnd(end));
        reason.is_some() || outcome.status == Status::Passed
    }

    /// Ends the reports at the column and beyond, telling what stood below them.
    fn close_reports(&mut self, indent: usize, emit: Emit<'_>) {
        while self.reports.last().is_some_and(|r| r.indent >= indent) {
            let Some(report) = self.reports.pop() else {
                return;
            };
            let reason = match report.status {
                Status::Skipped => report.excerpt.skip(),
                _ => report.excerpt.failure(),
            };
            if let Some(reason) = reason.filter(|_| !report.told) {
                emit(reason.line, detail(&report.name, &reason));
            }
        }
    }

    fn package(&mut self, number: u64, package: &Package<'_>, emit: Emit<'_>) {
        self.timed_out = None;
        // Ginkgo's dialect may have taken the result.
        self.failed |= matches!(self.wrapper, Wrapper::Failed);
        self.wrapper = Wrapper::None;
        if package.ran {
            self.close_reports(0, emit);
            self.tell_panics(emit);
            self.begun.clear();
            self.current = None;
        }
        // A binary that fails without a failed test crashed, exited or ran out of time.
        let crashed = package.status == Status::Failed && !self.failed;
        let status = if crashed {
            Status::Errored
        } else {
            package.status
        };
        if package.ran {
            self.failed = false;
        }
        let end = SuiteEnd {
            suite: package.path,
            status: Some(status),
            duration_s: package.seconds,
            adopts: package.ran,
        };
        emit(number, Body::SuiteEnd(end));
    }

    /// Tells the panics of tests that never ended.
    fn tell_panics(&self, emit: Emit<'_>) {
        let mut panics: Vec<_> = self
            .begun
            .iter()
            .filter_map(|(name, excerpt)| excerpt.panic().map(|reason| (name, reason)))
            .collect();
        panics.sort_by_key(|(_, reason)| reason.line);
        for (name, reason) in panics {
            emit(reason.line, detail(name, &reason));
        }
    }

    /// Output of a test, or anything else.
    fn text(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if self.timed_out.is_some() && self.running(line, emit) {
            return Claim::Own;
        }
        let text = line.text;
        let indent = text.len() - text.trim_start_matches(' ').len();
        let is_log = indent >= 4;
        let continues = self.in_log && (is_log || text.starts_with('\t') || text.is_empty());
        self.in_log = (is_log && self.owner(indent)) || continues;
        if let Some(report) = self.report_of(text, indent) {
            report.excerpt.note(text, line.number, false);
        } else {
            self.note_current(line);
        }
        if self.in_log {
            Claim::Text
        } else {
            Claim::Pass
        }
    }

    fn note_current(&mut self, line: &Line<'_>) {
        let current = self.current.as_ref();
        if let Some(excerpt) = current.and_then(|name| self.begun.excerpt(name)) {
            excerpt.note(line.text, line.number, false);
        }
    }

    /// Whether some test may have printed a line so far to the right.
    fn owner(&self, indent: usize) -> bool {
        self.current.is_some() || self.reports.iter().any(|r| r.indent < indent)
    }

    /// The report that a line below it belongs to: by its column, or, without one, by what only
    /// the last result can be followed by (a panic's text, an example's `got:` and `want:`).
    fn report_of(&mut self, text: &str, indent: usize) -> Option<&mut Report> {
        let last = self.reports.last()?;
        let at_margin = indent == 0
            && last.status == Status::Failed
            && (text.starts_with("panic: ")
                || last.excerpt.panic().is_some()
                || last.name.starts_with("Example"));
        if at_margin {
            return self.reports.last_mut();
        }
        self.reports.iter_mut().rfind(|r| r.indent + 4 <= indent)
    }

    /// The list below a time-out's panic: `<tab>running tests:`, `<tab><tab>TestA (1.5s)`.
    fn running(&mut self, line: &Line<'_>, emit: Emit<'_>) -> bool {
        let Some(item) = line.text.strip_prefix('\t') else {
            self.timed_out = None;
            return false;
        };
        if item == "running tests:" {
            return true;
        }
        let name = item
            .strip_prefix('\t')
            .and_then(|i| i.strip_suffix(')'))
            .and_then(|i| i.rsplit_once(" ("));
        let (Some((name, _)), Some(message)) = (name, self.timed_out.as_deref()) else {
            self.timed_out = None;
            return false;
        };
        if !self.begun.holds(name) {
            self.begun.begin(name);
            emit(line.number, Body::TestStart(start(name)));
        }
        let reason = Reason {
            message,
            location: None,
            line: line.number,
        };
        emit(line.number, detail(name, &reason));
        true
    }
}

fn start(name: &str) -> TestStart<'_> {
    TestStart {
        suite: None,
        name,
        attempt: None,
        tags: None,
    }
}

fn detail<'a>(name: &'a str, reason: &Reason<'a>) -> Body<'a> {
    Body::TestDetail(TestDetail {
        suite: None,
        name,
        message: Some(reason.message),
        location: reason.location,
    })
}

/// Whether the name is a benchmark's.
pub(super) fn is_benchmark(name: &str) -> bool {
    name.starts_with("Benchmark")
}
