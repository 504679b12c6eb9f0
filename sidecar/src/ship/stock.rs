//! What is to be sent: the source, the frames that come of it, and the way by the digest while a recording fills up.

mod relief;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use sentinel_config::SidecarConfig;
use sentinel_delivery::queue::{Queue, lost_range};
use sentinel_parsers::frame::{Frame, Header};
use tokio::time::Instant;

use super::ShipOutcome;
use crate::clock::Clock;
use crate::pipeline::Pipeline;
use crate::reading::Reading;
use crate::segments::{Digest, Lost};
use crate::tail::{Source, Step, Watch};
pub(super) use relief::meanwhile;

/// One read of the source.
const READ: usize = 64 * 1024;
/// Reads of one call at most, so that none takes long.
const READS: usize = 16;
/// What is to be sent.
pub(super) struct Stock<'c> {
    pub(super) source: Source,
    pub(super) queue: Queue,
    pub(super) pipeline: Pipeline,
    /// Tells when to look at a quiet source again.
    pub(super) watch: Watch,
    pub(super) outcome: ShipOutcome,
    config: &'c SidecarConfig,
    reading: &'c Reading,
    epoch: [u8; 16],
    clock: Arc<dyn Clock>,
    buffer: Vec<u8>,
    /// Whether the end of the stream was read.
    ended: bool,
    /// Dialects that were recognised.
    dialects: usize,
    digest: Option<Digest>,
    /// Whether frames go to the digest first and from there to the queue: those that wait there come before.
    by_digest: bool,
    /// Frames on their way to the digest, which takes no more for now.
    cut: VecDeque<Frame>,
    /// Whether the recording is read for the digest until nothing more is there.
    behind: bool,
    /// When it was asked last whether the recording fills up.
    looked: Instant,
}

impl<'c> Stock<'c> {
    /// Nothing was read yet, but by somebody before, who may have left a digest.
    pub(super) fn new(
        source: Source,
        epoch: [u8; 16],
        (config, reading): (&'c SidecarConfig, &'c Reading),
        clock: Arc<dyn Clock>,
    ) -> Stock<'c> {
        let digest = source.digest();
        let digested = digest.as_ref().and_then(Digest::range);
        let (_, committed) = digested.unwrap_or_default();
        let now_ms = clock.now_ms();
        let parser = reading.parser();
        Stock {
            pipeline: Pipeline::resume(config, parser, epoch, committed, 0, now_ms),
            source,
            queue: Queue::default(),
            watch: Watch::default(),
            outcome: ShipOutcome::default(),
            config,
            reading,
            epoch,
            clock,
            buffer: vec![0; READ],
            ended: digest.as_ref().is_some_and(Digest::has_end),
            dialects: 0,
            digest,
            by_digest: digested.is_some(),
            cut: VecDeque::new(),
            behind: false,
            looked: Instant::now(),
        }
    }

    /// Reads until a frame is ready or the source is quiet; true when it is quiet.
    pub(super) fn fill(&mut self) -> bool {
        for _ in 0..READS {
            if self.by_digest
                && let Err(error) = self.take_back()
            {
                self.outcome
                    .trouble(&format!("cannot read the digest: {error}"));
                return true;
            }
            if self.queue.is_full() || self.ended {
                return false;
            }
            if self.read() {
                return true;
            }
        }
        false
    }

    /// Takes frames back from the digest; once none is left, they go the direct way again.
    fn take_back(&mut self) -> io::Result<()> {
        let Some(digest) = &mut self.digest else {
            return Ok(());
        };
        while !self.queue.is_full() {
            match digest.next()? {
                Some(frame) => self.queue.push(frame),
                None => {
                    self.by_digest = false;
                    self.behind = false;
                    self.hand_on();
                    break;
                }
            }
        }
        Ok(())
    }

    /// Reads once; true when the source is quiet.
    fn read(&mut self) -> bool {
        let now_ms = self.clock.now_ms();
        let mut quiet = false;
        match self.source.read(&mut self.buffer) {
            Ok(Step::Bytes(n)) => {
                self.watch.busy();
                self.outcome.read += n as u64;
                self.pipeline.feed(&self.buffer[..n], now_ms);
                self.note_dialects();
            }
            Ok(Step::Gap(lost)) if self.pass_by_digest(&lost, now_ms) => return false,
            Ok(Step::Gap(lost)) => {
                tracing::warn!(
                    lost.from,
                    lost.to,
                    lost.reason,
                    "bytes of the stream are lost"
                );
                self.pipeline.lose(&lost);
            }
            Ok(Step::LineStart) => self.pipeline.begin_line(now_ms),
            Ok(Step::End(end)) => {
                self.outcome.unterminated = self.pipeline.is_within_line();
                self.pipeline.finish(&end, now_ms);
                self.outcome.cut = self.pipeline.cut_bytes();
                self.tell_flaws();
                self.ended = true;
            }
            Ok(Step::Idle) => {
                self.pipeline.tick(now_ms);
                quiet = true;
            }
            Err(error) => {
                self.outcome
                    .trouble(&format!("cannot read the source: {error}"));
                self.pipeline.tick(now_ms);
                quiet = true;
            }
        }
        self.hand_on();
        quiet
    }

    /// Where a dialect was recognised whoever reads later must be able to recognise it.
    fn note_dialects(&mut self) {
        let recognised = match self.digest {
            Some(_) => self.pipeline.dialects(),
            None => return,
        };
        if recognised > self.dialects {
            self.source.keep();
        }
        self.dialects = recognised;
    }

    /// What whoever reads the results should know of the stream's lines.
    fn tell_flaws(&self) {
        if self.outcome.unterminated {
            tracing::warn!("the last line has no line feed");
        }
        if self.outcome.cut > 0 {
            tracing::warn!("{} bytes of overlong lines were cut", self.outcome.cut);
        }
    }

    /// Hands on the frames that are ready.
    fn hand_on(&mut self) {
        while let Some(frame) = self.pipeline.take() {
            self.cut.push_back(frame);
        }
        match &mut self.digest {
            Some(digest) if self.by_digest => {
                while let Some(frame) = self.cut.front() {
                    if let Err(error) = digest.push(frame, self.outcome.committed) {
                        tracing::debug!("the digest takes no more for now: {error}");
                        return;
                    }
                    self.cut.pop_front();
                }
            }
            _ => self.cut.drain(..).for_each(|frame| self.queue.push(frame)),
        }
    }

    /// Goes on from the agent's position.
    ///
    /// # Errors
    /// When the source cannot be opened; retryable.
    pub(super) fn seek(&mut self, committed: u64) -> io::Result<()> {
        if !self.seek_in_digest(committed)? {
            match self.source.rewind(committed)? {
                Some(start) => {
                    self.queue.clear();
                    self.ended = false;
                    self.by_digest = false;
                    self.start_at(committed, start);
                }
                // What was read of a pipe exists in the waiting frames only.
                None => {
                    self.queue.forget(committed, false);
                    self.queue.bridge(committed);
                }
            }
        }
        self.outcome.trouble = None;
        self.outcome.committed = committed;
        // Less than before, where the agent lost what it had: it must not be deleted now.
        self.source.acked(committed);
        Ok(())
    }

    /// The same from the digest, if what the agent wants next is there; whether it is.
    fn seek_in_digest(&mut self, committed: u64) -> io::Result<bool> {
        let Some((from, to)) = self.digest.as_ref().and_then(Digest::range) else {
            return Ok(false);
        };
        let behind = committed > to || (committed == to && !self.by_digest);
        // What stands before the digest may still be there: it is read until something is missing.
        if behind || committed < from {
            return Ok(false);
        }
        if !self.by_digest {
            // What was read beyond is nowhere: it is read again.
            self.read_behind(to)?;
        }
        self.queue.clear();
        if let Some(digest) = &mut self.digest {
            digest.seek(committed);
        }
        Ok(true)
    }

    /// What is missing from here on may be in the digest: then that is sent, and the source is read behind it.
    fn pass_by_digest(&mut self, lost: &Lost, now_ms: i64) -> bool {
        let range = self.digest.as_ref().and_then(Digest::range);
        let Some((from, to)) = range.filter(|_| !self.by_digest) else {
            return false;
        };
        // Of what the agent has, or the digest gave already, nothing is missing.
        let at = self.pipeline.start();
        if at >= to || lost.to <= from.max(at) {
            return false;
        }
        self.pipeline.cut(now_ms);
        self.hand_on();
        let start = self.pipeline.start();
        if let Err(error) = self.read_behind(to) {
            self.outcome
                .trouble(&format!("cannot read the source: {error}"));
            return false;
        }
        if start < from {
            let header = Header {
                epoch: self.epoch,
                seq: 0,
                start,
                end: from,
                last: false,
            };
            self.queue.push(lost_range(header, &lost.reason));
        }
        if let Some(digest) = &mut self.digest {
            digest.seek(start);
        }
        true
    }

    /// Reads the source behind the digest, from which what comes before is taken.
    fn read_behind(&mut self, to: u64) -> io::Result<()> {
        let start = self.source.rewind(to)?.unwrap_or(to);
        self.start_at(to, start);
        self.ended = self.digest.as_ref().is_some_and(Digest::has_end);
        self.by_digest = true;
        Ok(())
    }

    /// Reads anew from a byte on, to send what comes behind `committed`.
    fn start_at(&mut self, committed: u64, start: u64) {
        let (parser, now_ms) = (self.reading.parser(), self.clock.now_ms());
        self.cut.clear();
        self.behind = false;
        self.dialects = 0;
        self.pipeline = Pipeline::resume(self.config, parser, self.epoch, committed, start, now_ms);
    }

    /// The agent has everything before an offset, and has closed the stream or not.
    pub(super) fn advance(&mut self, committed: u64, closed: bool) {
        self.outcome.trouble = None;
        self.outcome.committed = committed;
        self.outcome.complete = closed;
        self.queue.forget(committed, closed);
        self.source.acked(committed);
    }
}
