//! Line numbers of a lane, and the stream's numbers of the same lines.

use std::collections::VecDeque;

/// A lane's lines are counted without gaps, for what follows a line directly belongs to it; events
/// tell the stream's numbers. This leads from one to the other.
#[derive(Default)]
pub(super) struct Numbers {
    count: u64,
    /// The latest line's number in the stream.
    latest: u64,
    /// Where the difference changes, and the difference from there on.
    steps: VecDeque<(u64, i64)>,
    /// The last of them.
    newest: (u64, i64),
}

impl Numbers {
    /// Steps remembered; lines before them are told as if they stood right before.
    const STEPS: usize = 4096;

    /// The next line's number in the lane. Where all lines are the lane's, those that were passed over
    /// are counted.
    pub(super) fn next(&mut self, in_stream: u64, alone: bool) -> u64 {
        let passed = in_stream.saturating_sub(self.latest).max(1);
        self.latest = in_stream;
        self.count += if alone { passed } else { 1 };
        let difference = in_stream.wrapping_sub(self.count) as i64;
        if difference != self.newest.1 || self.steps.is_empty() {
            self.newest = (self.count, difference);
            if self.steps.len() == Numbers::STEPS {
                self.steps.pop_front();
            }
            self.steps.push_back(self.newest);
        }
        self.count
    }

    /// The number that the next line will get, if all lines are the lane's; events may tell it before.
    pub(super) fn upcoming(&self, in_stream: u64) -> u64 {
        self.count + in_stream.saturating_sub(self.latest).max(1)
    }

    /// How many lines between the latest and the next were not read, if all lines are the lane's.
    pub(super) fn missing(&self, in_stream: u64) -> u64 {
        in_stream.saturating_sub(self.latest).saturating_sub(1)
    }

    /// The stream's number of a line of the lane.
    pub(super) fn in_stream(&self, line: u64) -> u64 {
        let mut difference = self.newest.1;
        if self.newest.0 > line {
            let at = self.steps.partition_point(|s| s.0 <= line);
            let step = self.steps.get(at.saturating_sub(1));
            difference = step.map_or(0, |s| s.1);
        }
        line.saturating_add_signed(difference)
    }
}
