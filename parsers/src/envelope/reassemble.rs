//! Joins the pieces into which container runtimes cut long lines, per stream.

use std::borrow::Cow;

use super::Item;
use crate::line::cap_of;

/// Lines begun and not ended that are kept at a time; pieces of further ones stay lines.
const OPEN_CAP: usize = 8;

/// Lines of which more is to come.
#[derive(Default)]
pub(super) struct Pieces {
    open: Vec<(Place, Item<'static>)>,
}

/// Depth, stream and writer: whose pieces belong together.
type Place = (usize, u8, Vec<u8>);

impl Pieces {
    /// Takes a piece; gives the line once it is whole. As much of it is kept as of any line.
    pub(super) fn join<'a>(
        &mut self,
        depth: usize,
        stream: u8,
        more: bool,
        mut item: Item<'a>,
    ) -> Option<Item<'a>> {
        if !more && self.open.is_empty() {
            return Some(item);
        }
        let found = self
            .open
            .iter()
            .position(|((d, s, key), _)| *d == depth && *s == stream && *key == item.said.key);
        match (found, more) {
            (None, false) => Some(item),
            (None, true) if self.open.len() >= OPEN_CAP => Some(item),
            (None, true) => {
                let place = (depth, stream, item.said.key.clone());
                let text = Cow::Owned(std::mem::take(&mut item.text).into_owned());
                self.open.push((
                    place,
                    Item {
                        text,
                        record: item.record.map(|r| Cow::Owned(r.into_owned())),
                        said: item.said,
                        cut: item.cut,
                        number: item.number,
                    },
                ));
                None
            }
            (Some(at), _) => {
                let begun = &mut self.open[at].1;
                let room = cap_of(&begun.text).saturating_sub(begun.text.len());
                let kept = room.min(item.text.len());
                begun.text.to_mut().extend_from_slice(&item.text[..kept]);
                begun.cut |= item.cut || kept < item.text.len();
                begun.number = item.number;
                begun.said.time_ms = item.said.time_ms.or(begun.said.time_ms);
                (!more).then(|| self.open.remove(at).1)
            }
        }
    }

    /// A line that was never ended.
    pub(super) fn rest(&mut self) -> Option<Item<'static>> {
        (!self.open.is_empty()).then(|| self.open.remove(0).1)
    }
}
