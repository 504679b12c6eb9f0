//! A scenario while its steps come, and what is to be made of it when they are over.

use super::lines::{self, Step};
use super::why::Why;
use crate::dialect::script::cap;
use crate::event::Status;

/// The scenario being read, or one that waits for the end to tell how it ended.
#[derive(Debug, Default)]
pub(super) struct Scenario {
    pub(super) suite: Box<str>,
    pub(super) name: Box<str>,
    pub(super) line: u64,
    /// `a/b.feature:9`, if the log has it already.
    pub(super) place: Option<Box<str>>,
    /// Column of its title.
    pub(super) indent: usize,
    /// Whether its beginning was told.
    pub(super) started: bool,
    pub(super) why: Why,
    /// The worst that its steps told.
    status: Option<Status>,
    /// Whether a red step waits for the text that says how it failed.
    red: bool,
    /// Steps that were not executed, or that nobody wrote: without colours nobody can tell.
    unknown: bool,
}

/// What is known of a scenario whose steps are over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Sure(Status),
    /// The list of failures or the totals have to tell; else it is this, if anything.
    Open(Option<Status>),
}

impl Scenario {
    pub(super) fn new(suite: &str, name: &str, line: u64) -> Scenario {
        Scenario {
            suite: suite.into(),
            name: cap(name).into(),
            line,
            ..Scenario::default()
        }
    }

    /// Reads a step; whether it was, or is being, executed.
    pub(super) fn step(&mut self, step: &Step<'_>, colour: Option<u8>) -> bool {
        let status = match (step, colour) {
            (Step::Told(status, unwritten), _) => {
                if let Some(text) = unwritten {
                    self.why.say(text);
                }
                *status
            }
            (_, Some(90)) => return true,
            (_, Some(31)) => {
                self.red = true;
                Status::Failed
            }
            (_, Some(36)) => Status::Skipped,
            (Step::Unknown(text), Some(33)) => {
                self.why.say(text);
                Status::Errored
            }
            (_, Some(33)) => Status::Errored,
            (Step::Unknown(_), _) => {
                self.unknown = true;
                return false;
            }
            (Step::Executed, _) => Status::Passed,
        };
        self.worst(status);
        status != Status::Skipped
    }

    pub(super) fn worst(&mut self, status: Status) {
        self.status = lines::worse(self.status, status);
    }

    /// Text below a step; whether it says why the step failed.
    pub(super) fn text(&mut self, text: &str) -> bool {
        let failed = self.status.is_some_and(Status::is_failure);
        if let Some(kind) = Why::begins(text) {
            if self.red && kind == Status::Errored {
                (self.status, self.red) = (Some(kind), false);
            }
            // Without colours nothing but this text tells, two columns right of the steps.
            let below = lines::indent(text) == self.indent + 4;
            if !failed && below && self.status.is_some() {
                self.worst(kind);
            }
        }
        self.status.is_some_and(Status::is_failure) && self.why.note(text)
    }

    /// The letters that a progress formatter prints for its steps.
    pub(super) fn letters(&mut self, letters: &str) {
        if let Some(status) = lines::worst(letters) {
            self.worst(status);
        }
    }

    /// A hook failed, which fails the scenario.
    pub(super) fn hook(&mut self, text: &str) {
        self.why.say(text);
        if !self.status.is_some_and(Status::is_failure) {
            self.status = Some(Status::Errored);
        }
    }

    pub(super) fn is_untouched(&self) -> bool {
        self.status.is_none() && !self.unknown
    }

    pub(super) fn verdict(&self) -> Verdict {
        match self.status {
            Some(Status::Passed) if self.unknown => Verdict::Open(Some(Status::Skipped)),
            Some(status) => Verdict::Sure(status),
            None if self.unknown => Verdict::Open(Some(Status::Skipped)),
            // An empty scenario passes; plain shows one that is skipped without its steps too.
            None => Verdict::Open(self.place.is_some().then_some(Status::Passed)),
        }
    }
}
