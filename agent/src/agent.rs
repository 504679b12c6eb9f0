//! Putting the parts together: store, core thread, server; starting them and stopping them in order.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use sentinel_config::{Config, Detection};
use sentinel_core::{Detect, Input, Notice, Reply, Settings};
use sentinel_parsers::frame;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, broadcast, oneshot, watch};

use crate::api::view::LiveRun;
use crate::app::{self, App, Bounds, router};
use crate::audit::Throttle;
use crate::auth::{Authenticate, Gate};
use crate::clock::{Clock, SystemClock};
use crate::data;
use crate::doors;
use crate::forward::{self, News};
use crate::restore::Restorer;
use crate::runtime::{self, Command, Door, Parts, SubmitError};
use crate::server::tls::Keys;
use crate::server::{self, Host};
use crate::start::StartError;
use crate::store::{Beside, DirLock, Grouping, Reader, Retention, Sharing, Writer, log, open};
use crate::watch::Watch;
use crate::webhooks::Webhooks;

/// Places of the core's queue for openings, positions and questions, besides those for frames.
const QUESTIONS: usize = 1_024;
/// Notices a slow view may lag behind before it misses some.
const NOTICES: usize = 1_024;

/// What the configuration does not say.
#[derive(Clone)]
pub struct Options {
    /// The data directory. It is made if only its last part is missing.
    pub data: PathBuf,
    /// Where to listen instead of `agent.listen`.
    pub listen: Option<SocketAddr>,
    /// Whether other processes may work on the data directory: [`Sharing::Exclusive`] for the
    /// daemon, which also takes up runs left open; [`Sharing::Shared`] for `sentinel run`.
    pub sharing: Sharing,
    /// Whether to listen beyond this machine although nobody has to prove who they are.
    pub open_to_network: bool,
    /// Whether to listen beyond this machine although what is said can be read and changed on its way.
    pub plain_to_network: bool,
    /// Whether it runs in a pod, and so watches the pod's cluster unless the configuration says otherwise.
    pub in_pod: bool,
    /// Who knows tokens besides the configuration.
    pub authenticators: Vec<Arc<dyn Authenticate>>,
    /// What tells the time.
    pub clock: Arc<dyn Clock>,
}

impl Options {
    /// The daemon's options for a data directory.
    #[must_use]
    pub fn new(data: PathBuf) -> Options {
        Options {
            data,
            listen: None,
            sharing: Sharing::Exclusive,
            open_to_network: false,
            plain_to_network: false,
            in_pod: false,
            authenticators: Vec::new(),
            clock: Arc::new(SystemClock::new()),
        }
    }
}

/// A way to start an agent inside any tokio runtime with I/O and time.
#[derive(Debug)]
pub struct Agent;

impl Agent {
    /// Opens the store, starts the threads and the server. Returns once requests are answered.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(config: &Config, options: Options) -> Result<Handle, StartError> {
        let address = options.listen.unwrap_or(config.agent.listen);
        let gate = doors::gate(config, &options);
        doors::check_reach(address, &gate, config, &options)?;
        let keys = doors::keys(config)?;
        let tls = keys.as_ref().map(Keys::acceptor).transpose()?;
        let webhooks = doors::webhooks(config, &options)?;
        // The port first: nothing is touched when another agent runs.
        let listener = server::listen(address);
        let listener = listener.and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (address, listener) =
            listener.map_err(|source| StartError::Listen { address, source })?;

        let injector = doors::injector(config, &options)?;
        let watch = Arc::new(Watch::default());
        let (notices, _) = broadcast::channel(NOTICES);
        let hub = doors::hub(config, &options)?;
        let news = hub.as_ref().map(|_| Arc::default());
        let store = Store::start(config, &options, &watch, &notices, news.clone())?;
        let app = app(config, &options, &store, (gate, webhooks), &watch);
        let (stop, stopping) = watch::channel(false);
        if let (Some(clients), Some(news)) = (hub, news) {
            let parts = forward::Parts {
                news,
                reader: Arc::clone(&store.reader),
                door: store.door.clone(),
                watch: Arc::clone(&watch),
            };
            forward::start(parts, &config.agent.forward, clients, &stopping);
        }
        let injector = doors::cluster(injector, config, &options, &store.door, &watch, &stopping);
        if let Some(keys) = keys {
            let (every, watch) = (config.agent.tls.reload, Arc::clone(&watch));
            tokio::spawn(doors::look_after(keys, every, watch, stopping.clone()));
        }
        let limits = doors::limits(config, &options);
        let host = Host::new(router(app), limits, tls, Arc::clone(&watch));
        let host = Arc::new(host);
        let serving = server::serve(listener, Arc::clone(&host), stopping);
        Ok(Handle {
            address,
            injector,
            stop,
            serving: tokio::spawn(serving),
            host,
            store,
            watch,
            notices,
        })
    }
}

fn app(
    config: &Config,
    options: &Options,
    store: &Store,
    (gate, webhooks): (Gate, Webhooks),
    watch: &Arc<Watch>,
) -> Arc<App> {
    let in_flight = usize::try_from(config.agent.max_in_flight).unwrap_or(usize::MAX);
    let bounds = bounds(config);
    let (bodies, frames) = App::pools(in_flight, config.agent.queue, bounds.body);
    Arc::new(App {
        door: store.door.clone(),
        reader: Arc::clone(&store.reader),
        watch: Arc::clone(watch),
        bounds,
        role: config.agent.role,
        clock: Arc::clone(&options.clock),
        gate,
        bodies,
        frames,
        requests: Arc::default(),
        throttle: Throttle::default(),
        webhooks,
        questions: Semaphore::new(app::QUESTIONS),
    })
}

fn bounds(config: &Config) -> Bounds {
    let bytes = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    Bounds {
        requests: config.agent.max_requests_per_stream,
        turn: config.agent.turn_timeout,
        body: bytes(config.agent.max_body),
        inflated: bytes(config.agent.max_inflated),
        body_pause: config.agent.body_timeout,
        request: config.agent.request_timeout,
        frame: frame::Limits::default(),
    }
}

/// The threads behind the server.
struct Store {
    door: Door,
    core: JoinHandle<()>,
    writer: Writer,
    reader: Arc<Reader>,
    /// Held as long as anything may be written.
    lock: DirLock,
    dir: PathBuf,
    sharing: Sharing,
}

impl Store {
    fn start(
        config: &Config,
        options: &Options,
        watch: &Arc<Watch>,
        notices: &broadcast::Sender<Notice>,
        news: Option<Arc<News>>,
    ) -> Result<Store, StartError> {
        let dir = &options.data;
        data::prepare(dir)?;
        let lock = DirLock::take(dir, options.sharing)?;
        let stays = options.sharing == Sharing::Exclusive;
        if log::was_left_open(dir, stays)
            && let Some(why) = log::lost_log(dir)
        {
            watch.log_lost(why);
        }
        let mut opened = open(dir, config.store.busy_timeout)?;
        if let Some(quarantine) = opened.quarantine.take() {
            watch.quarantined(quarantine);
        }
        let reader = Arc::new(Reader::open(dir)?);
        let grouping = Grouping {
            frames: config.store.commit_batch,
            collect: config.store.commit_interval,
        };
        let (batches, writer) = Writer::start(
            opened,
            grouping,
            Arc::clone(&reader),
            Arc::clone(watch),
            notices.clone(),
            beside(config, options, news),
        )
        .map_err(StartError::Thread)?;
        let (door, core) = runtime::start(Parts {
            settings: settings(config),
            clock: Arc::clone(&options.clock),
            batches,
            restorer: Restorer::new(Arc::clone(&reader), Arc::clone(watch)),
            watch: Arc::clone(watch),
            // Room is kept for what is not a frame.
            queue: config.agent.queue.saturating_add(QUESTIONS),
            resume: options.sharing == Sharing::Exclusive,
        })
        .map_err(StartError::Thread)?;
        Ok(Store {
            door,
            core,
            writer,
            reader,
            lock,
            dir: dir.clone(),
            sharing: options.sharing,
        })
    }

    /// Ends core and writer after everything queued so far is durable.
    fn stop(self) {
        self.writer.hurry();
        self.door.stop();
        if self.core.join().is_err() {
            tracing::error!("the core thread panicked");
        }
        self.writer.join();
        if self.sharing == Sharing::Exclusive {
            log::closed(&self.dir);
        }
        drop(self.lock);
    }
}

/// A run's own agent deletes nothing: the directory is not its alone.
fn beside(config: &Config, options: &Options, news: Option<Arc<News>>) -> Beside {
    let clock = Arc::clone(&options.clock);
    let retention = Retention::new(clock, config.store.retain, news.is_some());
    Beside {
        retention: (options.sharing == Sharing::Exclusive).then_some(retention),
        news,
    }
}

/// What the core is told of the configuration.
pub(crate) fn settings(config: &Config) -> Settings {
    Settings {
        run: config.run.clone(),
        rules: config.rules.clone(),
        pipelines: config.pipelines.clone(),
        detect: match config.kubernetes.detect {
            Detection::Labelled => Detect::Labelled,
            Detection::All => Detect::All,
        },
        limits: sentinel_core::Limits {
            runs: config.agent.max_runs,
            streams_per_run: config.agent.max_streams_per_run,
            ledger_bytes: usize::try_from(config.agent.max_ledgers).unwrap_or(usize::MAX),
            ..sentinel_core::Limits::default()
        },
    }
}

/// A running agent.
pub struct Handle {
    address: SocketAddr,
    injector: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    serving: tokio::task::JoinHandle<()>,
    host: Arc<Host>,
    store: Store,
    watch: Arc<Watch>,
    notices: broadcast::Sender<Notice>,
}

impl Handle {
    /// Where it listens, with the port the system chose if none was asked for.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Where the API server asks what to inject, if it may.
    #[must_use]
    pub fn injector(&self) -> Option<SocketAddr> {
        self.injector
    }

    /// Serves a connection that came some other way than over its socket, as for a fuzzer, to its end.
    pub async fn converse<S>(&self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.host.converse(stream).await;
    }

    /// Reads what is stored.
    #[must_use]
    pub fn reader(&self) -> &Reader {
        &self.store.reader
    }

    /// Its counters and troubles.
    #[must_use]
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// What is going on in a run right now; `None` if no such run is in memory or the agent is too
    /// busy to say.
    pub async fn live(&self, run_id: &str) -> Option<LiveRun> {
        let (answer, view) = oneshot::channel();
        let run_id = run_id.to_owned();
        self.store
            .door
            .send(Command::Live { run_id, answer })
            .ok()?;
        view.await.ok()?
    }

    /// Changes of runs and anomalies, from now on, once they are durable.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    /// Tells the core something that does not come over HTTP; resolves once it is durable.
    /// The reply is `None` for inputs that have none.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub async fn tell(&self, input: Input) -> Result<Option<Reply>, SubmitError> {
        let reply = self.store.door.submit(input)?;
        Ok(reply.await.ok().flatten())
    }

    /// Tells the core that time passed, without waiting for the next second.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub fn tick(&self) -> Result<(), SubmitError> {
        self.store.door.send(Command::Tick)
    }

    /// Stops accepting, lets requests finish, makes everything taken durable, and ends.
    pub async fn shutdown(self) {
        // Nobody listens any more if the server ended by itself.
        let _ = self.stop.send(true);
        if self.serving.await.is_err() {
            tracing::error!("the server panicked");
        }
        let store = self.store;
        if tokio::task::spawn_blocking(move || store.stop())
            .await
            .is_err()
        {
            tracing::error!("the store did not stop cleanly");
        }
    }
}
