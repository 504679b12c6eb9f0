//! Makes room in a recording that fills up while the agent is away: its events go to the digest.

use std::future::{Future, pending};
use std::pin::pin;
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};

use super::{READS, Stock};
use crate::segments::Digest;

/// How often it is asked whether a recording fills up while the agent is waited for.
const LOOK: Duration = Duration::from_millis(250);

impl Stock<'_> {
    /// When to look again whether a recording fills up: at once if there is more to do.
    fn next_look(&self) -> Option<Instant> {
        let pause = if self.behind { Duration::ZERO } else { LOOK };
        self.digest.as_ref().map(|_| self.looked + pause)
    }

    /// While the agent is away and the recording fills up: its events go to the digest, so that its oldest output, of
    /// which nothing else would be sent, can make room.
    fn relieve(&mut self) {
        let Some(digest) = &self.digest else {
            return;
        };
        self.looked = Instant::now();
        let digested = digest.range().map_or(0, |(_, to)| to);
        let reached = self.outcome.committed.max(digested);
        self.behind |= !self.ended && self.source.is_pressed(reached);
        if self.behind {
            self.begin_digest();
            self.behind = self.by_digest && self.read_on();
        }
    }

    /// From here on frames go by the digest, with those that wait in the queue.
    fn begin_digest(&mut self) {
        let Some(digest) = self.digest.as_mut().filter(|_| !self.by_digest) else {
            return;
        };
        let next = self.pipeline.start();
        if !digest.begin(self.queue.start().unwrap_or(next)) {
            return;
        }
        for frame in self.queue.frames() {
            let digested = digest.range().map_or(0, |(_, to)| to);
            let new = frame.header().start >= digested;
            if new && digest.push(frame, self.outcome.committed).is_err() {
                return;
            }
        }
        digest.skip();
        self.by_digest = true;
    }

    /// Reads some of the recording for the digest; true if there may be more.
    fn read_on(&mut self) -> bool {
        let mut more = true;
        for _ in 0..READS {
            self.hand_on();
            if self.ended || !self.cut.is_empty() || self.read() {
                more = false;
                break;
            }
        }
        if let Some(Err(error)) = self.digest.as_mut().map(Digest::tell) {
            tracing::debug!("the digest is not told to the recording's writer: {error}");
            return false;
        }
        more
    }
}

/// Waits for the agent, or for the time to ask it again, and makes room in the recording meanwhile.
pub(in crate::ship) async fn meanwhile<T>(
    stock: &mut Stock<'_>,
    wait: impl Future<Output = T>,
) -> T {
    let mut wait = pin!(wait);
    loop {
        let look = stock.next_look();
        tokio::select! {
            biased;
            waited = &mut wait => return waited,
            () = at(look) => {}
        }
        stock.relieve();
    }
}

/// Waits for a time, or for ever.
async fn at(time: Option<Instant>) {
    match time {
        // Whoever waits for the network has its turn.
        Some(time) if time <= Instant::now() => yield_now().await,
        Some(time) => sleep_until(time).await,
        None => pending().await,
    }
}
