//! The agent in the caller's thread and time, for simulation: the same steps, the same rows, the same SQL, on a
//! database in memory. What it leaves out is what a simulation brings itself: sockets, threads, clock and disk.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use rusqlite::Connection;
use sentinel_config::Config;
use sentinel_core::{Input, Reply};
use sentinel_parsers::frame::{Frame, FrameError, Limits};
use sentinel_parsers::wire::OpenStream;
use tokio::sync::oneshot;

use crate::agent::settings;
use crate::clock::Clock;
use crate::ingest::stream_id;
use crate::restore::{Restorer, Stored};
use crate::steps::{Step, Steps};
use crate::store::sqlite::{Ids, group, in_memory};
use crate::store::{Batch, Recorded, Replayed, StoreError, Which, replay};
use crate::watch::Watch;

/// Waits for an answer; none comes when the agent dies before what it tells is durable.
pub type Waiting = oneshot::Receiver<Option<Reply>>;

/// The database, which outlives an agent that dies.
#[derive(Clone, Debug)]
pub struct Database(Arc<Mutex<Connection>>);

/// What is broken on purpose, to see whether a simulation finds it. Nothing but [`Solo`] knows these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Broken {
    /// What was taken before is taken again.
    pub dedupe: bool,
    /// Answers go before the commit.
    pub ack_order: bool,
    /// The database does not wait for the disk.
    pub store_sync: bool,
}

impl Database {
    /// An empty one, or what an image holds.
    ///
    /// # Errors
    /// As SQLite says.
    pub fn new(image: Option<&[u8]>, broken: Broken) -> Result<Database, StoreError> {
        let conn = in_memory(image)?;
        if broken.store_sync {
            conn.pragma_update(None, "synchronous", "OFF")?;
        }
        Ok(Database(Arc::new(Mutex::new(conn))))
    }

    /// All of it as bytes.
    ///
    /// # Errors
    /// As SQLite says.
    pub fn image(&self) -> Result<Vec<u8>, StoreError> {
        let mut conn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(conn.serialize(rusqlite::MAIN_DB)?.to_vec())
    }

    /// Whether a commit waits until the disk has it.
    ///
    /// # Errors
    /// As SQLite says.
    pub fn is_synchronous(&self) -> Result<bool, StoreError> {
        // FULL is 2; less does not sync the log at each commit.
        let level: i64 =
            self.read(|conn| conn.pragma_query_value(None, "synchronous", |row| row.get(0)))?;
        Ok(level >= 2)
    }

    /// Asks something of what is stored.
    ///
    /// # Errors
    /// As SQLite says.
    pub fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        // A query that panicked has changed nothing.
        let conn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(query(&conn)?)
    }
}

impl Stored for Database {
    fn replay(
        &self,
        which: Which<'_>,
        take: &mut dyn FnMut(Recorded),
    ) -> Result<Replayed, StoreError> {
        self.read(|conn| replay(conn, which, take))
    }
}

/// An agent.
pub struct Solo {
    steps: Steps,
    database: Database,
    ids: Ids,
    waiting: VecDeque<Batch>,
    ack_order: bool,
}

impl fmt::Debug for Solo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.waiting.len();
        f.debug_struct("Solo").field("waiting", &waiting).finish()
    }
}

impl Solo {
    /// Starts on a database, and takes up runs that were left open.
    #[must_use]
    pub fn start(
        config: &Config,
        clock: Arc<dyn Clock>,
        database: Database,
        broken: Broken,
    ) -> Solo {
        let watch = Arc::new(Watch::default());
        let restorer = Restorer::new(database.clone(), Arc::clone(&watch));
        let mut steps = Steps::new(settings(config), clock, restorer, watch);
        if broken.dedupe {
            steps.core.take_twice();
        }
        steps.resume();
        Solo {
            steps,
            database,
            ids: Ids::default(),
            waiting: VecDeque::new(),
            ack_order: broken.ack_order,
        }
    }

    /// Opens a stream; gives its name.
    pub fn open(&mut self, open: OpenStream) -> (String, Waiting) {
        let stream = stream_id(&open.identity);
        let input = Input::OpenStream {
            stream: stream.clone(),
            open,
        };
        (stream, self.take(Step::from(input)))
    }

    /// Takes the frames of a body in order, up to the first that cannot be read.
    pub fn frames(&mut self, stream: &str, body: &Bytes) -> (Vec<Waiting>, Option<FrameError>) {
        let (mut at, mut waiting) = (0, Vec::new());
        while at < body.len() {
            let (frame, length) = match Frame::decode(&body[at..], &Limits::default()) {
                Ok(decoded) => decoded,
                Err(error) => return (waiting, Some(error)),
            };
            let mut step = Step::from(Input::Frame {
                stream: stream.to_owned(),
                frame,
            });
            step.raw = Some(body.slice(at..at + length));
            waiting.push(self.take(step));
            at += length;
        }
        (waiting, None)
    }

    fn take(&mut self, mut step: Step) -> Waiting {
        let (answer, waiting) = oneshot::channel();
        step.answer = Some(answer);
        let mut batch = self.steps.step(step);
        if self.ack_order {
            batch.answer();
        }
        self.waiting.push_back(batch);
        waiting
    }

    /// Time passed.
    pub fn tick(&mut self) {
        self.waiting.extend(self.steps.tick());
    }

    /// Steps that wait to be made durable.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Makes as many steps durable in one transaction, and only then lets their answers go.
    ///
    /// # Errors
    /// As SQLite says; nothing is lost, and the same may be tried again.
    pub fn commit(&mut self, most: usize) -> Result<(), StoreError> {
        let most = most.min(self.waiting.len());
        let group: Vec<Batch> = self.waiting.drain(..most).collect();
        let mut conn = self
            .database
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let committed = group::write(&mut conn, &mut self.ids, &group);
        drop(conn);
        if let Err(error) = committed {
            self.ids.forget();
            for batch in group.into_iter().rev() {
                self.waiting.push_front(batch);
            }
            return Err(error);
        }
        for mut batch in group {
            self.steps.note_durable(batch.step);
            batch.answer();
        }
        Ok(())
    }
}
