//! Sends a stream to the agent until the agent has all of it.
//!
//! The agent's position is the truth: it is asked at the start, and everything before it is parsed
//! but not sent again. While the agent is away nothing is read, so nothing piles up: the source is
//! the buffer.

mod outcome;
mod rim;
mod stop;

use std::sync::Arc;
use std::time::Duration;

use sentinel_config::SidecarConfig;
use sentinel_delivery::pace::{Pace, rest_of};
use sentinel_delivery::queue::Queue;
use sentinel_parsers::wire::{OpenStream, Position};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

pub use crate::dial::AddressError;
pub use outcome::ShipOutcome;
pub(crate) use rim::client;
pub use rim::{Link, NoAnswer, Rim, check_address};
pub use sentinel_delivery::policy;
pub use stop::Stop;
pub(crate) use stop::changed;

use crate::clock::SystemClock;
use crate::pipeline::Pipeline;
use crate::random::SystemRng;
use crate::reading::Reading;
use crate::segments::{StreamEnd, parse_epoch};
use crate::tail::{Source, Step, Watch};
use policy::{Action, Answer, Policy};
use stop::until;

/// One read of the source.
const READ: usize = 64 * 1024;
/// How often a source that cannot be opened is tried again.
const REOPEN: Duration = Duration::from_secs(1);

/// Ships a source until the agent has all of it or `stop` says now.
///
/// # Errors
/// When the address or the stream's epoch is malformed; not retryable. Everything else is retried.
pub async fn run(
    source: Source,
    open: OpenStream,
    agent: &str,
    config: &SidecarConfig,
    reading: &Reading,
    stop: watch::Receiver<Stop>,
) -> Result<ShipOutcome, AddressError> {
    let rim = Rim {
        link: client(agent, config)?,
        clock: Arc::new(SystemClock),
        rng: Arc::new(SystemRng),
    };
    run_on(rim, source, open, config, reading, stop).await
}

/// The same with an agent, a clock and chance of the caller's.
///
/// # Errors
/// When the stream's epoch is malformed; not retryable.
pub async fn run_on<L: Link>(
    rim: Rim<L>,
    source: Source,
    mut open: OpenStream,
    config: &SidecarConfig,
    reading: &Reading,
    mut stop: watch::Receiver<Stop>,
) -> Result<ShipOutcome, AddressError> {
    let epoch = parse_epoch(&open.identity.epoch)
        .ok_or_else(|| AddressError::Malformed(open.identity.epoch.clone()))?;
    open.command = open.command.map(|command| reading.redacted(&command));
    let now_ms = rim.clock.now_ms();
    let mut shipment = Shipment {
        rim,
        source,
        open,
        epoch,
        config,
        reading,
        policy: Policy::new(config.retry_min, config.retry_max),
        pace: Pace::new(config.exchange_timeout),
        queue: Queue::default(),
        pipeline: Pipeline::resume(config, reading.parser(), epoch, 0, 0, now_ms),
        end: None,
        watch: Watch::default(),
        spoken: Instant::now(),
        stopping: false,
        outcome: ShipOutcome::default(),
    };
    let mut now = stop.clone();
    tokio::select! {
        // In a fixed order, so that a simulation can be played again.
        biased;
        () = until(&mut now, Stop::Now) => {}
        () = shipment.deliver(&mut stop) => {}
    }
    Ok(shipment.outcome)
}

struct Shipment<'c, L> {
    rim: Rim<L>,
    source: Source,
    open: OpenStream,
    epoch: [u8; 16],
    config: &'c SidecarConfig,
    reading: &'c Reading,
    policy: Policy,
    pace: Pace,
    queue: Queue,
    pipeline: Pipeline,
    /// The end of the stream, once it was read.
    end: Option<StreamEnd>,
    /// Tells when to look at a quiet source again.
    watch: Watch,
    /// When the agent was last spoken to.
    spoken: Instant,
    stopping: bool,
    outcome: ShipOutcome,
}

impl<L: Link> Shipment<'_, L> {
    async fn deliver(&mut self, stop: &mut watch::Receiver<Stop>) {
        self.open().await;
        let mut buffer = vec![0; READ];
        while !self.outcome.complete {
            if *stop.borrow_and_update() != Stop::No && !self.stopping {
                self.stopping = true;
                self.source.stop();
            }
            let quiet = self.fill(&mut buffer);
            if !self.queue.is_empty() {
                self.send().await;
            } else if quiet {
                self.keep_alive().await;
                self.wait(stop).await;
            } else {
                // Parsing much that was sent before: let others have their turn.
                tokio::task::yield_now().await;
            }
        }
    }

    /// Reads until a frame is ready or the source is quiet; true when it is quiet.
    fn fill(&mut self, buffer: &mut [u8]) -> bool {
        // A bounded number of reads, so that one call never takes long.
        for _ in 0..16 {
            if self.queue.is_full() || self.end.is_some() {
                return false;
            }
            let now_ms = self.rim.clock.now_ms();
            match self.source.read(buffer) {
                Ok(Step::Bytes(n)) => {
                    self.watch.busy();
                    self.outcome.read += n as u64;
                    self.pipeline.feed(&buffer[..n], now_ms);
                }
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
                    self.end = Some(end);
                }
                Ok(Step::Idle) => {
                    self.pipeline.tick(now_ms);
                    self.take_frames();
                    return true;
                }
                Err(error) => {
                    self.outcome
                        .trouble(&format!("cannot read the source: {error}"));
                    self.pipeline.tick(now_ms);
                    self.take_frames();
                    return true;
                }
            }
            self.take_frames();
        }
        false
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

    fn take_frames(&mut self) {
        while let Some(frame) = self.pipeline.take() {
            self.queue.push(frame);
        }
    }

    /// Waits for new bytes, the next frame's time, the time to speak, or a word from outside.
    async fn wait(&mut self, stop: &mut watch::Receiver<Stop>) {
        let now_ms = self.rim.clock.now_ms();
        let due = self
            .pipeline
            .due_ms()
            .map_or(self.config.keep_alive, |due| {
                Duration::from_millis(u64::try_from(due - now_ms).unwrap_or(0))
            });
        let silent = self.config.keep_alive.saturating_sub(self.spoken.elapsed());
        // A millisecond more, so that what is due then is not almost due.
        let pause = due.min(silent) + Duration::from_millis(1);
        let source = &self.source;
        tokio::select! {
            biased;
            () = sleep(pause) => {}
            () = self.watch.changed(|| source.wanted()) => {}
            () = changed(stop) => {}
        }
    }

    /// Opens the stream again after a long silence, so that the agent knows that somebody is there.
    async fn keep_alive(&mut self) {
        if self.spoken.elapsed() < self.config.keep_alive {
            return;
        }
        let answer = self.rim.link.open(&self.open).await;
        if let Answer::Stored(position) = self.note(answer)
            && (position.closed || position.committed != self.outcome.committed)
        {
            // The agent has lost what it had stored, or heard of this stream from somebody else.
            self.start(position).await;
        }
    }

    /// Sends what waits, once, and acts on the answer.
    async fn send(&mut self) {
        let (Some(start), Some(stream)) = (self.queue.start(), self.outcome.stream.clone()) else {
            return;
        };
        if let Err(error) = self.source.sending() {
            self.outcome.trouble(&format!("cannot send yet: {error}"));
            return sleep(self.config.retry_max.min(REOPEN)).await;
        }
        let one = self.policy.one_at_a_time();
        let body = self.queue.body(one, self.pace.bytes());
        let (begun, sent) = (Instant::now(), body.len());
        let answer = self.rim.link.frames(&stream, body).await;
        match &answer {
            Ok(_) => self.pace.answered(sent, begun.elapsed()),
            Err(why) if why.is_late() => self.pace.timed_out(sent),
            Err(_) => {}
        }
        let answer = self.note(answer);
        match self.policy.step(&answer, start, self.rim.rng.number()) {
            Action::Advance { committed, closed } => {
                self.advance(committed, closed);
                if self.queue.start() == Some(start) {
                    // Taken, and yet not: an agent that never closes the stream.
                    sleep(self.config.retry_max).await;
                }
            }
            Action::Seek(committed) => self.seek(committed).await,
            Action::Reopen(pause) => {
                sleep(pause).await;
                self.open().await;
            }
            Action::Shrink if !one => {}
            Action::Shrink => {
                self.pipeline.halve();
                if !self.queue.split() {
                    sleep(self.config.retry_max).await;
                }
            }
            Action::Replace => {
                if !self.queue.refused() {
                    sleep(self.config.retry_max).await;
                }
            }
            Action::Retry(pause) => rest_of(pause, begun, &answer).await,
        }
    }

    /// Opens the stream, however long that takes, and starts where the agent stands.
    async fn open(&mut self) {
        loop {
            let begun = Instant::now();
            let answer = self.rim.link.open(&self.open).await;
            let answer = match self.note(answer) {
                Answer::Stored(position) => {
                    self.policy = Policy::new(self.config.retry_min, self.config.retry_max);
                    return self.start(position).await;
                }
                refused @ Answer::Refused { .. } => refused,
                // Whatever it is, only time can help.
                _ => Answer::Nothing,
            };
            let action = self.policy.step(&answer, 0, self.rim.rng.number());
            if let Action::Retry(pause) = action {
                rest_of(pause, begun, &answer).await;
            }
        }
    }

    async fn start(&mut self, position: Position) {
        self.outcome.stream = Some(position.stream);
        if position.closed {
            self.advance(position.committed, true);
        } else {
            self.seek(position.committed).await;
        }
    }

    /// Goes on from the agent's position.
    async fn seek(&mut self, committed: u64) {
        loop {
            match self.source.rewind(committed) {
                Ok(Some(start)) => {
                    let now_ms = self.rim.clock.now_ms();
                    self.queue.clear();
                    self.end = None;
                    self.pipeline = Pipeline::resume(
                        self.config,
                        self.reading.parser(),
                        self.epoch,
                        committed,
                        start,
                        now_ms,
                    );
                    break;
                }
                // What was read of a pipe exists in the waiting frames only.
                Ok(None) => {
                    self.queue.forget(committed, false);
                    self.queue.bridge(committed);
                    break;
                }
                Err(error) => {
                    self.outcome
                        .trouble(&format!("cannot read the source: {error}"));
                    sleep(self.config.retry_max.min(REOPEN)).await;
                }
            }
        }
        self.outcome.trouble = None;
        self.outcome.committed = committed;
        // Less than before, where the agent lost what it had: it must not be deleted now.
        self.source.acked(committed);
    }

    fn advance(&mut self, committed: u64, closed: bool) {
        self.outcome.trouble = None;
        self.outcome.committed = committed;
        self.outcome.complete = closed;
        self.queue.forget(committed, closed);
        self.source.acked(committed);
    }

    /// An answer, with what is wrong about it kept for people.
    fn note(&mut self, answer: Result<Answer, impl NoAnswer>) -> Answer {
        self.spoken = Instant::now();
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                self.outcome.failed(&error.to_string());
                return Answer::Nothing;
            }
        };
        match &answer {
            Answer::Stored(_) | Answer::Conflict(_) => {}
            Answer::Unknown => self
                .outcome
                .failed("the agent does not know the stream (404)"),
            Answer::TooLarge => self.outcome.failed("too large for the agent (413)"),
            Answer::Malformed => self
                .outcome
                .failed("refused by the agent as malformed (400)"),
            Answer::Refused { status, .. } => {
                self.outcome
                    .failed(&format!("refused by the agent ({status})"));
            }
            Answer::Nothing => {}
        }
        answer
    }
}
