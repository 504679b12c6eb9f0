//! The sidecars of a job, one after the other, until one has delivered everything.

use std::cell::Cell;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use sentinel_sidecar::clock::Clock;
use sentinel_sidecar::fs::Fs;
use sentinel_sidecar::random::Rng;
use sentinel_sidecar::reading::Reading;
use sentinel_sidecar::ship::{self, AddressError, Rim, ShipOutcome, Stop};
use sentinel_sidecar::tail::{FollowOptions, FollowSource, SegmentSource, Source, StdinSource};
use tokio::sync::watch;
use tokio::time::sleep;

use super::{Job, Kind};
use crate::disk::mortal::Mortal;
use crate::network::{Network, Wire};

impl Job {
    /// Runs sidecars, one after the other, until one has delivered everything.
    pub async fn ship(self: Rc<Self>, network: Rc<Network>, kills: Rc<Cell<bool>>) {
        let rng: Arc<dyn Rng> = Arc::new(self.chance.fork());
        let life = Life {
            network,
            kills,
            rng,
        };
        match self.plan.kind {
            Kind::Stdin(_) => self.ship_pipe(&life).await,
            Kind::File(_) => self.ship_file(&life).await,
            _ => self.ship_segments(&life).await,
        }
    }

    async fn ship_segments(&self, life: &Life) {
        loop {
            let disk = Arc::new(self.disk.clone());
            if let Ok(source) = SegmentSource::on(disk, &self.dir) {
                let source = Source::Segments(source);
                if self.live(life, source, || {}).await {
                    return;
                }
                if self.plan.kind != Kind::Capture {
                    self.kill_writer();
                }
            }
            sleep(self.pause(800)).await;
        }
    }

    /// From a pipe, of which nothing is left for another when one dies.
    async fn ship_pipe(&self, life: &Life) {
        let (source, mut feed) = StdinSource::fed();
        let pump = async {
            loop {
                let chunk = self.pipe.read(1 + self.chance.index(2_000)).await;
                if chunk.is_empty() {
                    break;
                }
                self.printed.set(self.printed.get() + chunk.len());
                if !feed.put(chunk).await {
                    break;
                }
            }
            drop(feed);
            std::future::pending::<()>().await;
        };
        let delivered = tokio::select! {
            biased;
            () = pump => false,
            delivered = self.live(life, Source::Stdin(source), || {}) => delivered,
        };
        if !delivered {
            self.kill_writer();
            self.gone.set(true);
        }
    }

    async fn ship_file(&self, life: &Life) {
        let Some(files) = &self.files else {
            return;
        };
        loop {
            let fs = Mortal::on(self.disk.clone());
            let options = FollowOptions {
                follow: true,
                checkpoint: Some(self.checkpoint()),
                ..FollowOptions::default()
            };
            let clock = Arc::clone(&self.wall) as Arc<dyn Clock>;
            let disk: Arc<dyn Fs> = Arc::new(fs.clone());
            let source = FollowSource::on(disk, clock, files.path(), options);
            let source = Source::File(Box::new(source));
            if self.live(life, source, || fs.kill()).await {
                return;
            }
            sleep(self.pause(800)).await;
        }
    }

    /// One sidecar; true if it delivered everything before it was killed. Its ways into the world end by `killed`.
    async fn live(&self, life: &Life, source: Source, killed: impl Fn() + Clone + Unpin) -> bool {
        let shipping = self.shipping(life, source);
        let living = Living::new(self, shipping, Rc::clone(&life.kills), killed.clone());
        let lived = tokio::select! {
            biased;
            () = async { self.sidecar_dies.notified().await; killed() } => None,
            lived = living => lived,
        };
        let Some(outcome) = lived else {
            self.trace
                .note(format_args!("job {}'s sidecar dies", self.plan.number));
            return false;
        };
        self.delivered(outcome, &life.network);
        true
    }

    /// What a sidecar does for it.
    async fn shipping(&self, life: &Life, source: Source) -> ShipOutcome {
        let shipped = self.try_shipping(life, source, self.stop.subscribe()).await;
        shipped.unwrap_or_else(|error| {
            self.trace.violation(format_args!("no shipment: {error}"));
            ShipOutcome::default()
        })
    }

    pub(crate) async fn try_shipping(
        &self,
        life: &Life,
        source: Source,
        stop: watch::Receiver<Stop>,
    ) -> Result<ShipOutcome, AddressError> {
        let rim = Rim {
            link: Wire::new(Rc::clone(&life.network), self.plan.number),
            clock: Arc::clone(&self.wall) as Arc<dyn Clock>,
            rng: Arc::clone(&life.rng),
        };
        let (open, config) = (self.open.clone(), &self.plan.config);
        ship::run_on(rim, source, open, config, &reading(), stop).await
    }

    /// An agent has it, or so a sidecar says.
    pub(crate) fn delivered(&self, outcome: ShipOutcome, network: &Network) {
        let number = self.plan.number;
        self.trace
            .note(format_args!("job {number} is shipped: {outcome:?}"));
        let agent = network.agent_of(number).number;
        *self.shipped.borrow_mut() = Some((outcome, agent));
    }

    /// What there is now is all there is.
    pub(super) fn end_shipment(&self) {
        self.stop.send_replace(Stop::AtEnd);
    }

    /// Where its sidecar keeps what it knows of its files.
    pub(super) fn checkpoint(&self) -> PathBuf {
        PathBuf::from(format!("/state/{}.json", self.open.identity.epoch))
    }
}

/// What a job's sidecars live in.
#[derive(Clone)]
pub(crate) struct Life {
    pub(crate) network: Rc<Network>,
    pub(crate) kills: Rc<Cell<bool>>,
    pub(crate) rng: Arc<dyn Rng>,
}

/// How all sidecars read, and whoever checks them.
pub(crate) fn reading() -> Reading {
    Reading::default().dialects(&["go_test".into(), "pytest".into(), "sentinel".into()])
}

/// A process that lives for so many polls: it may die at any await point.
pub(crate) struct Living<'p, T, K> {
    inner: Pin<Box<dyn Future<Output = T> + 'p>>,
    polls: u64,
    /// Whether processes die at all.
    kills: Rc<Cell<bool>>,
    killed: K,
}

impl<'p, T, K> Living<'p, T, K> {
    pub(crate) fn new(
        job: &Job,
        inner: impl Future<Output = T> + 'p,
        kills: Rc<Cell<bool>>,
        killed: K,
    ) -> Living<'p, T, K> {
        let polls = match kills.get() && job.chance.one_in(3) {
            true => job.chance.between(1, 300),
            false => u64::MAX,
        };
        Living {
            inner: Box::pin(inner),
            polls,
            kills,
            killed,
        }
    }
}

impl<T, K: Fn() + Unpin> Future for Living<'_, T, K> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        if self.polls == 0 && self.kills.get() {
            (self.killed)();
            return Poll::Ready(None);
        }
        self.polls = self.polls.saturating_sub(1);
        self.inner.as_mut().poll(context).map(Some)
    }
}
