//! Signals that tell a shipment to end.

use std::future::Future;
use std::io;
use std::time::Duration;

use sentinel_sidecar::capture::is_ignored;
use sentinel_sidecar::ship::Stop;
use signal_hook::consts::{SIGINT, SIGTERM};
use tokio::sync::watch;
use tokio::time::Instant;

/// Counts the signals that mean "stop" from now on.
pub(crate) struct Signals {
    came: watch::Receiver<usize>,
}

impl Signals {
    pub(crate) fn catch() -> io::Result<Signals> {
        let (counter, came) = watch::channel(0);
        // What is ignored (`nohup`, a shell's background job) stays so, for a command of ours too.
        let wanted = [SIGTERM, SIGINT].into_iter().filter(|s| !is_ignored(*s));
        let mut caught = signal_hook::iterator::Signals::new(wanted)?;
        std::thread::Builder::new()
            .name("stop".to_owned())
            .spawn(move || {
                for _ in caught.forever() {
                    counter.send_modify(|n| *n += 1);
                }
            })?;
        Ok(Signals { came })
    }

    /// How many came so far.
    pub(crate) fn so_far(&self) -> usize {
        *self.came.borrow()
    }

    /// Completes when so many signals came.
    pub(crate) async fn count(&self, n: usize) {
        let mut came = self.came.clone();
        if came.wait_for(|so_far| *so_far >= n).await.is_err() {
            // Nobody is left who could count.
            std::future::pending::<()>().await;
        }
    }
}

/// Waits for `begin`, then says "at the end" and, after the time to drain, or another signal,
/// "now". Never completes.
pub(crate) async fn conduct(
    begin: impl Future<Output = usize>,
    signals: &Signals,
    drain: Duration,
    stop: &watch::Sender<Stop>,
) {
    let seen = begin.await;
    stop.send_replace(Stop::AtEnd);
    let deadline = Instant::now() + drain;
    tokio::select! {
        () = tokio::time::sleep_until(deadline) => {}
        () = signals.count(seen + 1) => {}
    }
    stop.send_replace(Stop::Now);
    std::future::pending::<()>().await;
}
