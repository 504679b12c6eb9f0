//! A test job in its pod: a command that prints, what records it, and the sidecar that sends it, each of which may
//! die at any moment.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use sentinel_config::SidecarConfig;
use sentinel_parsers::wire::{OpenStream, RunContext, StreamIdentity};
use sentinel_sidecar::fs::Fs;
use sentinel_sidecar::random::Rng;
use sentinel_sidecar::reading::Reading;
use sentinel_sidecar::segments::{self, Limits, Lost, RAW, RECORDS, SegmentWriter, StreamInfo};
use sentinel_sidecar::ship::{self, Rim, ShipOutcome, Stop};
use sentinel_sidecar::tail::{SegmentSource, Source};
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use crate::chance::Chance;
use crate::disk::Disk;
use crate::log::{Format, Log};
use crate::network::{Network, Wire};
use crate::progress::{Phase, Progress};
use crate::trace::Trace;
use crate::wall::Wall;

/// How the output is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By a wrapper of the command, in plain segments. It lives on when the sidecar dies.
    Capture,
    /// By the sidecar from a pipe, in records that are synced. It dies with the sidecar.
    Spool,
}

/// What a job is told.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its number, which is in all its tests' names.
    pub number: usize,
    /// Its run.
    pub run: usize,
    /// How its output is recorded.
    pub kind: Kind,
    /// How its tests print.
    pub format: Format,
    /// One in so many tests fails; none for 0.
    pub failing: u64,
    /// What its recording may take.
    pub limits: Limits,
    /// How its sidecar is configured.
    pub config: SidecarConfig,
    /// Milliseconds between two tests at most.
    pub pace: u64,
    /// Tests printed while things go wrong, at most.
    pub tests: u64,
}

/// A test job.
#[derive(Debug)]
pub struct Job {
    /// What it was told.
    pub plan: Plan,
    /// Its machine's disk.
    pub disk: Disk,
    /// Its machine's clock.
    pub wall: Arc<Wall>,
    /// Who its stream is.
    pub open: OpenStream,
    /// What it printed.
    pub log: RefCell<Log>,
    /// Bytes of that which went to the recording.
    pub printed: Cell<usize>,
    /// Bytes of that which were made durable where they are to be.
    pub synced: Cell<u64>,
    /// Parts of that of which a sync failed.
    pub doubtful: RefCell<Vec<(u64, u64)>>,
    /// What the recording could not take.
    pub lost: RefCell<Vec<Lost>>,
    /// Where the first line ends that was printed after everything had gone wrong.
    pub fresh: Cell<Option<u64>>,
    /// Whether the recording was ended in order; `None` while it goes on.
    pub whole: Cell<Option<bool>>,
    /// Whether its machine lost its power.
    pub cut: Cell<bool>,
    /// What became of its shipment, and which agent has it.
    pub shipped: RefCell<Option<(ShipOutcome, usize)>>,
    dir: PathBuf,
    chance: Chance,
    trace: Rc<Trace>,
    sidecar_dies: Notify,
    writer_dies: Notify,
}

impl Job {
    /// A job that has not begun.
    #[must_use]
    pub fn new(plan: Plan, disk: Disk, wall: Wall, chance: Chance, trace: Rc<Trace>) -> Job {
        let epoch = format!("{:016x}{:016x}", chance.number(), chance.number());
        let open = OpenStream {
            identity: StreamIdentity {
                pod_uid: format!("pod-{}", plan.number),
                container: "tests".to_owned(),
                source: "capture".to_owned(),
                epoch,
                ..StreamIdentity::default()
            },
            run: RunContext {
                run_id: format!("run-{}", plan.run),
                ..RunContext::default()
            },
            command: None,
        };
        Job {
            log: RefCell::new(Log::new(plan.format, plan.number, plan.failing)),
            dir: PathBuf::from(format!("/pod/{}", plan.number)),
            plan,
            disk,
            wall: Arc::new(wall),
            open,
            printed: Cell::new(0),
            synced: Cell::new(0),
            doubtful: RefCell::default(),
            lost: RefCell::default(),
            fresh: Cell::new(None),
            whole: Cell::new(None),
            cut: Cell::new(false),
            shipped: RefCell::default(),
            chance,
            trace,
            sidecar_dies: Notify::new(),
            writer_dies: Notify::new(),
        }
    }

    /// The agents' name for its stream.
    #[must_use]
    pub fn stream(&self) -> String {
        sentinel_agent::stream_id(&self.open.identity)
    }

    /// Its sidecar is killed, and with it the spool, if there is one.
    pub fn kill_sidecar(&self) {
        self.sidecar_dies.notify_one();
        if self.plan.kind == Kind::Spool {
            self.kill_writer();
        }
    }

    /// What records its output is killed, and with it the command.
    pub fn kill_writer(&self) {
        self.writer_dies.notify_one();
    }

    /// Its machine loses its power, and starts again.
    pub fn cut_power(&self) {
        self.cut.set(true);
        self.kill_writer();
        self.sidecar_dies.notify_one();
        self.disk.cut_power();
    }

    /// Offset of the first byte that is still recorded.
    #[must_use]
    pub fn first_recorded(&self) -> u64 {
        let starts = segments::list(&self.disk, &self.dir).unwrap_or_default();
        starts.first().copied().unwrap_or(0)
    }

    fn info(&self) -> StreamInfo {
        let format = match self.plan.kind {
            Kind::Capture => RAW,
            Kind::Spool => RECORDS,
        };
        StreamInfo {
            format,
            epoch: self.open.identity.epoch.clone(),
            run_id: None,
            command: "tests".to_owned(),
            source: "capture".to_owned(),
            started_ms: 0,
            open: None,
        }
    }

    /// Runs the command under its recording, to its end or until that is killed.
    pub async fn print(self: Rc<Self>, world: Rc<Progress>) {
        let disk: Arc<dyn Fs> = Arc::new(self.disk.clone());
        let (info, limits) = (self.info(), self.plan.limits);
        let made = match self.plan.kind {
            Kind::Capture => match SegmentWriter::create_on(disk, &self.dir, &info, limits) {
                Ok(writer) => self.print_into(writer, world).await,
                Err(error) => Err(error),
            },
            Kind::Spool => match SegmentWriter::spool_on(disk, &self.dir, &info, limits) {
                Ok(writer) => self.print_into(writer, world).await,
                Err(error) => Err(error),
            },
        };
        let whole = made.unwrap_or_else(|error| {
            self.trace.violation(format_args!(
                "job {} is not recorded: {error}",
                self.plan.number
            ));
            false
        });
        self.trace.note(format_args!(
            "job {} printed {} bytes, whole: {whole}",
            self.plan.number,
            self.printed.get()
        ));
        self.whole.set(Some(whole));
    }

    async fn print_into<D: segments::Disk>(
        &self,
        mut writer: SegmentWriter<D>,
        world: Rc<Progress>,
    ) -> io::Result<bool> {
        tokio::select! {
            biased;
            () = self.writer_dies.notified() => return Ok(false),
            () = self.print_all(&mut writer, &world) => {}
        }
        match self.plan.kind {
            Kind::Capture => {
                writer.finish(Some(i32::from(self.log.borrow().has_failed())), None)?
            }
            Kind::Spool => writer.finish_at_eof()?,
        };
        Ok(true)
    }

    async fn print_all<D: segments::Disk>(&self, writer: &mut SegmentWriter<D>, world: &Progress) {
        let mut tests = 0;
        while world.phase() == Phase::Faults {
            if tests < self.plan.tests {
                tests += 1;
                self.log.borrow_mut().test(&self.chance);
                self.append(writer, true).await;
            }
            let pause = self.chance.below(self.plan.pace + 1);
            tokio::select! {
                biased;
                () = sleep(Duration::from_millis(pause)) => {}
                () = world.reach(Phase::Calm) => {}
            }
        }
        // What does not fit is printed again: the sidecar is making room.
        loop {
            let before = writer.losses().bytes();
            self.log.borrow_mut().test(&self.chance);
            self.append(writer, false).await;
            if writer.losses().bytes() == before {
                break;
            }
            sleep(Duration::from_millis(200)).await;
        }
        self.fresh.set(Some(self.printed.get() as u64));
        world.reach(Phase::Closing).await;
        self.log.borrow_mut().close();
        self.append(writer, false).await;
    }

    /// Gives what was printed to the recording, in pieces that begin and end anywhere.
    async fn append<D: segments::Disk>(&self, writer: &mut SegmentWriter<D>, slowly: bool) {
        loop {
            let piece = {
                let log = self.log.borrow();
                let left = &log.text()[self.printed.get()..];
                let most = if self.chance.one_in(3) { 40 } else { 4_000 };
                left[..left.len().min(1 + self.chance.index(most))].to_vec()
            };
            if piece.is_empty() {
                return;
            }
            self.printed.set(self.printed.get() + piece.len());
            let (failed, synced) = (self.disk.failed_syncs(), self.synced.get());
            writer.append(&piece);
            self.lost.replace(writer.losses().list().to_vec());
            if self.plan.kind == Kind::Spool && self.chance.one_in(2) {
                writer.flush();
                self.synced.set(writer.total());
            }
            if self.disk.failed_syncs() > failed {
                let range = (synced, writer.total());
                self.doubtful.borrow_mut().push(range);
            }
            if slowly && self.chance.one_in(4) {
                sleep(Duration::from_millis(self.chance.below(60))).await;
            }
        }
    }

    /// Runs sidecars, one after the other, until one has delivered everything.
    pub async fn ship(self: Rc<Self>, network: Rc<Network>, kills: Rc<Cell<bool>>) {
        let reading = reading();
        let chance: Arc<dyn Rng> = Arc::new(self.chance.fork());
        loop {
            let disk = Arc::new(self.disk.clone());
            if let Ok(source) = SegmentSource::on(disk, &self.dir) {
                let rim = Rim {
                    link: Wire::new(Rc::clone(&network), self.plan.number),
                    clock: Arc::clone(&self.wall) as Arc<dyn sentinel_sidecar::clock::Clock>,
                    rng: Arc::clone(&chance),
                };
                let (_go_on, stop) = watch::channel(Stop::No);
                let source = Source::Segments(source);
                let config = &self.plan.config;
                let shipping = ship::run_on(rim, source, self.open.clone(), config, &reading, stop);
                // It may die at any await point, of which a killed process is one.
                let polls = match kills.get() && self.chance.one_in(3) {
                    true => self.chance.between(1, 300),
                    false => u64::MAX,
                };
                let living = Living {
                    inner: Box::pin(shipping),
                    polls,
                    kills: &kills,
                };
                let lived = tokio::select! {
                    biased;
                    () = self.sidecar_dies.notified() => None,
                    lived = living => lived,
                };
                if let Some(Ok(outcome)) = lived {
                    let number = self.plan.number;
                    self.trace
                        .note(format_args!("job {number} is shipped: {outcome:?}"));
                    let agent = network.agent_of(number).number;
                    *self.shipped.borrow_mut() = Some((outcome, agent));
                    return;
                }
                self.trace
                    .note(format_args!("job {}'s sidecar dies", self.plan.number));
                if self.plan.kind == Kind::Spool {
                    self.kill_writer();
                }
            }
            sleep(Duration::from_millis(self.chance.below(800))).await;
        }
    }
}

/// How all sidecars read, and whoever checks them.
pub(crate) fn reading() -> Reading {
    Reading::default().dialects(&["go_test".into(), "pytest".into(), "sentinel".into()])
}

/// A process that lives for so many polls.
struct Living<'p, T> {
    inner: Pin<Box<dyn Future<Output = T> + 'p>>,
    polls: u64,
    /// Whether processes die at all.
    kills: &'p Cell<bool>,
}

impl<T> Future for Living<'_, T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        if self.polls == 0 && self.kills.get() {
            return Poll::Ready(None);
        }
        self.polls = self.polls.saturating_sub(1);
        self.inner.as_mut().poll(context).map(Some)
    }
}
