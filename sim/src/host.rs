//! A machine with an agent: its process, which is killed and started again, and its database, which outlives it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hyper::body::Bytes;
use sentinel_agent::solo::{Broken, Database, Solo, Waiting};
use sentinel_config::Config;
use sentinel_core::Reply;
use sentinel_parsers::frame::FrameError;
use sentinel_parsers::wire::{OpenStream, Position};
use sentinel_sidecar::ship::policy::Answer;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

use crate::chance::Chance;
use crate::trace::Trace;
use crate::wall::AgentClock;

/// How long the core waits for a tick.
const TICK: Duration = Duration::from_secs(1);

/// What a sidecar asks of an agent.
#[derive(Clone, Debug)]
pub enum Request {
    /// To open a stream.
    Open(Box<OpenStream>),
    /// To take frames of a stream.
    Frames(String, Bytes),
}

/// How an agent dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// Its process is killed; what it wrote is there.
    Kill,
    /// The machine loses its power; what was not synced is not there.
    PowerCut,
    /// Killed, and its database is replaced by an older one.
    Restore,
}

/// A machine with an agent.
#[derive(Debug)]
pub struct Host {
    /// Which one, from 0.
    pub number: usize,
    /// Its clock.
    pub clock: Arc<AgentClock>,
    trace: Rc<Trace>,
    chance: Chance,
    config: Config,
    broken: Broken,
    solo: RefCell<Option<Solo>>,
    database: RefCell<Database>,
    /// How often it was started or died.
    life: Cell<u64>,
    work: Notify,
    dying: Notify,
    death: Cell<Option<(Death, Duration)>>,
    /// Whether its disk takes nothing.
    full: Cell<bool>,
    /// How far each stream was acknowledged, and whether to its end.
    promised: RefCell<BTreeMap<String, (u64, bool)>>,
    /// How far each was ever.
    told: RefCell<BTreeMap<String, u64>>,
    /// Copies of the database that somebody made.
    backups: RefCell<Vec<Vec<u8>>>,
    /// What of the database is on the disk, where a commit does not wait for it.
    written: RefCell<Option<Vec<u8>>>,
    /// Whether an older database was put in its place.
    pub restored: Cell<bool>,
}

impl Host {
    /// A machine on which an agent will be started.
    ///
    /// # Panics
    /// When SQLite cannot make a database in memory.
    #[must_use]
    pub fn new(
        number: usize,
        now_ms: i64,
        trace: Rc<Trace>,
        chance: Chance,
        broken: Broken,
    ) -> Host {
        static EMPTY: OnceLock<Vec<u8>> = OnceLock::new();
        // Migrations that work in every test, on a database that takes nothing of the system but memory.
        let empty = EMPTY.get_or_init(|| {
            let made = Database::new(None, Broken::default()).and_then(|made| made.image());
            made.expect("a database in memory")
        });
        let database = Database::new(Some(empty), broken).expect("a database in memory");
        Host {
            number,
            clock: Arc::new(AgentClock::new(now_ms)),
            trace,
            chance,
            config: Config::default(),
            broken,
            solo: RefCell::new(None),
            database: RefCell::new(database),
            life: Cell::new(0),
            work: Notify::new(),
            dying: Notify::new(),
            death: Cell::new(None),
            full: Cell::new(false),
            promised: RefCell::default(),
            told: RefCell::default(),
            backups: RefCell::default(),
            written: RefCell::new(broken.store_sync.then(|| empty.clone())),
            restored: Cell::new(false),
        }
    }

    /// Its database.
    #[must_use]
    pub fn database(&self) -> Database {
        self.database.borrow().clone()
    }

    /// Tells one life from another: connections end with it.
    #[must_use]
    pub fn life(&self) -> u64 {
        self.life.get()
    }

    /// Whether an agent runs.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.solo.borrow().is_some()
    }

    /// Ends its agent; another is started after a while.
    pub fn die(&self, death: Death, away: Duration) {
        // The dead do not die.
        if self.is_up() {
            self.death.set(Some((death, away)));
            self.dying.notify_one();
        }
    }

    /// How far it ever acknowledged a stream, whatever it has of it by now.
    #[must_use]
    pub fn told(&self, stream: &str) -> u64 {
        self.told.borrow().get(stream).copied().unwrap_or(0)
    }

    /// From now on its disk takes nothing, or something again.
    pub fn fill(&self, full: bool) {
        self.full.set(full);
    }

    /// Somebody copies the database.
    pub fn back_up(&self) {
        if let Ok(image) = self.database().image() {
            self.backups.borrow_mut().push(image);
        }
    }

    /// Starts agents, one after the other, for ever.
    pub async fn live(self: Rc<Self>) {
        loop {
            let database = self.database();
            self.clock.restart();
            let clock = Arc::clone(&self.clock);
            let solo = Solo::start(&self.config, clock, database, self.broken);
            self.check_promises();
            self.life.set(self.life.get() + 1);
            *self.solo.borrow_mut() = Some(solo);
            self.trace
                .note(format_args!("agent {} starts", self.number));
            tokio::select! {
                biased;
                () = self.dying.notified() => {}
                () = self.work() => {}
            }
            // Whoever waits for an answer gets none.
            *self.solo.borrow_mut() = None;
            self.life.set(self.life.get() + 1);
            let (death, away) = self.death.take().unwrap_or((Death::Kill, Duration::ZERO));
            self.trace
                .note(format_args!("agent {} dies: {death:?}", self.number));
            self.lose(death);
            sleep(away).await;
        }
    }

    /// Commits what waits, and tells the core every second that time passed.
    async fn work(&self) {
        let mut tick = Instant::now() + TICK;
        loop {
            tokio::select! {
                biased;
                () = sleep_until(tick) => {
                    tick += TICK;
                    self.with(Solo::tick);
                }
                () = self.work.notified() => {}
            }
            while self.with(|solo| solo.waiting()).unwrap_or(0) > 0 {
                // Now and then a disk is busy with something else.
                let slow = if self.chance.one_in(40) { 300 } else { 6 };
                sleep(Duration::from_millis(self.chance.below(slow))).await;
                if Instant::now() >= tick {
                    tick += TICK;
                    self.with(Solo::tick);
                }
                if self.full.get() {
                    continue;
                }
                let most = 1 + self.chance.index(64);
                if let Some(Err(error)) = self.with(|solo| solo.commit(most)) {
                    self.trace
                        .violation(format_args!("a commit failed: {error}"));
                    return std::future::pending().await;
                }
                self.write_back();
            }
        }
    }

    fn with<T>(&self, ask: impl FnOnce(&mut Solo) -> T) -> Option<T> {
        self.solo.borrow_mut().as_mut().map(ask)
    }

    /// Where commits do not wait for the disk, the system writes when it likes.
    fn write_back(&self) {
        let synchronous = self.database().is_synchronous().unwrap_or(false);
        if !synchronous && self.chance.one_in(8) {
            *self.written.borrow_mut() = self.database().image().ok();
        }
    }

    fn lose(&self, death: Death) {
        let database = self.database();
        let image = match death {
            Death::Kill => None,
            // With a synchronous database each commit is on the disk, and what was not committed is nowhere.
            Death::PowerCut if database.is_synchronous().unwrap_or(false) => None,
            Death::PowerCut => self.written.borrow().clone(),
            Death::Restore => {
                let backups = self.backups.borrow();
                let one = self.chance.index(backups.len());
                self.restored.set(!backups.is_empty());
                backups.get(one).cloned()
            }
        };
        if let Some(image) = image
            && let Ok(older) = Database::new(Some(&image), self.broken)
        {
            *self.database.borrow_mut() = older;
            if death == Death::Restore {
                // Whoever restores an older database takes back what was promised since.
                self.promised.borrow_mut().clear();
            }
        }
    }

    /// What was acknowledged is there after every death.
    pub fn check_promises(&self) {
        for (stream, promised) in &*self.promised.borrow() {
            let found = self.position(stream);
            if found < *promised {
                let number = self.number;
                self.trace.violation(format_args!(
                    "agent {number} acknowledged {promised:?} of {stream} and has {found:?}"
                ));
            }
        }
    }

    /// How far a stream is stored, and whether to its end.
    #[must_use]
    pub fn position(&self, stream: &str) -> (u64, bool) {
        let query = "SELECT committed, closed FROM streams WHERE stream = ?1";
        let found = self.database().read(|conn| {
            conn.prepare_cached(query)?
                .query_row([stream], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))
        });
        let (committed, closed) = found.unwrap_or((0, false));
        (u64::try_from(committed).unwrap_or(0), closed)
    }

    /// Answers a request as the server does; `None` when the agent is not there to the end.
    pub async fn serve(&self, request: Request) -> Option<Answer> {
        let life = self.life();
        if matches!(request, Request::Frames(..)) && self.full.get() && self.is_up() {
            return Some(Answer::Refused {
                status: 503,
                retry_after: Some(Duration::from_secs(1)),
            });
        }
        let (stream, waiting, trouble) = self.with(|solo| match request {
            Request::Open(open) => {
                let (stream, waiting) = solo.open(*open);
                (stream, vec![waiting], None)
            }
            Request::Frames(stream, body) => {
                let (waiting, trouble) = solo.frames(&stream, &body);
                (stream, waiting, trouble)
            }
        })?;
        self.work.notify_one();
        let answer = self.settled(&stream, waiting, trouble).await?;
        // Between the commit and the answer's last byte.
        sleep(Duration::from_millis(self.chance.below(3))).await;
        (self.life() == life).then_some(answer)
    }

    async fn settled(
        &self,
        stream: &str,
        waiting: Vec<Waiting>,
        trouble: Option<FrameError>,
    ) -> Option<Answer> {
        let mut last = None;
        for reply in waiting {
            last = Some(reply.await.ok().flatten()?);
        }
        let position = |committed, closed| Position {
            stream: stream.to_owned(),
            committed,
            closed,
        };
        match (trouble, last?) {
            (Some(FrameError::TooLarge { .. }), _) => Some(Answer::TooLarge),
            (Some(_), _) | (None, Reply::Refused(_)) => Some(Answer::Malformed),
            (
                None,
                Reply::At {
                    committed, closed, ..
                },
            ) => {
                let mut promised = self.promised.borrow_mut();
                let promise = promised.entry(stream.to_owned()).or_default();
                *promise = (*promise).max((committed, closed));
                let mut told = self.told.borrow_mut();
                let most = told.entry(stream.to_owned()).or_default();
                *most = (*most).max(committed);
                Some(Answer::Stored(position(committed, closed)))
            }
            (None, Reply::Hole { committed }) => Some(Answer::Conflict(position(committed, false))),
            (None, Reply::UnknownStream | Reply::ToRead(_)) => Some(Answer::Unknown),
        }
    }
}
