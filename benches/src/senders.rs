//! Sidecars by the dozen in one process: the real client over recorded streams, each line timed from its writing to
//! the answer that says it is durable.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sentinel_config::SidecarConfig;
use sentinel_delivery::Bytes;
use sentinel_delivery::client::{Client, ClientError, Credentials};
use sentinel_delivery::policy::Answer;
use sentinel_parsers::wire::{OpenStream, RunContext};
use sentinel_sidecar::clock::SystemClock;
use sentinel_sidecar::identity::of_stream;
use sentinel_sidecar::random::SystemRng;
use sentinel_sidecar::reading::Reading;
use sentinel_sidecar::segments::{Limits, SegmentWriter, StreamInfo};
use sentinel_sidecar::ship::{self, Link, Rim, Stop};
use sentinel_sidecar::tail::{SegmentSource, Source};
use tokio::sync::watch;
use tokio::task::LocalSet;

/// Bytes of a segment, and of all of a stream.
const LIMITS: Limits = Limits {
    segment_bytes: 16 << 20,
    cap_bytes: 4 << 30,
};

/// What became of a stream's lines.
#[derive(Debug, Default)]
pub struct Account(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    /// Where lines end that are not acknowledged, and when they were written.
    waiting: VecDeque<(u64, Instant)>,
    /// From written to durable.
    took: Vec<Duration>,
    /// When something was asked of the agent, and when it answered, if it did.
    tries: Vec<Try>,
}

/// A request.
#[derive(Clone, Copy, Debug)]
pub struct Try {
    /// When it was begun.
    pub begun: Instant,
    /// When its answer came; `None` if none did.
    pub answered: Option<Instant>,
}

impl Account {
    fn lock(&self) -> MutexGuard<'_, Entries> {
        // Every change is made whole before the lock is given back.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wrote(&self, end: u64) {
        self.lock().waiting.push_back((end, Instant::now()));
    }

    fn note<E>(&self, begun: Instant, answer: &Result<Answer, E>) {
        let now = Instant::now();
        let mut entries = self.lock();
        entries.tries.push(Try {
            begun,
            answered: answer.is_ok().then_some(now),
        });
        if let Ok(Answer::Stored(position)) = answer {
            let durable = |(end, _): &(u64, Instant)| *end <= position.committed;
            while let Some((_, written)) = entries.waiting.pop_front_if(|line| durable(line)) {
                entries.took.push(now - written);
            }
        }
    }

    /// Lines that are not acknowledged.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    /// How long each acknowledged line took since this was last asked.
    #[must_use]
    pub fn take_times(&self) -> Vec<Duration> {
        std::mem::take(&mut self.lock().took)
    }

    /// All requests so far.
    #[must_use]
    pub fn tries(&self) -> Vec<Try> {
        self.lock().tries.clone()
    }
}

/// The real client, with an account of what it was told.
struct Timed {
    client: Client,
    account: Arc<Account>,
}

impl Link for Timed {
    type Error = ClientError;

    async fn open(&mut self, open: &OpenStream) -> Result<Answer, ClientError> {
        let begun = Instant::now();
        let answer = self.client.open(open).await;
        self.account.note(begun, &answer);
        answer
    }

    async fn frames(&mut self, stream: &str, body: Bytes) -> Result<Answer, ClientError> {
        let begun = Instant::now();
        let answer = self.client.frames(stream, body).await;
        self.account.note(begun, &answer);
        answer
    }
}

/// A stream that is recorded, to be sent by a sidecar of [`Senders`].
pub struct Recording {
    writer: SegmentWriter,
    dir: PathBuf,
    open: OpenStream,
    account: Arc<Account>,
}

impl Recording {
    /// Begins the stream of a run of its own.
    ///
    /// # Errors
    /// When the directory cannot be written.
    pub fn create(dir: &Path, run: &str) -> Result<Recording, String> {
        let info = StreamInfo::new("a command".to_owned(), Some(run.to_owned()));
        let writer = SegmentWriter::create(dir, &info, LIMITS);
        let writer = writer.map_err(|e| format!("{}: {e}", dir.display()))?;
        Ok(Recording {
            writer,
            dir: dir.to_owned(),
            open: OpenStream {
                identity: of_stream("capture", "run", &info.epoch),
                run: RunContext {
                    run_id: run.to_owned(),
                    ..RunContext::default()
                },
                command: None,
            },
            account: Arc::default(),
        })
    }

    /// Writes whole lines where its sidecar sees them, as one whose time is taken.
    pub fn write(&mut self, lines: &[u8]) {
        self.account.wrote(self.writer.total() + lines.len() as u64);
        self.writer.append(lines);
        self.writer.flush();
    }

    /// Bytes written.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.writer.total()
    }

    /// What became of its lines.
    #[must_use]
    pub fn account(&self) -> Arc<Account> {
        Arc::clone(&self.account)
    }

    /// Its epoch, which names it in a store.
    #[must_use]
    pub fn epoch(&self) -> String {
        self.open.identity.epoch.clone()
    }

    /// Where it is recorded.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Ends it as a command that went well.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn finish(self) -> Result<(), String> {
        let ended = self.writer.finish(Some(0), None);
        ended
            .map(drop)
            .map_err(|e| format!("{}: {e}", self.dir.display()))
    }
}

/// Sidecars that send recordings until these are whole at the agent, or they are dropped.
pub struct Senders {
    stop: Option<watch::Sender<Stop>>,
    thread: Option<JoinHandle<Result<(), String>>>,
    /// Told once by each stream that is whole.
    whole: mpsc::Receiver<()>,
    streams: usize,
}

impl Senders {
    /// Begins to send the recordings to the agent at this address.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        recordings: &[Recording],
        agent: &str,
        config: &SidecarConfig,
    ) -> Result<Senders, String> {
        let (stop, stopped) = watch::channel(Stop::No);
        let streams: Vec<_> = recordings
            .iter()
            .map(|r| (r.dir.clone(), r.open.clone(), r.account()))
            .collect();
        let (n, agent, config) = (streams.len(), agent.to_owned(), Arc::new(config.clone()));
        let (tell, whole) = mpsc::sync_channel(n);
        let thread = std::thread::Builder::new().name("senders".into());
        let thread = thread.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|e| e.to_string())?;
            let local = LocalSet::new();
            for (dir, open, account) in streams {
                let client = client(&agent, &config)?;
                let source = SegmentSource::open(&dir);
                let source = source.map_err(|e| format!("{}: {e}", dir.display()))?;
                let rim = Rim {
                    link: Timed { client, account },
                    clock: Arc::new(SystemClock),
                    rng: Arc::new(SystemRng),
                };
                let (config, stopped, tell) = (Arc::clone(&config), stopped.clone(), tell.clone());
                local.spawn_local(async move {
                    let (source, reading) = (Source::Segments(source), Reading::default());
                    let sent = ship::run_on(rim, source, open, &config, &reading, stopped).await;
                    if sent.is_ok_and(|outcome| outcome.complete) {
                        // Whoever waited may have given up.
                        let _ = tell.send(());
                    }
                });
            }
            drop((stopped, tell));
            runtime.block_on(local);
            Ok(())
        });
        Ok(Senders {
            stop: Some(stop),
            thread: Some(thread.map_err(|e| e.to_string())?),
            whole,
            streams: n,
        })
    }

    /// Waits until every stream is whole at the agent; all recordings must be finished.
    ///
    /// # Errors
    /// When they are not within that time, or a sender could not begin.
    pub fn all_whole(mut self, patience: Duration) -> Result<(), String> {
        let until = Instant::now() + patience;
        for done in 0..self.streams {
            let left = until.saturating_duration_since(Instant::now());
            if self.whole.recv_timeout(left).is_err() {
                return Err(format!("{done} of {} streams are whole", self.streams));
            }
        }
        self.end()
    }

    fn end(&mut self) -> Result<(), String> {
        if let Some(stop) = self.stop.take() {
            // Nobody listens any more if all are done.
            let _ = stop.send(Stop::Now);
        }
        let ended = self.thread.take().map(JoinHandle::join);
        ended.map_or(Ok(()), |ended| {
            ended.unwrap_or_else(|_| Err("a sender panicked".to_owned()))
        })
    }
}

impl Drop for Senders {
    fn drop(&mut self) {
        // What went wrong was told by the lines that did not arrive.
        let _ = self.end();
    }
}

fn client(agent: &str, config: &SidecarConfig) -> Result<Client, String> {
    let program = concat!("sentinel-sidecar/", env!("CARGO_PKG_VERSION"));
    let client = Client::new(
        agent,
        Credentials::default(),
        program,
        config.exchange_timeout,
    );
    client.map_err(|e| e.to_string())
}
