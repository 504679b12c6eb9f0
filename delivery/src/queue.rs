//! Frames on their way: encoded once, forgotten when the agent has them.

use std::collections::VecDeque;

use hyper::body::Bytes;
use sentinel_parsers::event::{Body, Event, Gap};
use sentinel_parsers::frame::{Frame, FrameBuilder, Header};

/// Frames that may wait; more are not made before some are gone.
const WAITING: usize = 16;

/// Frames that wait, in order.
#[derive(Default)]
pub struct Queue {
    frames: VecDeque<Waiting>,
    /// Whether the agent refused columns, as one does that does not know them yet.
    rows: bool,
}

struct Waiting {
    frame: Frame,
    bytes: Bytes,
    /// Whether it stands for a frame the agent would not take.
    replaced: bool,
}

impl Waiting {
    fn new(frame: Frame, rows: bool) -> Waiting {
        let bytes = match rows {
            true => frame.encode_rows(),
            false => frame.encode(),
        };
        Waiting {
            bytes: bytes.into(),
            frame,
            replaced: false,
        }
    }

    fn header(&self) -> &Header {
        self.frame.header()
    }
}

impl Queue {
    /// Adds a frame, which begins where the last one ends.
    pub fn push(&mut self, frame: Frame) {
        self.frames.push_back(Waiting::new(frame, self.rows));
    }

    /// Whether no more are to be made before some are gone.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.frames.len() >= WAITING
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Drops all.
    pub fn clear(&mut self) {
        self.frames.clear();
    }

    /// Those that wait, in order.
    pub fn frames(&self) -> impl Iterator<Item = &Frame> {
        self.frames.iter().map(|waiting| &waiting.frame)
    }

    /// Where the first frame begins.
    #[must_use]
    pub fn start(&self) -> Option<u64> {
        self.frames.front().map(|w| w.header().start)
    }

    /// The next request's body: one frame, or as many as `most` bytes hold; at least the events of a
    /// line.
    pub fn body(&mut self, one: bool, most: usize) -> Bytes {
        while self.frames.front().is_some_and(|w| w.bytes.len() > most) && self.divide() {}
        let Some(first) = self.frames.front() else {
            return Bytes::new();
        };
        let mut n = 1;
        let mut bytes = first.bytes.len();
        while let Some(next) = self.frames.get(n).filter(|_| !one) {
            bytes += next.bytes.len();
            if bytes > most {
                break;
            }
            n += 1;
        }
        if n == 1 {
            return first.bytes.clone();
        }
        let parts: Vec<&[u8]> = self.frames.iter().take(n).map(|w| &w.bytes[..]).collect();
        parts.concat().into()
    }

    /// Forgets what the agent has. The last frame ends the stream: its bytes alone do not.
    pub fn forget(&mut self, committed: u64, closed: bool) {
        let gone = |h: &Header| closed || (h.end <= committed && !h.last);
        while self.frames.front().is_some_and(|w| gone(w.header())) {
            self.frames.pop_front();
        }
    }

    /// Makes two frames of the first, or a gap if it is the events of one line. False when even
    /// that was refused.
    pub fn split(&mut self) -> bool {
        self.is_empty() || self.divide() || self.replace("oversize")
    }

    /// Makes two frames of the first. False if it is the events of one line.
    fn divide(&mut self) -> bool {
        let parts = self.frames.front().and_then(|w| halves(&w.frame));
        let Some((a, b)) = parts else {
            return false;
        };
        self.frames.pop_front();
        self.frames.push_front(Waiting::new(b, self.rows));
        self.frames.push_front(Waiting::new(a, self.rows));
        true
    }

    /// The agent refuses the first frame as malformed: tells it and all that follow in rows, if it was not yet, and
    /// otherwise puts a gap in its place. False when it is one already.
    pub fn refused(&mut self) -> bool {
        let in_rows = |w: &Waiting| w.frame.encode_rows() == w.bytes;
        if self.rows || self.frames.front().is_none_or(in_rows) {
            return self.replace("rejected");
        }
        self.rows = true;
        for waiting in &mut self.frames {
            waiting.bytes = waiting.frame.encode_rows().into();
        }
        true
    }

    /// Puts a gap in the place of the first frame. False when it is one already.
    pub fn replace(&mut self, reason: &str) -> bool {
        let Some(first) = self.frames.front_mut() else {
            return true;
        };
        if first.replaced {
            return false;
        }
        *first = Waiting {
            replaced: true,
            ..Waiting::new(gap(&first.frame, reason), self.rows)
        };
        true
    }

    /// The agent stands before the first frame and what lies between cannot be read again.
    pub fn bridge(&mut self, committed: u64) {
        let Some(first) = self.frames.front() else {
            return;
        };
        let header = Header {
            start: committed,
            end: first.header().start,
            last: false,
            ..*first.header()
        };
        if header.start < header.end {
            let lost = Waiting::new(lost_range(header, "rotated_away"), self.rows);
            self.frames.push_front(lost);
        }
    }
}

/// A frame that says its bytes are lost; the end of the stream, if it is in the frame, stays.
fn gap(frame: &Frame, reason: &str) -> Frame {
    let line = frame.events().next().map_or(0, |e| e.line);
    lost(*frame.header(), line, reason, |builder| {
        let end = frame
            .events()
            .filter(|e| matches!(e.body, Body::EndOfStream(_)));
        for event in end {
            builder.push(&event);
        }
    })
}

/// A frame that says that the bytes of its range are lost.
#[must_use]
pub fn lost_range(header: Header, reason: &str) -> Frame {
    lost(header, 0, reason, |_| {})
}

fn lost(header: Header, line: u64, reason: &str, more: impl FnOnce(&mut FrameBuilder)) -> Frame {
    let mut builder = FrameBuilder::new();
    if header.start < header.end {
        builder.push(&Event {
            offset: header.start,
            sub: 0,
            line,
            time_ms: None,
            lane: 0,
            dialect: "stream",
            body: Body::Gap(Gap {
                from: header.start,
                to: header.end,
                reason,
            }),
        });
    }
    more(&mut builder);
    builder.finish(header)
}

/// The frame as two, cut at the line start nearest to the middle of its events.
fn halves(frame: &Frame) -> Option<(Frame, Frame)> {
    let header = *frame.header();
    let half = frame.event_count() / 2;
    let mut cut = None;
    for (i, event) in frame.events().enumerate() {
        // Behind the middle the first line start will do, before it the latest.
        if event.offset > header.start && event.offset < header.end {
            if cut != Some(event.offset) && (i as u64) > half && cut.is_some() {
                break;
            }
            cut = Some(event.offset);
        }
    }
    let cut = cut?;
    let mut first = FrameBuilder::new();
    for event in frame.events().take_while(|e| e.offset < cut) {
        first.push(&event);
    }
    let first = first.finish(Header {
        end: cut,
        last: false,
        ..header
    });
    Some((first, frame.from_offset(cut)))
}

#[cfg(test)]
mod tests;
