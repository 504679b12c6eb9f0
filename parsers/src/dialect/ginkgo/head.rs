//! The lines that name a spec: the texts of its containers and its own, each with its place.
//!
//! Version 1 writes `containers `, `  text`, `  place` before a spec and nests the texts below its
//! result; version 2 writes all texts in one line, and nests them with `-vv`.

use super::lines;
use crate::dialect::script::{cap, indent};

/// Levels that are kept.
const LEVEL_CAP: usize = 64;

/// What has been read of a name.
#[derive(Debug, Default)]
pub(super) struct Head {
    levels: Vec<Box<str>>,
    /// Texts whose place has not come yet.
    pending: Vec<Box<str>>,
    place: Option<Box<str>>,
    /// How many places came.
    places: u32,
}

impl Head {
    /// Takes a line into account; whether it may be part of the name.
    pub(super) fn line(&mut self, text: &str) -> bool {
        if text.trim().is_empty() {
            return false;
        }
        if let Some(place) = lines::place(text) {
            if self.pending.is_empty() && self.levels.is_empty() {
                return false;
            }
            if self.levels.len() < LEVEL_CAP {
                self.levels.append(&mut self.pending);
            }
            self.place = Some(cap(place).into());
            self.places = self.places.saturating_add(1);
            return true;
        }
        let next = match &self.pending[..] {
            [] => indent(text) == 2 * self.levels.len(),
            // Version 1 ends the texts of the containers with a blank.
            [containers] => {
                self.levels.is_empty() && containers.ends_with(' ') && indent(text) == 2
            }
            _ => false,
        };
        if next {
            self.pending.push(cap(text.trim_start()).into());
        }
        next
    }

    /// Whether a text has its place: the name may be complete.
    pub(super) fn is_placed(&self) -> bool {
        !self.levels.is_empty()
    }

    /// Whether two texts share a place, as version 1 writes them before a spec: nothing follows.
    pub(super) fn is_first(&self) -> bool {
        self.levels.len() == 2 && self.places == 1
    }

    /// Levels that have their place.
    pub(super) fn levels(&self) -> usize {
        self.levels.len()
    }

    /// Where the spec stands.
    pub(super) fn place(&self) -> Option<&str> {
        self.place.as_deref()
    }

    /// The name, without the mark of the node that failed if it may hold one.
    pub(super) fn name(&self, marked: bool) -> Option<String> {
        let texts: Vec<String> = self
            .levels
            .iter()
            .map(|text| match marked {
                true => lines::unmarked(text),
                false => text.trim_end().to_owned(),
            })
            .collect();
        (!texts.is_empty()).then(|| texts.join(" "))
    }
}
