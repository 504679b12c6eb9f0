//! Sends a stream to the agent until the agent has all of it.
//!
//! The agent's position is the truth: it is asked at the start, and everything before it is parsed
//! but not sent again. While the agent is away nothing is read, so nothing piles up: the source is
//! the buffer. Only where that would soon be full is it read on, and the frames wait on the disk.

mod outcome;
mod rim;
mod stock;
mod stop;

use std::sync::Arc;
use std::time::Duration;

use sentinel_config::SidecarConfig;
use sentinel_delivery::pace::{Pace, rest_of};
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
use crate::random::SystemRng;
use crate::reading::Reading;
use crate::segments::parse_epoch;
use crate::tail::Source;
use policy::{Action, Answer, Policy};
use stock::{Stock, meanwhile};
use stop::until;

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
    let clock = Arc::clone(&rim.clock);
    let mut shipment = Shipment {
        stock: Stock::new(source, epoch, (config, reading), clock),
        rim,
        open,
        config,
        policy: Policy::new(config.retry_min, config.retry_max),
        pace: Pace::new(config.exchange_timeout),
        spoken: Instant::now(),
        stopping: false,
    };
    let mut now = stop.clone();
    tokio::select! {
        // In a fixed order, so that a simulation can be played again.
        biased;
        () = until(&mut now, Stop::Now) => {}
        () = shipment.deliver(&mut stop) => {}
    }
    Ok(shipment.stock.outcome)
}

struct Shipment<'c, L> {
    rim: Rim<L>,
    stock: Stock<'c>,
    open: OpenStream,
    config: &'c SidecarConfig,
    policy: Policy,
    pace: Pace,
    /// When the agent was last spoken to.
    spoken: Instant,
    stopping: bool,
}

impl<L: Link> Shipment<'_, L> {
    async fn deliver(&mut self, stop: &mut watch::Receiver<Stop>) {
        self.open().await;
        while !self.stock.outcome.complete {
            if *stop.borrow_and_update() != Stop::No && !self.stopping {
                self.stopping = true;
                self.stock.source.stop();
            }
            let quiet = self.stock.fill();
            if !self.stock.queue.is_empty() {
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

    /// Waits for new bytes, the next frame's time, the time to speak, or a word from outside.
    async fn wait(&mut self, stop: &mut watch::Receiver<Stop>) {
        let now_ms = self.rim.clock.now_ms();
        let due = self
            .stock
            .pipeline
            .due_ms()
            .map_or(self.config.keep_alive, |due| {
                Duration::from_millis(u64::try_from(due - now_ms).unwrap_or(0))
            });
        let silent = self.config.keep_alive.saturating_sub(self.spoken.elapsed());
        // A millisecond more, so that what is due then is not almost due.
        let pause = due.min(silent) + Duration::from_millis(1);
        let Stock { source, watch, .. } = &mut self.stock;
        tokio::select! {
            biased;
            () = sleep(pause) => {}
            () = watch.changed(|| source.wanted()) => {}
            () = changed(stop) => {}
        }
    }

    /// Opens the stream again after a long silence, so that the agent knows that somebody is there.
    async fn keep_alive(&mut self) {
        if self.spoken.elapsed() < self.config.keep_alive {
            return;
        }
        let opened = self.rim.link.open(&self.open);
        let answer = meanwhile(&mut self.stock, opened).await;
        if let Answer::Stored(position) = self.note(answer)
            && (position.closed || position.committed != self.stock.outcome.committed)
        {
            // The agent has lost what it had stored, or heard of this stream from somebody else.
            self.start(position).await;
        }
    }

    /// Sends what waits, once, and acts on the answer.
    async fn send(&mut self) {
        let (Some(start), Some(stream)) =
            (self.stock.queue.start(), self.stock.outcome.stream.clone())
        else {
            return;
        };
        if let Err(error) = self.stock.source.sending() {
            self.stock
                .outcome
                .trouble(&format!("cannot send yet: {error}"));
            return sleep(self.config.retry_max.min(REOPEN)).await;
        }
        let one = self.policy.one_at_a_time();
        let body = self.stock.queue.body(one, self.pace.bytes());
        let (begun, sent) = (Instant::now(), body.len());
        let sending = self.rim.link.frames(&stream, body);
        let answer = meanwhile(&mut self.stock, sending).await;
        match &answer {
            Ok(_) => self.pace.answered(sent, begun.elapsed()),
            Err(why) if why.is_late() => self.pace.timed_out(sent),
            Err(_) => {}
        }
        let answer = self.note(answer);
        match self.policy.step(&answer, start, self.rim.rng.number()) {
            Action::Advance { committed, closed } => {
                self.stock.advance(committed, closed);
                if self.stock.queue.start() == Some(start) {
                    // Taken, and yet not: an agent that never closes the stream.
                    self.pause().await;
                }
            }
            Action::Seek(committed) => self.seek(committed).await,
            Action::Reopen(pause) => {
                meanwhile(&mut self.stock, sleep(pause)).await;
                self.open().await;
            }
            Action::Shrink if !one => {}
            Action::Shrink => {
                self.stock.pipeline.halve();
                if !self.stock.queue.split() {
                    self.pause().await;
                }
            }
            Action::Replace => {
                if !self.stock.queue.refused() {
                    self.pause().await;
                }
            }
            Action::Retry(pause) => {
                meanwhile(&mut self.stock, rest_of(pause, begun, &answer)).await;
            }
        }
    }

    /// Opens the stream, however long that takes, and starts where the agent stands.
    async fn open(&mut self) {
        loop {
            let begun = Instant::now();
            let opened = self.rim.link.open(&self.open);
            let answer = meanwhile(&mut self.stock, opened).await;
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
                meanwhile(&mut self.stock, rest_of(pause, begun, &answer)).await;
            }
        }
    }

    /// Waits for as long as is waited at most.
    async fn pause(&mut self) {
        meanwhile(&mut self.stock, sleep(self.config.retry_max)).await;
    }

    async fn start(&mut self, position: Position) {
        self.stock.outcome.stream = Some(position.stream);
        if position.closed {
            self.stock.advance(position.committed, true);
        } else {
            self.seek(position.committed).await;
        }
    }

    /// Goes on from the agent's position.
    async fn seek(&mut self, committed: u64) {
        while let Err(error) = self.stock.seek(committed) {
            self.stock
                .outcome
                .trouble(&format!("cannot read the source: {error}"));
            sleep(self.config.retry_max.min(REOPEN)).await;
        }
    }

    /// An answer, with what is wrong about it kept for people.
    fn note(&mut self, answer: Result<Answer, impl NoAnswer>) -> Answer {
        self.spoken = Instant::now();
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                self.stock.outcome.failed(&error.to_string());
                return Answer::Nothing;
            }
        };
        match &answer {
            Answer::Stored(_) | Answer::Conflict(_) => {}
            Answer::Unknown => self
                .stock
                .outcome
                .failed("the agent does not know the stream (404)"),
            Answer::TooLarge => self.stock.outcome.failed("too large for the agent (413)"),
            Answer::Malformed => self
                .stock
                .outcome
                .failed("refused by the agent as malformed (400)"),
            Answer::Refused { status, .. } => {
                self.stock
                    .outcome
                    .failed(&format!("refused by the agent ({status})"));
            }
            Answer::Nothing => {}
        }
        answer
    }
}
