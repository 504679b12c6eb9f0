//! Bytes in, frames out: parses a stream and cuts what it recognised into frames at line ends.
//!
//! Pure: no clock, no I/O. The events and their places depend on the bytes alone; where frames are
//! cut also depends on when the bytes came, which changes nothing for whoever reads them.

mod cutter;

use sentinel_config::SidecarConfig;
use sentinel_parsers::Parser;
use sentinel_parsers::event::{Body, EndOfStream, Gap};
use sentinel_parsers::frame::Frame;

use crate::segments::{Lost, StreamEnd};
use cutter::Cutter;

/// Why bytes cannot be read that once could.
const ROTATED_AWAY: &str = "rotated_away";

/// Turns one stream into frames.
pub struct Pipeline {
    parser: Parser,
    cutter: Cutter,
    /// A loss that reaches to the first line start after it.
    loss: Option<Loss>,
    /// What the parser has not read although the agent has it, and must be told of once something new is.
    forgotten: Option<(u64, u64)>,
    /// Offset of the next byte.
    at: u64,
    any_loss: bool,
}

#[derive(Debug)]
struct Loss {
    from: u64,
    reason: String,
}

impl Pipeline {
    /// A pipeline for the stream, read by a fresh parser, of which the agent has everything before `committed` and whose
    /// bytes can be read from `start` on.
    ///
    /// What lies before `committed` is parsed again, for the state of the parser, and not sent
    /// again. What lies between `committed` and `start`, if anything, is a loss. What is missing before `committed`
    /// is none; but where what comes next may be told otherwise for it, that is told as a gap, `forgotten`.
    #[must_use]
    pub fn resume(
        config: &SidecarConfig,
        parser: Parser,
        epoch: [u8; 16],
        committed: u64,
        start: u64,
        now_ms: i64,
    ) -> Pipeline {
        let parser = parser.starting_at(start.min(committed));
        // `committed` is a line start; other offsets need not be one.
        let before = start.min(committed);
        let loss = (start > 0 && start != committed).then(|| Loss {
            from: before,
            reason: ROTATED_AWAY.to_owned(),
        });
        Pipeline {
            parser,
            cutter: Cutter::new(config, epoch, committed, now_ms),
            loss,
            forgotten: (before > 0).then_some((0, before)),
            at: start,
            any_loss: start > 0,
        }
    }

    /// Reads the next bytes of the stream.
    pub fn feed(&mut self, bytes: &[u8], now_ms: i64) {
        let Some(bytes) = self.skip_loss(bytes, now_ms) else {
            return;
        };
        let known = self.forget(bytes, now_ms);
        self.read(&bytes[known..], now_ms);
        self.tick(now_ms);
    }

    fn read(&mut self, bytes: &[u8], now_ms: i64) {
        let cutter = &mut self.cutter;
        self.parser
            .feed(bytes, &mut |event| cutter.event(event, now_ms));
        self.at += bytes.len() as u64;
    }

    /// Tells what is missing, behind the first line that the agent does not have, once something is spoken in which what
    /// comes may depend on it; how many of the bytes were read for that.
    fn forget(&mut self, bytes: &[u8], now_ms: i64) -> usize {
        if self.forgotten.is_none() {
            return 0;
        }
        let known = self.cutter.committed().saturating_sub(self.at);
        let known = usize::try_from(known).map_or(bytes.len(), |n| n.min(bytes.len()));
        self.read(&bytes[..known], now_ms);
        let end = bytes[known..].iter().position(|b| *b == b'\n');
        let Some(end) = end.filter(|_| !self.parser.stands_alone()) else {
            return known;
        };
        let (line, behind) = (self.parser.position(), known + end + 1);
        self.read(&bytes[known..behind], now_ms);
        self.tell_forgotten(line, now_ms);
        behind
    }

    /// Whoever read what is missing told its events. But the state that came of it is gone, and what was told since may
    /// be told otherwise than he would have: a test without its suite, or not at all.
    fn tell_forgotten(&mut self, at: u64, now_ms: i64) {
        if let Some((from, to)) = self.forgotten.take() {
            let reason = Gap::FORGOTTEN;
            let body = Body::Gap(Gap { from, to, reason });
            self.cutter.told(at, self.parser.lines(), body, now_ms);
        }
    }

    /// Whether nothing was recognised of a stream whose first lines are missing, by which it might have been.
    fn is_silent_without_its_head(&self) -> bool {
        self.forgotten.is_some_and(|(from, _)| from == 0) && !self.cutter.tells_of_tests()
    }

    /// The next bytes of the stream are lost. The line they begin in and the line they end in are
    /// lost with them: half a line may say the opposite of the whole.
    pub fn lose(&mut self, lost: &Lost) {
        let from = self.parser.position();
        self.loss.get_or_insert_with(|| Loss {
            from,
            reason: lost.reason.clone(),
        });
        self.at = lost.to;
        self.any_loss = true;
    }

    /// The next byte is the first of a line: a loss before it ends there.
    pub fn begin_line(&mut self, now_ms: i64) {
        self.close_loss(self.at, now_ms);
    }

    /// Time passed: cuts a frame if one is due.
    pub fn tick(&mut self, now_ms: i64) {
        self.cutter.tick(self.parser.position(), now_ms);
    }

    /// Cuts a frame of what was read.
    pub fn cut(&mut self, now_ms: i64) {
        self.cutter.cut(self.parser.position(), false, now_ms);
    }

    /// The stream is over: cuts the last frame.
    pub fn finish(&mut self, end: &StreamEnd, now_ms: i64) {
        if end.cause == "killed" && self.is_within_line() {
            // Whoever was killed may have been so within a line.
            self.lose(&Lost {
                from: self.parser.position(),
                to: self.at,
                reason: "killed".to_owned(),
            });
        }
        if self.loss.is_some() {
            self.close_loss(self.at, now_ms);
        }
        let cutter = &mut self.cutter;
        self.parser.finish(&mut |event| cutter.event(event, now_ms));
        let total = self.parser.position();
        if !self.parser.stands_alone() || self.is_silent_without_its_head() {
            self.tell_forgotten(total, now_ms);
        }
        let cutter = &mut self.cutter;
        let body = Body::EndOfStream(EndOfStream {
            total_bytes: total,
            hash: end.hash.as_deref().filter(|_| !self.any_loss),
            exit_code: end.exit_code,
            signal: end.signal,
            cause: &end.cause,
        });
        cutter.told(total, self.parser.lines(), body, now_ms);
        cutter.cut(total, true, now_ms);
    }

    /// Whether a line was begun and not ended.
    #[must_use]
    pub fn is_within_line(&self) -> bool {
        self.parser.read() > self.parser.position()
    }

    /// How many dialects were recognised so far.
    #[must_use]
    pub fn dialects(&self) -> usize {
        self.parser.dialects().count()
    }

    /// Where the next frame begins.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.cutter.start()
    }

    /// Bytes cut from lines that are longer than is kept.
    #[must_use]
    pub fn cut_bytes(&self) -> u64 {
        self.parser.cut_bytes()
    }

    /// The next frame that is ready.
    pub fn take(&mut self) -> Option<Frame> {
        self.cutter.take()
    }

    /// Makes frames of at most half as many events and bytes from now on.
    pub fn halve(&mut self) {
        self.cutter.halve();
    }

    /// When the next frame is due although nothing comes, in the time given to the other calls.
    #[must_use]
    pub fn due_ms(&self) -> Option<i64> {
        self.cutter.due_ms(self.parser.position())
    }

    /// Passes over the rest of a line whose beginning was lost; gives what follows, if anything.
    fn skip_loss<'b>(&mut self, bytes: &'b [u8], now_ms: i64) -> Option<&'b [u8]> {
        if self.loss.is_none() {
            return Some(bytes);
        }
        let line = bytes.iter().position(|b| *b == b'\n').map(|end| end + 1);
        // The agent's position is the beginning of a line, whatever stands before it.
        let known = self.cutter.committed().checked_sub(self.at);
        let known = known.and_then(|n| usize::try_from(n).ok());
        let known = known.filter(|n| *n < bytes.len());
        let Some(skipped) = line.into_iter().chain(known).min() else {
            self.at += bytes.len() as u64;
            return None;
        };
        self.at += skipped as u64;
        self.close_loss(self.at, now_ms);
        Some(&bytes[skipped..])
    }

    fn close_loss(&mut self, to: u64, now_ms: i64) {
        let Some(loss) = self.loss.take() else {
            return;
        };
        let missing = (loss.from, to.min(self.cutter.committed()));
        // What was lost to the one before as well he has told, or was deleted since.
        let is_gone = loss.reason == ROTATED_AWAY;
        self.parser.skip_to(to);
        if is_gone && missing.0 < missing.1 {
            let (from, _) = self.forgotten.unwrap_or(missing);
            self.forgotten = Some((from, missing.1));
        }
        // Of a loss the agent knows the part before its position already.
        let from = loss.from.max(self.cutter.committed());
        if from < to {
            let body = Body::Gap(Gap {
                from,
                to,
                reason: &loss.reason,
            });
            self.cutter.told(from, self.parser.lines(), body, now_ms);
        }
    }
}

#[cfg(test)]
mod tests;
