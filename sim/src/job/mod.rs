//! A test job in its pod: a command that prints, what takes its output, and the sidecar that sends it, each of which
//! may die at any moment.

pub mod files;
mod pipe;
mod print;
mod ship;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use sentinel_config::SidecarConfig;
use sentinel_parsers::wire::{OpenStream, RunContext, StreamIdentity};
use sentinel_sidecar::random::Rng;
use sentinel_sidecar::segments::{self, Limits, Lost, RAW, RECORDS, StreamInfo};
use sentinel_sidecar::ship::{ShipOutcome, Stop};
use tokio::sync::{Notify, watch};

use crate::chance::Chance;
use crate::disk::Disk;
use crate::log::{Format, Log};
use crate::trace::Trace;
use crate::wall::Wall;
use files::Rotation;
use pipe::Pipe;
pub(crate) use ship::{Life, Living, reading};

/// How the output comes to the sidecar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Recorded by a wrapper of the command, in plain segments. It lives on when the sidecar dies.
    Capture,
    /// Recorded by the sidecar, in records that are synced. It dies with the sidecar.
    Spool,
    /// By a pipe that holds so many bytes, into such a spool, which is then the only copy.
    Piped(usize),
    /// By a pipe, and from it into memory only.
    Stdin(usize),
    /// By a file that somebody rotates.
    File(Rotation),
    /// By a container's log, which a kubelet rotates.
    Log(Rotation),
}

impl Kind {
    /// Whether the sidecar follows files that others write: there the writer lives on, and how much is lost may be
    /// unknown.
    #[must_use]
    pub fn is_followed(self) -> bool {
        matches!(self, Kind::File(_) | Kind::Log(_))
    }
}

/// Recordings that may take so much keep more than the lines that tell how tests print.
pub const TIGHT: u64 = 32_000;

/// What a job is told.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its number, which is in all its tests' names.
    pub number: usize,
    /// Its run.
    pub run: usize,
    /// How its output comes to the sidecar.
    pub kind: Kind,
    /// How its tests print.
    pub format: Format,
    /// One in so many tests fails; none for 0.
    pub failing: u64,
    /// Lines of words that a test prints, fewer than these.
    pub words: u64,
    /// What its recording may take.
    pub limits: Limits,
    /// How its sidecar is configured.
    pub config: SidecarConfig,
    /// Milliseconds between two tests at most.
    pub pace: u64,
    /// Tests printed while things go wrong, at most.
    pub tests: u64,
}

/// Where a job runs, which those of one pod share.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) disk: Disk,
    pub(crate) wall: Arc<Wall>,
    /// Told when the sidecar there is to die.
    pub(crate) sidecar_dies: Rc<Notify>,
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
    /// Bytes of that which were given away.
    pub given: Cell<usize>,
    /// Bytes of that which went to the recording, or to the sidecar.
    pub printed: Cell<usize>,
    /// Bytes of that which were made durable where they are to be.
    pub synced: Cell<u64>,
    /// Parts of that of which a sync failed.
    pub doubtful: RefCell<Vec<(u64, u64)>>,
    /// What the recording could not take.
    pub lost: RefCell<Vec<Lost>>,
    /// Where the first line ends that was printed after everything had gone wrong.
    pub fresh: Cell<Option<u64>>,
    /// Whether the output came to its end in order; `None` while it goes on.
    pub whole: Cell<Option<bool>>,
    /// Whether its machine lost its power.
    pub cut: Cell<bool>,
    /// Whether it is over before the others, and another follows it.
    pub passing: Cell<bool>,
    /// Whether its sidecar died, and with it what no other can send.
    pub gone: Cell<bool>,
    /// What became of its shipment, and which agent has it.
    pub shipped: RefCell<Option<(ShipOutcome, usize)>>,
    /// The files its output is in, where somebody rotates them.
    pub files: Option<files::Files>,
    pipe: Pipe,
    dir: PathBuf,
    chance: Chance,
    trace: Rc<Trace>,
    stop: watch::Sender<Stop>,
    sidecar_dies: Rc<Notify>,
    writer_dies: Notify,
    command_dies: Notify,
}

impl Job {
    /// A job that has not begun.
    #[must_use]
    pub fn new(plan: Plan, disk: Disk, wall: Wall, chance: Chance, trace: Rc<Trace>) -> Job {
        let epoch = format!("{:016x}{:016x}", chance.number(), chance.number());
        let identity = StreamIdentity {
            pod_uid: format!("pod-{}", plan.number),
            container: "tests".to_owned(),
            source: "capture".to_owned(),
            epoch,
            ..StreamIdentity::default()
        };
        let place = Place {
            disk,
            wall: Arc::new(wall),
            sidecar_dies: Rc::default(),
        };
        Job::of(plan, identity, place, chance, trace)
    }

    /// A job whose stream is this.
    pub(crate) fn of(
        plan: Plan,
        identity: StreamIdentity,
        place: Place,
        chance: Chance,
        trace: Rc<Trace>,
    ) -> Job {
        let dir = PathBuf::from(format!("/pod/{}", plan.number));
        let (path, runtime) = match plan.kind {
            Kind::Log(_) => {
                let dir = crate::pod::dir_of(&identity.pod_uid).join(&identity.container);
                let path = dir.join(format!("{}.log", identity.restart));
                (path, Some(chance.fork()))
            }
            _ => (dir.join("tests.log"), None),
        };
        let (rotation, room) = match plan.kind {
            Kind::File(rotation) | Kind::Log(rotation) => (Some(rotation), 0),
            Kind::Piped(room) | Kind::Stdin(room) => (None, room),
            _ => (None, 0),
        };
        let run_id = format!("run-{}", plan.run);
        let log = Log::wrapped(plan.format, plan.number, plan.failing, runtime).wordy(plan.words);
        Job {
            log: RefCell::new(log),
            files: rotation.map(|rotation| files::Files::new(place.disk.clone(), path, rotation)),
            pipe: Pipe::new(room),
            dir,
            plan,
            disk: place.disk,
            wall: place.wall,
            open: OpenStream {
                identity,
                run: RunContext {
                    run_id,
                    ..RunContext::default()
                },
                command: None,
            },
            given: Cell::new(0),
            printed: Cell::new(0),
            synced: Cell::new(0),
            doubtful: RefCell::default(),
            lost: RefCell::default(),
            fresh: Cell::new(None),
            whole: Cell::new(None),
            cut: Cell::new(false),
            passing: Cell::new(false),
            gone: Cell::new(false),
            shipped: RefCell::default(),
            chance,
            trace,
            stop: watch::Sender::new(Stop::No),
            sidecar_dies: place.sidecar_dies,
            writer_dies: Notify::new(),
            command_dies: Notify::new(),
        }
    }

    /// The agents' name for its stream.
    #[must_use]
    pub fn stream(&self) -> String {
        sentinel_agent::stream_id(&self.open.identity)
    }

    /// Its sidecar is killed, and with it the spool, if there is one, and whoever writes into a pipe to it.
    pub fn kill_sidecar(&self) {
        self.sidecar_dies.notify_one();
        if !self.plan.kind.is_followed() && self.plan.kind != Kind::Capture {
            self.kill_writer();
        }
    }

    /// What records its output is killed, and with it the command.
    pub fn kill_writer(&self) {
        self.writer_dies.notify_one();
    }

    /// Its command is killed, and with it what records its output, if that is its parent.
    pub fn kill_command(&self) {
        match self.plan.kind {
            Kind::Capture | Kind::Spool => self.kill_writer(),
            _ => self.command_dies.notify_one(),
        }
    }

    /// Its machine loses its power, and starts again. Files of others are not synced, and nobody could tell what is
    /// left of them: there only the sidecar dies.
    pub fn cut_power(&self) {
        if self.plan.kind.is_followed() {
            return self.kill_sidecar();
        }
        self.cut.set(true);
        self.kill_writer();
        self.sidecar_dies.notify_one();
        self.disk.cut_power();
    }

    /// Whether nothing more will come of it.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.gone.get() || self.shipped.borrow().is_some()
    }

    /// Up to where not everything is recorded any more.
    #[must_use]
    pub fn deleted_up_to(&self) -> u64 {
        let starts = segments::list(&self.disk, &self.dir).unwrap_or_default();
        let first = starts.first().copied().unwrap_or(0);
        let deleted = self.deleted().into_iter().map(|(_, to)| to);
        deleted.max().unwrap_or(0).max(first)
    }

    /// Whether its first lines stay, whatever is deleted, and with them what tells how its tests print.
    #[must_use]
    pub fn keeps_head(&self) -> bool {
        self.plan.limits.cap_bytes >= TIGHT && !self.cut.get()
    }

    /// Parts of the output whose recordings were deleted. A power cut may bring back an older one and not a younger.
    #[must_use]
    pub fn deleted(&self) -> Vec<(u64, u64)> {
        let start = |path: PathBuf| segments::segment_start(path.file_name()?.to_str()?);
        let gone = self.disk.deleted(&self.dir).into_iter().filter_map(start);
        let gone: BTreeSet<u64> = gone.collect();
        let there = segments::list(&self.disk, &self.dir).unwrap_or_default();
        let all: BTreeSet<u64> = there.into_iter().chain(gone.iter().copied()).collect();
        let next = |from: u64| all.range(from + 1..).next().copied().unwrap_or(from);
        gone.into_iter().map(|from| (from, next(from))).collect()
    }

    fn info(&self) -> StreamInfo {
        let format = match self.plan.kind {
            Kind::Capture => RAW,
            _ => RECORDS,
        };
        StreamInfo {
            format,
            epoch: self.open.identity.epoch.clone(),
            run_id: None,
            command: "tests".to_owned(),
            source: "capture".to_owned(),
            started_ms: 0,
            open: None,
            cap_bytes: None,
        }
    }

    fn pause(&self, most: u64) -> Duration {
        Duration::from_millis(self.chance.below(most))
    }
}
