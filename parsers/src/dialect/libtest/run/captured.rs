//! The sections behind the results: captured output test by test, then the tests' names.

use super::{Place, Run};
use crate::dialect::libtest::block::Block;
use crate::dialect::libtest::lines;
use crate::dialect::{Claim, Emit, Line};
use crate::event::{Body, Status, TestDetail, TestEnd};

impl Run {
    pub(super) fn enter(&mut self, place: Place, text: &str) {
        self.place = place;
        self.successes = text.starts_with("successes");
    }

    /// Captured output.
    pub(super) fn blocks(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let heading = lines::block_heading(line.text).filter(|name| self.knows(name));
        if let Some(name) = heading {
            self.end_block(emit);
            self.block = (!self.successes).then(|| Block::new(name, line.number));
            return Claim::Own;
        }
        if is_section(line.text) {
            // The block may go on, if a test had only printed the word: the list decides.
            self.enter(Place::List, line.text);
            return Claim::Own;
        }
        let Some(block) = &mut self.block else {
            // No block has begun: a test had only printed the word.
            let result = lines::test_line(line.text).is_some_and(|t| self.believes(&t));
            if result {
                self.place = Place::Running;
                return self.running(line, emit);
            }
            return Claim::Text;
        };
        block.note(line.text, line.number);
        Claim::Text
    }

    /// Whether captured output may be of this test.
    fn knows(&self, name: &str) -> bool {
        self.successes
            || self.failed.contains(name)
            || self.unnamed_failures > 0
            || self.unresolved.iter().any(|n| **n == *name)
    }

    pub(super) fn end_block(&mut self, emit: Emit<'_>) {
        let Some(mut block) = self.block.take() else {
            return;
        };
        let name = block.name.clone();
        if let Some((message, location, line)) = block.reason() {
            let detail = TestDetail {
                suite: self.suite_of(&name),
                name: &name,
                message: Some(message),
                location: location.as_deref(),
            };
            emit(line, Body::TestDetail(detail));
        }
    }

    /// Names, one a line, indented by four columns.
    pub(super) fn list(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if is_section(line.text) {
            self.enter(Place::Blocks, line.text);
            return Claim::Own;
        }
        let Some(name) = line.text.strip_prefix("    ").and_then(lines::test_name) else {
            if line.text.is_empty() {
                return Claim::Text;
            }
            // Not the list: a test had printed the word.
            self.place = Place::Blocks;
            return self.blocks(line, emit);
        };
        if !self.successes && self.knows(name) {
            self.end_block(emit);
            self.recap(name, line.number, emit);
        }
        Claim::Own
    }

    /// A failed test's name, which may be the first that is heard of it.
    fn recap(&mut self, name: &str, number: u64, emit: Emit<'_>) {
        let torn = self.unresolved.iter().position(|n| **n == *name);
        if let Some(at) = torn {
            self.unresolved.remove(at);
            self.seen.add(Status::Failed, 1);
        }
        if !self.failed.contains(name) {
            if torn.is_none() {
                self.unnamed_failures = self.unnamed_failures.saturating_sub(1);
            }
            self.failed.insert(name.into());
        }
        let panic = self.panics.remove(name);
        let end = TestEnd {
            message: panic.as_ref().map(|p| p.message.as_str()),
            location: panic.as_ref().and_then(|p| p.location.as_deref()),
            recap: true,
            ..TestEnd::new(self.suite_of(name), name, Status::Failed)
        };
        emit(number, Body::TestEnd(end));
    }
}

pub(super) fn is_section(text: &str) -> bool {
    matches!(
        text,
        "failures:" | "successes:" | "failures (time limit exceeded):"
    )
}
