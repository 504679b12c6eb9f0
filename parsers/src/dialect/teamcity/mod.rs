//! TeamCity's service messages on standard output, as many frameworks' reporters write them.
//!
//! Suite and name: the suites that are open in the message's flow, joined with ` > `; PHPUnit says
//! the class in the location hint; where no suite is open and the reporter gives the test's own
//! part of a dotted name in `metainfo` (teamcity-messages for Python), the rest of the name.

mod flow;
mod message;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use self::flow::{Flow, Suite, Test, cap, php, place};
use self::message::{Message, OPEN, messages};
use super::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Plan, Status, SuiteEnd, SuiteStart, TestEnd, TestStart};

/// The dialect's row in the table.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "teamcity",
    summary: "TeamCity service messages (##teamcity[testStarted ...])",
    sniff,
    needles: &["##teamcity["],
    lookback: 0,
    new: || Box::<TeamCity>::default(),
};

/// Flows that are open at one time; messages of further ones are passed over.
const FLOW_CAP: usize = 1024;
/// Suites one in another in a flow.
const DEPTH_CAP: usize = 64;
/// Tests open in a flow at one time.
const OPEN_CAP: usize = 1024;
/// Failed tests whose next try is awaited.
const RETRY_CAP: usize = 10_000;
/// The state over one stream.
#[derive(Debug, Default)]
struct TeamCity {
    open: bool,
    flows: BTreeMap<Box<str>, Flow>,
    /// The flow of the test that began last, for messages whose line was cut before its name.
    latest: Box<str>,
    /// Whether a repeated name is a further try (`testRetrySupport`).
    retries: bool,
    /// Tries so far of tests that failed, by suite and name.
    tries: HashMap<(String, String), u32>,
}

fn sniff(line: &Line<'_>) -> bool {
    memchr::memmem::find(line.text.as_bytes(), OPEN.as_bytes()).is_some()
}

impl Dialect for TeamCity {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if !sniff(line) {
            return Claim::Pass;
        }
        let mut known = false;
        for message in messages(line.text) {
            known |= self.message(&message, line.number, emit);
        }
        self.open |= known;
        match (known, self.open) {
            (true, _) => Claim::Own,
            (false, true) => Claim::Text,
            (false, false) => Claim::Pass,
        }
    }

    fn finish(&mut self, emit: Emit<'_>) {
        // A failure is a failure even if the process died before it said that the test is over.
        for flow in self.flows.values_mut() {
            for test in flow.tests.drain(..).filter(|t| t.status.is_failure()) {
                emit(test.line, test.end(None));
            }
        }
    }

    fn attention(&self) -> Attention {
        Attention::Needles
    }
}

impl TeamCity {
    /// Reads a message; tells whether it is one about tests.
    fn message(&mut self, message: &Message<'_>, line: u64, emit: Emit<'_>) -> bool {
        let name = message.get("name");
        match (message.name, name) {
            ("testCount", _) => self.count(message, line, emit),
            ("testRetrySupport", _) => {
                self.retries = message.get("enabled").is_none_or(|v| v == "true");
                true
            }
            ("testSuiteStarted", Some(name)) => self.suite_started(message, &name, line, emit),
            ("testSuiteFinished", Some(name)) => self.suite_finished(message, &name, line, emit),
            ("testStarted", Some(name)) => self.started(message, &name, line, emit),
            ("testFailed", name) => self.failed(message, name.as_deref()),
            ("testIgnored", Some(name)) => self.ignored(message, &name, line, emit),
            ("testFinished", Some(name)) => self.finished(message, &name, line, emit),
            ("testStdOut" | "testStdErr" | "testMetadata", Some(_)) => true,
            _ => false,
        }
    }

    fn flow(&mut self, message: &Message<'_>) -> Option<&mut Flow> {
        let id = message.get("flowId").unwrap_or_default();
        if !self.flows.contains_key(&*id) {
            if self.flows.len() >= FLOW_CAP {
                return None;
            }
            self.flows.insert(id.as_ref().into(), Flow::default());
        }
        self.flows.get_mut(&*id)
    }

    /// Forgets a flow in which nothing is open.
    fn tidy(&mut self, message: &Message<'_>) {
        let id = message.get("flowId").unwrap_or_default();
        if let Some(flow) = self.flows.get(&*id)
            && flow.suites.is_empty()
            && flow.tests.is_empty()
        {
            self.flows.remove(&*id);
        }
    }

    fn count(&mut self, message: &Message<'_>, line: u64, emit: Emit<'_>) -> bool {
        let Some(tests) = message.get("count").and_then(|c| c.parse().ok()) else {
            return false;
        };
        emit(line, Body::Plan(Plan { suite: None, tests }));
        true
    }

    fn suite_started(
        &mut self,
        message: &Message<'_>,
        name: &str,
        line: u64,
        emit: Emit<'_>,
    ) -> bool {
        let hint = message.get("locationHint");
        let Some(flow) = self.flow(message) else {
            return true;
        };
        if flow.suites.len() >= DEPTH_CAP {
            return true;
        }
        let told = match hint.as_deref().and_then(php) {
            Some((class, "")) => Some(class.to_owned()),
            Some(_) => None,
            None => Some(flow.path(Some(name))),
        };
        if let Some(suite) = &told {
            emit(line, Body::SuiteStart(SuiteStart { suite, tags: None }));
        }
        flow.suites.push(Suite {
            name: name.to_owned(),
            told,
        });
        true
    }

    fn suite_finished(
        &mut self,
        message: &Message<'_>,
        name: &str,
        line: u64,
        emit: Emit<'_>,
    ) -> bool {
        let Some(flow) = self.flow(message) else {
            return true;
        };
        // Suites inside it whose end was not told are over as well.
        if let Some(at) = flow.suites.iter().rposition(|s| s.name == name) {
            for suite in flow.suites.drain(at..).rev().filter_map(|s| s.told) {
                let end = SuiteEnd {
                    suite: &suite,
                    status: None,
                    duration_s: None,
                    adopts: false,
                };
                emit(line, Body::SuiteEnd(end));
            }
        }
        self.tidy(message);
        true
    }

    /// Suite and name of a test, as the module says.
    fn place(&mut self, message: &Message<'_>, name: &str) -> (String, String) {
        if let Some((class, method)) = message.get("locationHint").as_deref().and_then(php)
            && !method.is_empty()
        {
            return (class.to_owned(), name.to_owned());
        }
        let own = message.get("metainfo");
        let path = self.flow(message).map(|f| f.path(None)).unwrap_or_default();
        let dotted = own.is_some_and(|own| !own.is_empty() && name.ends_with(&*own));
        if path.is_empty() && dotted {
            let base = name.find(['[', '(']).map_or(name, |i| &name[..i]);
            if let Some(dot) = base.rfind('.') {
                return (name[..dot].to_owned(), name[dot + 1..].to_owned());
            }
        }
        (path, name.to_owned())
    }

    fn started(&mut self, message: &Message<'_>, key: &str, line: u64, emit: Emit<'_>) -> bool {
        let (suite, name) = self.place(message, key);
        let attempt = match self.retries && !self.tries.is_empty() {
            true => self.tries.get(&(suite.clone(), name.clone())).copied(),
            false => None,
        };
        let test = Test {
            key: key.to_owned(),
            line,
            suite,
            name,
            attempt: attempt.map(|n| n.saturating_add(1)),
            status: Status::Passed,
            message: None,
            location: None,
        };
        let id = message.get("flowId").unwrap_or_default();
        if *self.latest != *id {
            self.latest = id.into();
        }
        if let Some(flow) = self.flow(message)
            && flow.tests.len() < OPEN_CAP
        {
            emit(
                line,
                Body::TestStart(TestStart {
                    suite: Some(&test.suite),
                    name: &test.name,
                    attempt: test.attempt,
                    tags: None,
                }),
            );
            flow.tests.push(test);
        }
        true
    }

    /// The open test a message is about; without a name the one that began last.
    fn test(&mut self, message: &Message<'_>, key: Option<&str>) -> Option<&mut Test> {
        let flow = match message.get("flowId") {
            Some(id) => self.flows.get_mut(&*id),
            None if key.is_none() => self.flows.get_mut(&self.latest),
            None => self.flows.get_mut(""),
        };
        let mut tests = flow?.tests.iter_mut().rev();
        match key {
            Some(key) => tests.find(|t| t.key == key),
            None => tests.next(),
        }
    }

    fn failed(&mut self, message: &Message<'_>, key: Option<&str>) -> bool {
        if key.is_none() && message.complete {
            return false;
        }
        let details = message.get("details");
        let text = message
            .first_line("message")
            .or_else(|| message.first_line("details"));
        if let Some(test) = self.test(message, key) {
            test.status = Status::Failed;
            test.message = test.message.take().or(text.map(cap));
            let place = details.as_deref().and_then(place).map(str::to_owned);
            test.location = test.location.take().or(place);
        }
        true
    }

    /// A test that is not run; it need not have begun.
    fn ignored(&mut self, message: &Message<'_>, key: &str, line: u64, emit: Emit<'_>) -> bool {
        let text = message.first_line("message").map(cap);
        if let Some(test) = self.test(message, Some(key)) {
            test.status = Status::Skipped;
            test.message = text;
            return true;
        }
        let (suite, name) = self.place(message, key);
        let end = TestEnd {
            message: text.as_deref(),
            ..TestEnd::new(Some(&suite), &name, Status::Skipped)
        };
        emit(line, Body::TestEnd(end));
        true
    }

    fn finished(&mut self, message: &Message<'_>, key: &str, line: u64, emit: Emit<'_>) -> bool {
        let seconds = message
            .get("duration")
            .and_then(|d| d.parse::<f64>().ok())
            .filter(|d| d.is_finite() && *d >= 0.0)
            .map(|ms| ms / 1000.0);
        let Some(flow) = self.flow(message) else {
            return true;
        };
        let Some(at) = flow.tests.iter().rposition(|t| t.key == key) else {
            return true;
        };
        let test = flow.tests.remove(at);
        emit(line, test.end(seconds));
        if self.retries {
            let key = (test.suite, test.name);
            if test.status != Status::Failed {
                self.tries.remove(&key);
            } else if self.tries.len() < RETRY_CAP {
                self.tries.insert(key, test.attempt.unwrap_or(1));
            }
        }
        self.tidy(message);
        true
    }
}
