//! Newman, the runner of Postman's collections, as its `cli` reporter prints it.
//!
//! Format source: `lib/reporters/cli/index.js` of Newman; the fixtures follow real output of Newman
//! 6. Its assertions are the tests, the request with its folders is their suite, as in Newman's own
//! JUnit report. A request that got no answer is an error of its suite.

mod lines;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::dialect::script::cap;
use crate::dialect::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Printed, Status, Summary, TestDetail, TestEnd};
use lines::Item;

/// Lines between the banner and the first item.
const BANNER_REACH: u64 = 8;
/// Failures remembered until the list at the end explains them.
const FAILED_CAP: usize = 10_000;

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "newman",
    summary: "Newman, cli reporter",
    sniff: |line| lines::is_banner(line.text) || lines::item(line.text).is_some(),
    needles: &[
        "\nnewman\n",
        "\n❏ ",
        "\n↳ ",
        "\n→ ",
        "\nFolder ",
        "\nSub-folder ",
        "\nRoot ",
    ],
    lookback: 0,
    new: || Box::<Newman>::default(),
};

/// State over one stream.
#[derive(Default)]
struct Newman {
    /// Number of the banner's line.
    banner: Option<u64>,
    running: bool,
    folder: Box<str>,
    suite: Box<str>,
    /// Number of the latest failure.
    number: u64,
    failed: HashMap<u64, (Box<str>, Box<str>)>,
    /// Whether the line below tells why a request got no answer, and that request's line.
    no_answer: Option<u64>,
    /// The entry of the list at the end: its number, its line and its text so far.
    entry: Option<(u64, u64, String)>,
}

impl Dialect for Newman {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        if lines::is_banner(text) {
            *self = Newman {
                banner: Some(line.number),
                ..Newman::default()
            };
            return Claim::Pass;
        }
        if let Some(item) = lines::item(text) {
            let near = |at: u64| line.number - at <= BANNER_REACH;
            if !self.running && !self.banner.is_some_and(near) {
                return Claim::Pass;
            }
            self.running = true;
            self.item(&item);
            return Claim::Own;
        }
        if !self.running {
            return Claim::Pass;
        }
        if let Some(at) = self.no_answer.take() {
            self.told(at, "", Status::Errored, Some(text.trim()), emit);
            return Claim::Text;
        }
        if let Some((tests, failed)) = lines::assertions(text) {
            tell_totals(tests, failed, line.number, emit);
            return Claim::Own;
        }
        if let Some(claim) = self.list(line, emit) {
            return claim;
        }
        self.row(text, line.number, emit)
    }

    fn finish(&mut self, emit: Emit<'_>) {
        if let Some(at) = self.no_answer.take() {
            self.told(at, "", Status::Errored, None, emit);
        }
    }

    fn attention(&self) -> Attention {
        match self.running {
            true => Attention::Every,
            false => Attention::Needles,
        }
    }
}

impl Newman {
    fn item(&mut self, item: &Item<'_>) {
        match item {
            Item::Folder(path) => {
                self.folder = cap(path).into();
                self.suite = self.folder.clone();
            }
            Item::Request(name) => self.suite = format!("{} / {name}", self.folder).into(),
            Item::Root(name) => {
                self.folder = "".into();
                self.suite = cap(name).into();
            }
        }
    }

    fn row(&mut self, text: &str, line: u64, emit: Emit<'_>) -> Claim {
        if let Some(name) = lines::passed(text) {
            self.told(line, name, Status::Passed, None, emit);
        } else if let Some(name) = lines::skipped(text) {
            self.told(line, name, Status::Skipped, None, emit);
        } else if let Some((number, name)) = lines::failed(text).filter(|f| f.0 > self.number) {
            self.number = number;
            self.told(line, name, Status::Failed, None, emit);
            if self.failed.len() < FAILED_CAP {
                let names = (self.suite.clone(), name.into());
                self.failed.insert(number, names);
            }
        } else if lines::is_unanswered(text) {
            self.no_answer = Some(line);
        } else {
            return Claim::Pass;
        }
        Claim::Own
    }

    fn told(&self, line: u64, name: &str, status: Status, message: Option<&str>, emit: Emit<'_>) {
        let end = TestEnd {
            message,
            ..TestEnd::new(Some(&self.suite), name, status)
        };
        emit(line, Body::TestEnd(end));
    }

    /// A line of the list of failures at the end.
    fn list(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Option<Claim> {
        let text = line.text;
        if let Some((number, title)) = lines::entry(text) {
            self.entry = self
                .failed
                .contains_key(&number)
                .then(|| (number, line.number, title.to_owned()));
            return Some(Claim::Own);
        }
        let (number, at, said) = self.entry.as_mut()?;
        if !text.starts_with("        ") {
            self.entry = None;
            return None;
        }
        let part = text.trim();
        if !part.starts_with("at assertion:") {
            if said.len() < 4096 {
                said.push(' ');
                said.push_str(part);
            }
            return Some(Claim::Text);
        }
        // The title comes first and may have been wrapped.
        if let Some((suite, name)) = self.failed.get(number) {
            let message = said.strip_prefix(&**name).unwrap_or(said).trim();
            let detail = TestDetail {
                suite: Some(suite),
                name,
                message: Some(cap(message)).filter(|m| !m.is_empty()),
                location: None,
            };
            emit(*at, Body::TestDetail(detail));
        }
        self.entry = None;
        Some(Claim::Text)
    }
}

fn tell_totals(tests: u64, failed: u64, line: u64, emit: Emit<'_>) {
    let summary = Summary {
        suite: None,
        printed: Printed {
            tests: Some(tests),
            failed: Some(failed),
            ..Printed::default()
        },
        duration_s: None,
    };
    emit(line, Body::Summary(summary));
}
