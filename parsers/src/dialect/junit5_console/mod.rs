//! The `junit5_console` dialect: the console launcher of the JUnit Platform, with every `--details`.
//!
//! Format source: `TreePrinter`, `VerboseTreePrintingListener`, `FlatPrintingListener`,
//! `TestFeedPrintingListener` and `MutableTestExecutionSummary` of the JUnit Platform 1.0 to 1.12; seen: 1.9.
//!
//! ```text
//! JUnit Jupiter > ATest > adds() :: SUCCESSFUL                                       testfeed
//! Finished:    adds() ([engine:junit-jupiter]/[class:a.ATest]/[method:adds()])       flat
//! │  │  └─ adds() ✘ expected: <1> but was: <2>                                       tree
//! │  │  │   uniqueId: [engine:junit-jupiter]/[class:a.ATest]/[method:adds()]          verbose
//! ```
//!
//! Suite and name are the report's, full class and `method(Type)[2]`, where the log shows unique ids. Tree and
//! feed show captions only: there the suite is the classes' captions joined with ` > `. Failed or errored is
//! told by what was thrown; aborted is skipped. Ambiguous: in a tree, a class inside a class that shows none of its
//! tests looks like a test, unless JUnit's own reason or the list of failures says that it is a class.

mod ended;
mod id;
mod lines;
mod list;
#[cfg(test)]
mod tests;
mod tree;

use super::closing::close;
use super::java::Thrown;
use super::script::cap;
use super::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Counts, Plan, Status, TestStart};

use ended::Ended;
use id::Id;
use lines::{FLAT_INDENT, Flat, Row, Totals};
use list::List;
use tree::Tree;

/// The dialect's row in the table.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "junit5_console",
    summary: "JUnit Platform console launcher (tree, flat, verbose, testfeed)",
    sniff,
    needles: &[
        "Thanks for using JUnit!",
        "Number of static tests: ",
        " ([engine:",
        "├─ ",
        "└─ ",
        "\n+-- ",
        "\n'-- ",
        " :: STARTED",
        " :: SUCCESSFUL",
        " :: FAILED",
        " :: ABORTED",
        " :: SKIPPED",
        "Failures (",
        "Test run finished after ",
    ],
    lookback: 0,
    new: || Box::<Console>::default(),
};

fn sniff(line: &Line<'_>) -> bool {
    let text = line.text;
    match text.as_bytes().first() {
        Some(b'T') if text.starts_with("Test run finished after ") => true,
        Some(b'F') if lines::list_begins(text) => true,
        Some(b'S' | b'F' | b'R') if lines::flat(text).is_some() => true,
        Some(b'+' | b'\'' | 0xe2) => lines::row(text).is_some(),
        Some(b'T' | 0xf0) if text.contains("Thanks for using JUnit!") => true,
        Some(b'T') if lines::announced(text).is_some() => true,
        Some(_) => lines::feed(text).is_some_and(|(path, _)| id::is_engine(path)),
        None => false,
    }
}

#[derive(Debug, Default)]
struct Console {
    /// Between the banner, or whatever was recognised first, and the last of the totals.
    open: bool,
    told: Counts,
    /// A result of the flat forms; what was thrown may follow.
    ended: Option<Ended>,
    /// A test that the verbose form is describing.
    described: Option<Ended>,
    /// What a container threw, in the verbose form; its row follows.
    broke: Option<Thrown>,
    /// Captions of the verbose form down to the latest row, and the suite of its latest test.
    path: Vec<Box<str>>,
    suite: String,
    tree: Tree,
    list: Option<List>,
    totals: Option<Totals>,
}

impl Dialect for Console {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if !self.open && !sniff(line) {
            return Claim::Pass;
        }
        if let Some(totals) = &mut self.totals {
            match totals.read(line.text) {
                Some(last) => {
                    if last {
                        self.close(line.number, emit);
                    }
                    return Claim::Own;
                }
                None if !sniff(line) => return Claim::Pass,
                None => *self = Console::default(),
            }
        }
        let claim = self.read(line.text, line.number, emit);
        self.open |= claim != Claim::Pass;
        claim
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.end(emit);
    }

    fn attention(&self) -> Attention {
        match self.open {
            true => Attention::Every,
            false => Attention::Needles,
        }
    }
}

impl Console {
    fn read(&mut self, text: &str, number: u64, emit: Emit<'_>) -> Claim {
        if text.starts_with("Test run finished after ") {
            self.end(emit);
            self.totals = Some(Totals::default());
            return Claim::Own;
        }
        if lines::list_begins(text) {
            self.end_rows(emit);
            self.list = Some(List::default());
            return Claim::Own;
        }
        if let Some(list) = &mut self.list {
            let claim = list.line(text, number, &mut self.tree, &mut self.told, emit);
            if claim == Claim::Pass && !text.is_empty() {
                // Not the list it looked like, or its end: nothing here claims the lines to come.
                self.end(emit);
                self.open = false;
            }
            return claim;
        }
        if let Some(flat) = lines::flat(text) {
            self.flat(&flat, number, emit);
            return Claim::Own;
        }
        if let Some((path, word)) = lines::feed(text) {
            self.feed(path, word, number, emit);
            return Claim::Own;
        }
        if self.follows(text, emit) {
            return Claim::Text;
        }
        if let Some(tests) = lines::announced(text) {
            emit(number, Body::Plan(Plan { suite: None, tests }));
            return Claim::Own;
        }
        if text.contains("Thanks for using JUnit!") {
            return Claim::Own;
        }
        self.row_or_detail(text, number, emit)
    }

    fn flat(&mut self, flat: &Flat<'_>, number: u64, emit: Emit<'_>) {
        self.end_rows(emit);
        let Some(id) = Id::read(flat.id, flat.display) else {
            return;
        };
        let status = match flat.word {
            "Started" => return start(&id, number, emit),
            "Finished" => None,
            "Skipped" => Some(Status::Skipped),
            _ => return,
        };
        self.ended = Some(ended(id, status, number));
    }

    fn feed(&mut self, path: &str, word: &str, number: u64, emit: Emit<'_>) {
        self.end_rows(emit);
        let mut captions: Vec<&str> = path.split(" > ").collect();
        let last = captions.pop().unwrap_or_default();
        let (suite, name, _) = id::displayed(&captions, last);
        let id = Id {
            suite,
            name,
            test: true,
        };
        let status = match word {
            "STARTED" => return start(&id, number, emit),
            "SUCCESSFUL" => Status::Passed,
            "FAILED" => Status::Failed,
            _ => Status::Skipped,
        };
        self.ended = Some(ended(id, Some(status), number));
    }

    /// Whether the line is about the latest result of a flat form; if not, that one is told.
    fn follows(&mut self, text: &str, emit: Emit<'_>) -> bool {
        let Some(ended) = &mut self.ended else {
            return false;
        };
        if let Some(thrown) = &mut ended.thrown {
            if text.starts_with(FLAT_INDENT) || text.starts_with('\t') {
                thrown.note(text, &ended.suite);
                return true;
            }
        } else if let Some(reason) = lines::flat_detail(text, "Reason") {
            ended.because(reason);
            return true;
        } else if let Some(what) = lines::flat_detail(text, "Exception") {
            ended.thrown = Some(Thrown::new(what));
            return true;
        } else if let (Some(status), Some(what)) = (ended.status, text.strip_prefix('\t')) {
            match what.strip_prefix("Reason: ") {
                Some(reason) => ended.because(reason),
                None if status != Status::Passed => ended.thrown = Some(Thrown::new(what)),
                None => {}
            }
            return true;
        }
        self.end_rows(emit);
        false
    }

    fn row_or_detail(&mut self, text: &str, number: u64, emit: Emit<'_>) -> Claim {
        if let Some(row) = lines::row(text) {
            let engine = row.depth == 0 && id::is_engine(row.text);
            let opens = engine && lines::result(row.text).is_some();
            if !(self.open || opens) {
                return Claim::Pass;
            }
            if !self.tree.row(&row, number, &mut self.told, emit) {
                self.described_row(&row, number, emit);
            }
            return Claim::Own;
        }
        if !self.open {
            return Claim::Pass;
        }
        if let Some((word, value)) = lines::detail(text) {
            self.detail(word, value, number, emit);
            return Claim::Own;
        }
        if !text.starts_with(['│', '|', ' ']) {
            self.tree.near = false;
            return Claim::Pass;
        }
        let described = self.described.as_mut().and_then(|described| {
            let suite = described.suite.as_str();
            described.thrown.as_mut().map(|thrown| (thrown, suite))
        });
        let thrown = described.or(self.broke.as_mut().map(|thrown| (thrown, "")));
        if let Some((thrown, suite)) = thrown {
            thrown.note(lines::inside(text), suite);
            return Claim::Text;
        }
        match self.tree.near {
            true => Claim::Text,
            false => Claim::Pass,
        }
    }

    /// A row of the verbose form: `caption`, or `caption finished after 3 ms.` at a container's end.
    fn described_row(&mut self, row: &Row<'_>, number: u64, emit: Emit<'_>) {
        self.described = None;
        let broke = self.broke.take();
        let end = row.text.rsplit_once(" finished after ");
        let caption = end.map_or(row.text, |(caption, _)| caption);
        // Rows of higher levels are missing when the log was cut.
        self.path.resize_with(row.depth, Box::default);
        if let (Some(thrown), Some(_)) = (broke, end) {
            let path: Vec<&str> = self.path.iter().map(AsRef::as_ref).collect();
            let (suite, name) = id::broken(&path, cap(caption), &self.suite);
            let container = Ended {
                number,
                suite,
                name,
                thrown: Some(thrown),
                ..Ended::default()
            };
            container.tell(&mut self.told, emit);
        }
        self.path.push(cap(caption).into());
    }

    /// A detail of the verbose form.
    fn detail(&mut self, word: &str, value: &str, number: u64, emit: Emit<'_>) {
        if word == "uniqueId" {
            let caption = self.path.last().map_or("", |caption| caption);
            if let Some(id) = Id::read(value, caption) {
                start(&id, number, emit);
                self.suite.clone_from(&id.suite);
                self.described = Some(ended(id, None, number));
            }
            return;
        }
        let Some(described) = &mut self.described else {
            if word == "caught" {
                self.broke = Some(Thrown::new(value));
            }
            return;
        };
        match word {
            "caught" => described.thrown = Some(Thrown::new(value)),
            "reason" => described.because(value),
            "duration" => {
                let milliseconds = value.split(' ').next().and_then(|n| n.parse::<u32>().ok());
                described.seconds = milliseconds.map(|n| f64::from(n) / 1000.0);
            }
            "status" => {
                described.status = match value.trim_end().rsplit(' ').next() {
                    Some("SUCCESSFUL") => Some(Status::Passed),
                    Some("FAILED") => Some(Status::Failed),
                    Some("ABORTED" | "SKIPPED") => Some(Status::Skipped),
                    _ => return,
                };
                if let Some(described) = self.described.take() {
                    described.tell(&mut self.told, emit);
                }
            }
            _ => {}
        }
    }

    /// The flat forms' latest result and the tree's latest row are complete.
    fn end_rows(&mut self, emit: Emit<'_>) {
        if let Some(ended) = self.ended.take() {
            ended.tell(&mut self.told, emit);
        }
        self.tree.end(&mut self.told, emit);
    }

    fn end(&mut self, emit: Emit<'_>) {
        self.end_rows(emit);
        if let Some(mut list) = self.list.take() {
            list.end(&mut self.tree, &mut self.told, emit);
        }
        self.tree.tell_held(&mut self.told, emit);
    }

    /// The last of the totals: what no name was told of is counted.
    fn close(&mut self, number: u64, emit: Emit<'_>) {
        let printed = self.totals.unwrap_or_default().printed();
        let mut told = self.told;
        // The totals know no errors.
        told.add(Status::Failed, told[Status::Errored]);
        close(printed, &told, number, emit);
        *self = Console::default();
    }
}

fn start(id: &Id, number: u64, emit: Emit<'_>) {
    if id.test {
        let start = TestStart {
            suite: Some(&id.suite),
            name: &id.name,
            attempt: None,
            tags: None,
        };
        emit(number, Body::TestStart(start));
    }
}

fn ended(id: Id, status: Option<Status>, number: u64) -> Ended {
    Ended {
        number,
        suite: id.suite,
        name: id.name,
        test: id.test,
        status,
        ..Ended::default()
    }
}
