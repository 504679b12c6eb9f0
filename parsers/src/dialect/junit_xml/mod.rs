//! JUnit's XML report, printed instead of or among other output.
//!
//! Suite: `classname`; without that attribute, or where it only repeats the name, the enclosing
//! `testsuite`. Name: `name`. There is no one schema: read is what Ant's and Surefire's have in common with
//! what pytest, PHPUnit, GoogleTest, CTest, nextest, Node's runner, Jasmine, bats and Ginkgo write.
//! Source: the reports of those beside their logs, and
//! `maven-surefire-plugin/src/site/resources/xsd/surefire-test-report.xsd`.
//!
//! A document begins with a line whose first element is `testsuites` or `testsuite`, and ends with it;
//! several may follow each other. Lines of others between its elements are left to others. A line over the
//! cap breaks the document off: reading goes on at the next tag. If the tests were told by the
//! framework's own output before, the report tells them once more: nothing in it says whose they are.

mod case;
mod scan;
#[cfg(test)]
mod tests;

use super::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Printed, Summary};
use case::{Case, Child, NAME_CAP};
use scan::{Scanner, Tag, Token, decoded};

/// Suites inside each other whose names are kept.
const DEPTH_CAP: usize = 32;
/// Lines without any markup after which a document is given up: between elements, and inside one.
const STRAY_LINES: u32 = 200;
const TEXT_LINES: u32 = 1_000_000;

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "junit_xml",
    summary: "JUnit XML report",
    sniff: |line| begins(line.text),
    needles: &["<testsuite"],
    lookback: 0,
    new: || Box::<JunitXml>::default(),
};

/// State over one stream.
#[derive(Default)]
struct JunitXml {
    scanner: Scanner,
    document: Option<Document>,
}

/// A document from its first element on.
#[derive(Default)]
struct Document {
    /// The elements that are open: `testsuites`, and suites inside each other.
    suites: Vec<Suite>,
    /// How many more are open.
    deeper: u32,
    case: Option<Case>,
    /// The element that is neither suite nor test case.
    child: Option<(Child, String)>,
    /// Whether the place in the document is unknown.
    lost: bool,
    over: bool,
    printed: Printed,
    told: u64,
    /// Lines without markup in a row.
    quiet: u32,
    /// Number of the latest line.
    line: u64,
}

/// An element that holds test cases.
struct Suite {
    /// Empty for `testsuites`.
    name: String,
    /// Whether it bears a figure `disabled`.
    disabled: bool,
}

/// Whether the line's first element is a report's.
fn begins(text: &str) -> bool {
    let mut rest = text.trim_start();
    while rest.starts_with("<?") {
        match rest.split_once("?>") {
            Some((_, behind)) => rest = behind.trim_start(),
            None => return false,
        }
    }
    let Some(rest) = rest.strip_prefix("<testsuite") else {
        return false;
    };
    let rest = rest.strip_prefix('s').unwrap_or(rest);
    rest.is_empty() || rest.starts_with([' ', '\t', '>', '/'])
}

/// Whether the line begins a document although one is open: it was cut off.
fn begins_anew(text: &str) -> bool {
    let text = text.trim_start();
    begins(text) && (text.starts_with("<?") || text.starts_with("<testsuites"))
}

impl Dialect for JunitXml {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let fresh = match self.document {
            None => begins(line.text),
            Some(_) => !self.scanner.in_data() && begins_anew(line.text),
        };
        if fresh {
            self.finish(emit);
            self.scanner = Scanner::default();
            self.document = Some(Document::default());
        }
        let Some(document) = &mut self.document else {
            return Claim::Pass;
        };
        let claim = document.line(&mut self.scanner, line, emit);
        if line.cut {
            self.scanner = Scanner::default();
            document.lose(emit);
        }
        if document.over {
            self.finish(emit);
        }
        claim
    }

    fn finish(&mut self, emit: Emit<'_>) {
        if let Some(mut document) = self.document.take() {
            document.break_off(emit);
            document.sum_up(emit);
        }
    }

    fn attention(&self) -> Attention {
        match self.document {
            Some(_) => Attention::Every,
            None => Attention::Needles,
        }
    }
}

impl Document {
    fn line(&mut self, scanner: &mut Scanner, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        self.line = line.number;
        let mut marked = scanner.in_markup();
        scanner.line(line.text, &mut |token| match token {
            Token::Open(tag) => {
                marked = true;
                self.open(&tag, emit);
            }
            Token::Close(name) => {
                marked = true;
                self.close(name, emit);
            }
            Token::Text(text) => self.text(text, true),
            Token::Data(text) => self.text(text, false),
        });
        if marked || scanner.in_markup() {
            (self.quiet, self.lost) = (0, false);
            return Claim::Own;
        }
        self.quiet += 1;
        self.over |= self.quiet
            > match self.child {
                Some(_) => TEXT_LINES,
                None => STRAY_LINES,
            };
        match self.child {
            // What a failure says may be a known error.
            Some((Child::Result | Child::Try, _)) => Claim::Text,
            // What a test printed is no result of this run: nobody else is asked.
            Some((Child::Other, _)) => Claim::Own,
            None if self.lost => Claim::Text,
            None if line.text.trim().is_empty() => Claim::Own,
            None => Claim::Pass,
        }
    }

    fn open(&mut self, tag: &Tag<'_>, emit: Emit<'_>) {
        let begins = matches!(tag.name, "testsuites" | "testsuite");
        if self.child.is_some() || (self.over && !begins) {
            return;
        }
        match tag.name {
            _ if begins => {
                self.break_off(emit);
                self.enter(tag);
                if tag.empty {
                    self.close(tag.name, emit);
                }
            }
            "testcase" => {
                self.break_off(emit);
                let name = tag.get("name").map(|n| decoded(n, NAME_CAP));
                let name = name.unwrap_or_default();
                self.case = Some(Case::new(tag, self.suite_of(tag, &name), name, self.line));
                if tag.empty {
                    self.close("testcase", emit);
                }
            }
            _ => {
                let child = match &mut self.case {
                    Some(case) => case.child(tag),
                    None => Child::Other,
                };
                if !tag.empty {
                    let name = &tag.name[..tag.name.floor_char_boundary(NAME_CAP)];
                    self.child = Some((child, name.to_owned()));
                }
            }
        }
    }

    fn enter(&mut self, tag: &Tag<'_>) {
        if self.suites.is_empty() {
            let figure = |key| tag.get(key).and_then(|n| n.trim().parse().ok());
            self.over = false;
            self.printed = self.printed.plus(Printed {
                tests: figure("tests"),
                failed: figure("failures"),
                errored: figure("errors"),
                skipped: figure("skipped"),
                ..Printed::default()
            });
        }
        if self.suites.len() >= DEPTH_CAP {
            self.deeper = self.deeper.saturating_add(1);
            return;
        }
        let name = match tag.name {
            "testsuite" => tag.get("name").map(|n| decoded(n, NAME_CAP)),
            _ => None,
        };
        self.suites.push(Suite {
            name: name.unwrap_or_default(),
            disabled: tag.get("disabled").is_some(),
        });
    }

    fn close(&mut self, name: &str, emit: Emit<'_>) {
        if let Some((_, child)) = &self.child {
            if child == name {
                self.child = None;
            }
            return;
        }
        match name {
            "testcase" => {
                if let Some(case) = self.case.take() {
                    case.tell(emit);
                    self.told += 1;
                }
            }
            "testsuite" => {
                self.break_off(emit);
                match self.deeper.checked_sub(1) {
                    Some(deeper) => self.deeper = deeper,
                    None => drop(self.suites.pop()),
                }
                self.over = self.suites.is_empty();
            }
            "testsuites" => {
                self.break_off(emit);
                (self.deeper, self.over) = (0, true);
                self.suites.clear();
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str, escaped: bool) {
        if let (Some((child, _)), Some(case)) = (&self.child, &mut self.case) {
            case.text(*child, text, escaped);
        }
    }

    /// Which suite the test case of that tag and name belongs to.
    fn suite_of(&self, tag: &Tag<'_>, name: &str) -> String {
        let around = self.suites.iter().filter(|s| !s.name.is_empty());
        let enclosing = around.clone().next_back();
        let Some(class) = tag.get("classname").map(|c| decoded(c, NAME_CAP)) else {
            return enclosing.map(|s| s.name.clone()).unwrap_or_default();
        };
        // CTest repeats the name; its suite is the build's name, or says that it has none.
        if class == name && !class.is_empty() {
            let named = enclosing.filter(|s| s.name != "(empty)");
            return named.map(|s| s.name.clone()).unwrap_or_default();
        }
        // Node's runner always writes the same word; its suites are inside each other.
        if class == "test" && enclosing.is_none_or(|s| s.disabled) {
            let names: Vec<&str> = around.map(|s| s.name.as_str()).collect();
            return names.join(" > ");
        }
        // PHPUnit has the class twice, once as it is.
        let whole = tag.get("class").map(|c| decoded(c, NAME_CAP));
        whole
            .filter(|c| c.replace('\\', ".") == class)
            .unwrap_or(class)
    }

    /// A line was cut: where in the document the next one stands, nobody knows.
    fn lose(&mut self, emit: Emit<'_>) {
        self.break_off(emit);
        self.child = None;
        self.lost = true;
    }

    /// What follows is no longer inside the test case.
    fn break_off(&mut self, emit: Emit<'_>) {
        if let Some(case) = self.case.take() {
            case.break_off(emit);
            self.told += 1;
        }
    }

    fn sum_up(&self, emit: Emit<'_>) {
        if self.told > 0 && self.printed != Printed::default() {
            let summary = Summary {
                suite: None,
                printed: self.printed,
                duration_s: None,
            };
            emit(self.line, Body::Summary(summary));
        }
    }
}
