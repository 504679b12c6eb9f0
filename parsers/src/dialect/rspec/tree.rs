//! RSpec's tree of titles without colours: which line is an example shows only in what follows it, and
//! that it is a tree at all only at its first failure or at the totals. Until then its lines are kept.

use std::collections::VecDeque;

use super::lines::{join, level};
use crate::dialect::script::cap;

/// Bytes of lines kept; the oldest go first, and their examples are only counted.
const BYTES_CAP: usize = 512 * 1024;
/// How many lines before a line with a needle count before the dialect is open, as the table's row says.
pub(super) const LOOKBACK: u8 = 15;
/// The same of an open one, which sees all of them.
const REACH: u64 = 255;

/// A line of the tree.
#[derive(Debug)]
struct Row {
    number: u64,
    level: usize,
    /// Whether its result was told.
    told: bool,
    text: Box<str>,
}

/// An example that nothing but its place in the tree tells of.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) number: u64,
    pub(super) suite: String,
    pub(super) name: Box<str>,
}

/// The lines of trees, or of what may be some.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Whether the dialect is open.
    pub(super) open: bool,
    /// Lines that count.
    kept: VecDeque<Row>,
    /// The latest of them and the rows it stands below, from the outermost: their levels, and how many
    /// rows were kept before them.
    path: Vec<(usize, u64)>,
    /// How many of the rows kept are gone.
    gone: u64,
    /// Lines that count if a line with a needle follows soon enough.
    recent: VecDeque<Row>,
    bytes: usize,
    /// Number of the latest line with a needle.
    confirmed: u64,
    /// Number of the latest blank line.
    blank: u64,
    /// Whether something other than a tree follows until the next heading.
    broken: bool,
}

impl Rows {
    /// Nothing before the line counts.
    pub(super) fn from(number: u64) -> Rows {
        Rows {
            open: true,
            confirmed: number.saturating_sub(1),
            ..Rows::default()
        }
    }

    /// Notes a line; gives whether it may belong to a tree.
    pub(super) fn push(&mut self, number: u64, text: &str) -> bool {
        if text.trim_start_matches(' ').is_empty() {
            self.blank = number;
            return false;
        }
        let Some(level) = level(text) else {
            return false;
        };
        if level == 0 {
            if self.blank + 1 != number {
                return false;
            }
            self.broken = false;
        }
        let above = self.recent.back().or(self.kept.back());
        let deepest = above.map_or(0, |row| row.level + 1);
        if self.broken || level > deepest {
            return false;
        }
        let reach = number.saturating_sub(REACH);
        while self.recent.front().is_some_and(|row| row.number < reach) {
            self.recent.pop_front();
        }
        self.recent.push_back(Row {
            number,
            level,
            told: false,
            text: cap(text.trim()).into(),
        });
        true
    }

    /// What follows is no tree.
    pub(super) fn interrupt(&mut self) {
        self.broken = true;
    }

    /// Whether the latest line that counts is further away than a needle looks back.
    pub(super) fn stale(&self, number: u64) -> bool {
        self.confirmed + REACH < number
    }

    /// A line with a needle: what stands shortly before it counts.
    pub(super) fn confirm(&mut self, number: u64) {
        let reach = match self.open {
            true => number.saturating_sub(REACH),
            false => number.saturating_sub(LOOKBACK.into()),
        };
        if reach > self.confirmed + 1 {
            // Something was passed over: what stands here has its heading here, or nowhere.
            let here = |row: &Row| row.level == 0 && row.number > reach;
            let from = self.recent.iter().position(here);
            self.broken |= from.is_none();
            self.recent.drain(..from.unwrap_or(self.recent.len()));
        }
        self.confirmed = number;
        for row in self.recent.drain(..) {
            self.bytes += row.text.len() + size_of::<Row>();
            let above = self.path.iter().rposition(|(level, _)| *level < row.level);
            self.path.truncate(above.map_or(0, |at| at + 1));
            let place = self.gone + self.kept.len() as u64;
            self.path.push((row.level, place));
            self.kept.push_back(row);
        }
        while self.bytes > BYTES_CAP {
            let Some(row) = self.kept.pop_front() else {
                break;
            };
            self.bytes -= row.text.len() + size_of::<Row>();
            self.gone += 1;
        }
    }

    /// The latest row and those it stands below, as far as they are kept, from the innermost.
    fn path(&self) -> impl Iterator<Item = &Row> {
        let places = self.path.iter().rev().map(|(_, place)| *place);
        let kept = places.map_while(|place| place.checked_sub(self.gone));
        kept.filter_map(|at| self.kept.get(usize::try_from(at).ok()?))
    }

    /// The words of the groups above a level of the latest lines.
    fn suite(&self, level: usize) -> Option<String> {
        let mut titles: Vec<&str> = Vec::new();
        let mut wanted = level;
        for row in self.path() {
            if wanted == 0 {
                break;
            }
            if row.level < wanted {
                (row.level + 1 == wanted).then_some(())?;
                titles.push(&row.text);
                wanted = row.level;
            }
        }
        (wanted == 0 && level > 0).then_some(())?;
        let mut suite = String::new();
        for title in titles.iter().rev() {
            join(&mut suite, title);
        }
        Some(suite)
    }

    /// The titles of the groups that enclose the latest line, from the outermost.
    pub(super) fn titles(&self) -> Vec<(usize, &str)> {
        let mut titles: Vec<_> = self.path().map(|row| (row.level, &*row.text)).collect();
        titles.reverse();
        match titles.first() {
            Some((0, _)) => titles,
            _ => Vec::new(),
        }
    }

    /// The result of the latest line, if it has this number, is told elsewhere. Gives the words of its
    /// groups and its own, if all groups are known.
    pub(super) fn tell(&mut self, number: u64) -> Option<(String, Box<str>)> {
        let row = self.kept.back_mut().filter(|row| row.number == number)?;
        row.told = true;
        let (level, text) = (row.level, row.text.clone());
        Some((self.suite(level)?, text))
    }

    /// Number of the heading above the latest line.
    pub(super) fn heading(&self) -> Option<u64> {
        let row = self.path().find(|row| row.level == 0);
        row.map(|row| row.number)
    }

    /// The examples not told yet, and nothing is kept any more. At the end of a stream the last line
    /// may be a group as well.
    pub(super) fn take(&mut self, ended: bool, from: u64) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        let end = self.kept.len().saturating_sub(usize::from(!ended));
        let mut path: Vec<(usize, &str)> = Vec::new();
        for (i, row) in self.kept.iter().enumerate().take(end) {
            path.retain(|(level, _)| *level < row.level);
            let next = self.kept.get(i + 1).map_or(0, |next| next.level);
            let whole = path.len() == row.level && row.level > 0;
            if next <= row.level && whole && !row.told && row.number >= from {
                let mut suite = String::new();
                for (_, title) in &path {
                    join(&mut suite, title);
                }
                leaves.push(Leaf {
                    number: row.number,
                    suite,
                    name: row.text.clone(),
                });
            }
            path.push((row.level, &row.text));
        }
        *self = Rows::from(self.confirmed + 1);
        leaves
    }
}
