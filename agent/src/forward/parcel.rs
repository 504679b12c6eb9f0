//! What one request carries: stored frames as they are, or one alone that can be split or replaced.

use axum::body::Bytes;
use sentinel_delivery::queue::{Queue, lost_range};
use sentinel_parsers::frame::{Frame, Header, Limits};

use crate::store::{StoredFrame, Stretch};

/// Frames of one stream for one request.
pub(super) struct Parcel {
    /// As they are stored, the first from the hub's position on.
    stored: Vec<StoredFrame>,
    /// In place of the first of them.
    alone: Option<Queue>,
    epoch: [u8; 16],
    position: u64,
    /// Where the stream ends, if it does.
    end: Option<u64>,
}

impl Parcel {
    /// What is to be sent to a hub that stands at this position; nothing if it has all there is.
    pub(super) fn new(
        stretch: Stretch,
        epoch: [u8; 16],
        position: u64,
        one: bool,
    ) -> Option<Parcel> {
        let mut stored = stretch.frames;
        stored.retain(|frame| frame.end > position || ends(frame));
        let first = stored.first()?;
        let whole = first.start <= position && header(first).is_some();
        let mut parcel = Parcel {
            epoch,
            position,
            end: stretch.closed.then_some(stretch.committed),
            alone: None,
            stored,
        };
        match one || !whole {
            true => parcel.isolate(),
            // A damaged one comes first some day, and alone.
            false => {
                let good = parcel.stored.iter().take_while(|f| header(f).is_some());
                let good = good.count();
                parcel.stored.truncate(good);
            }
        }
        Some(parcel)
    }

    /// Where the first frame begins.
    pub(super) fn start(&self) -> u64 {
        let queued = self.alone.as_ref().and_then(Queue::start);
        let stored = || self.stored.first().map(|frame| frame.start);
        let start = queued.or_else(stored).unwrap_or(self.position);
        // What the hub has of the first frame is not told again in its eyes.
        start.max(self.position)
    }

    /// How many frames of the store are in it.
    pub(super) fn len(&self) -> u64 {
        match self.alone {
            Some(_) => 1,
            None => self.stored.len() as u64,
        }
    }

    /// What is sent of it: as many bytes as these, if they can be had in whole lines.
    pub(super) fn body(&mut self, most: usize) -> Bytes {
        if self.stored.iter().map(|f| f.data.len()).sum::<usize>() > most {
            self.isolate();
        }
        match &mut self.alone {
            Some(queue) => queue.body(true, most),
            None => {
                let parts: Vec<&[u8]> = self.stored.iter().map(|f| &f.data[..]).collect();
                parts.concat().into()
            }
        }
    }

    /// Makes it smaller; false if it cannot be.
    pub(super) fn shrink(&mut self) -> bool {
        match &mut self.alone {
            Some(queue) => queue.split(),
            None => {
                self.isolate();
                true
            }
        }
    }

    /// The first frame is refused as malformed: a gap in its place, if nothing else helps; false if it is one already.
    pub(super) fn replace(&mut self) -> bool {
        self.isolate();
        self.alone.as_mut().is_some_and(Queue::refused)
    }

    /// The first frame alone, with a gap before it for what is not there any more.
    fn isolate(&mut self) {
        if self.alone.is_some() {
            return;
        }
        let Some(first) = self.stored.first() else {
            return;
        };
        let decoded = Frame::decode(&first.data, &Limits::default());
        let rest = |(frame, _): (Frame, usize)| frame.from_offset(self.position);
        let frame = decoded.map(rest).unwrap_or_else(|_| {
            let range = Header {
                epoch: self.epoch,
                seq: 0,
                start: first.start.max(self.position).min(first.end),
                end: first.end,
                last: self.end == Some(first.end),
            };
            lost_range(range, "corrupt")
        });
        let mut queue = Queue::default();
        queue.push(frame);
        queue.bridge(self.position);
        self.alone = Some(queue);
    }
}

fn header(frame: &StoredFrame) -> Option<Header> {
    let peeked = Frame::peek(&frame.data, &Limits::default());
    peeked.ok().map(|(header, _)| header)
}

/// Whether the stream ends with it.
fn ends(frame: &StoredFrame) -> bool {
    header(frame).is_some_and(|header| header.last)
}

#[cfg(test)]
mod tests;
