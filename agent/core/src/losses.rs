//! What is missing of a stream: gaps one by one, and what they come to.

use sentinel_parsers::event::Gap;

use crate::output::GapRow;

/// The losses of a stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Losses {
    /// The first ones.
    pub(crate) gaps: Vec<GapRow>,
    /// Bytes of all of them.
    pub(crate) bytes: u64,
    /// Those that are only counted.
    pub(crate) dropped: u64,
    /// Whether a part was read by one who had not read what stands before.
    pub(crate) forgotten: bool,
}

impl Losses {
    /// Keeps a loss; returns its row, or nothing when it is only counted.
    pub(crate) fn add(
        &mut self,
        run_id: &str,
        stream: &str,
        gap: &Gap<'_>,
        limit: usize,
    ) -> Option<GapRow> {
        self.bytes = self.bytes.saturating_add(gap.lost_bytes());
        self.forgotten |= gap.reason == Gap::FORGOTTEN;
        if self.gaps.len() >= limit {
            self.dropped += 1;
            return None;
        }
        let row = GapRow {
            run_id: run_id.to_owned(),
            stream: stream.to_owned(),
            from: gap.from,
            to: gap.to,
            reason: gap.reason.to_owned(),
        };
        self.gaps.push(row.clone());
        Some(row)
    }
}
