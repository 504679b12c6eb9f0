//! The agent and the sidecar's shipping half inside this process, for the length of one run.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sentinel_agent::api::view::LiveRun;
use sentinel_agent::store::Reader;
use sentinel_agent::{Agent, Handle, Options, Sharing};
use sentinel_config::{AuthConfig, Config, TlsConfig};
use sentinel_parsers::wire::{OpenStream, RunContext, StreamIdentity};
use sentinel_sidecar::reading::{KeyFile, Reading};
use sentinel_sidecar::segments::StreamInfo;
use sentinel_sidecar::ship::{self, ShipOutcome, Stop};
use sentinel_sidecar::tail::{SegmentSource, Source};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::exit::Failure;
use crate::source::{KEY_FILE, told};

/// How long the rest of the output may take to be stored once the command has ended.
const DRAIN: Duration = Duration::from_secs(30);
/// How long a run whose stream is stored may take to be closed.
const SETTLE: Duration = Duration::from_secs(5);

/// An agent on a free loopback port and a place for the recording.
pub(super) struct Station {
    runtime: Runtime,
    agent: Handle,
    data: PathBuf,
    segments: PathBuf,
}

impl Station {
    /// Starts the agent on the data directory, which is made if it is missing.
    pub(super) fn start(config: &Config, data: &Path, run_id: &str) -> Result<Station, Failure> {
        std::fs::create_dir_all(data).map_err(|e| {
            let dir = data.display();
            Failure::usage(format!(
                "cannot keep data in {dir}: {e}; name another --data DIR"
            ))
        })?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|e| Failure::usage(format!("cannot start: {e}")))?;
        let options = Options {
            listen: Some(([127, 0, 0, 1], 0).into()),
            sharing: Sharing::Shared,
            ..Options::new(data.to_owned())
        };
        // Of the two halves in this process only: what the configuration says about an agent that
        // others reach has no meaning here.
        let mut private = config.clone();
        private.agent.auth = AuthConfig::default();
        private.agent.tls = TlsConfig::default();
        let agent = runtime
            .block_on(Agent::start(&private, options))
            .map_err(|e| Failure::usage(told(&e)))?;
        let name: String = run_id
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        let segments = data.join("segments").join(name);
        Ok(Station {
            runtime,
            agent,
            data: data.to_owned(),
            segments,
        })
    }

    /// Where the recording goes.
    pub(super) fn segments(&self) -> &Path {
        &self.segments
    }

    /// A reader of what is stored.
    pub(super) fn reader(&self) -> Result<Reader, Failure> {
        Reader::open(&self.data).map_err(|e| Failure::usage(told(&e)))
    }

    /// Starts sending the recording to the agent.
    pub(super) fn ship(
        &self,
        config: &Config,
        context: &RunContext,
        info: &StreamInfo,
    ) -> Result<Shipping<'_>, Failure> {
        let source = SegmentSource::open(&self.segments)
            .map_err(|e| Failure::usage(format!("cannot read {}: {e}", self.segments.display())))?;
        let open = OpenStream {
            identity: StreamIdentity {
                pod_uid: sentinel_sidecar::host_name(),
                container: "run".to_owned(),
                source: info.source.clone(),
                epoch: info.epoch.clone(),
                ..StreamIdentity::default()
            },
            run: context.clone(),
            command: Some(info.command.clone()),
        };
        let address = format!("http://{}", self.agent.addr());
        let mut sidecar = config.sidecar.clone();
        sidecar.token_file = None;
        let kept = self.data.join(KEY_FILE);
        let reading = Reading::new(config, KeyFile::Kept(&kept))
            .map_err(|e| Failure::usage(e.to_string()))?;
        let (stop, stopped) = watch::channel(Stop::No);
        let task = self.runtime.spawn(async move {
            let source = Source::Segments(source);
            ship::run(source, open, &address, &sidecar, &reading, stopped).await
        });
        Ok(Shipping {
            runtime: &self.runtime,
            task,
            stop,
        })
    }

    /// What goes on in the run right now, and the time.
    pub(super) fn live(&self, run_id: &str) -> Option<(LiveRun, i64)> {
        let live = self.runtime.block_on(self.agent.live(run_id))?;
        Some((live, sentinel_sidecar::clock::now_ms()))
    }

    /// Waits until the run is over in the store.
    pub(super) fn settle(&self, run_id: &str) {
        let start = Instant::now();
        while start.elapsed() < SETTLE {
            // Asks the core to look at the clock; a full queue only delays the answer.
            let _ = self.agent.tick();
            let run = sentinel_agent::api::read::run(self.agent.reader(), run_id);
            if run.ok().flatten().is_some_and(|run| run.status.is_over()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends the agent, and removes the recording if all of it is stored.
    pub(super) fn stop(self, delivered: bool) {
        self.runtime.block_on(self.agent.shutdown());
        if delivered {
            // What cannot be removed costs space and nothing else.
            let _ = std::fs::remove_dir_all(&self.segments);
        }
    }
}

/// The recording on its way to the agent.
pub(super) struct Shipping<'r> {
    runtime: &'r Runtime,
    task: JoinHandle<Result<ShipOutcome, ship::AddressError>>,
    stop: watch::Sender<Stop>,
}

impl Shipping<'_> {
    /// Waits for the end of the stream to be stored; what is missing, in one line.
    pub(super) fn finish(self) -> Option<String> {
        let Shipping {
            runtime,
            mut task,
            stop,
        } = self;
        let ended = runtime.block_on(async {
            if let Ok(ended) = tokio::time::timeout(DRAIN, &mut task).await {
                return ended;
            }
            // The receiver is gone only if the task has ended.
            let _ = stop.send(Stop::Now);
            task.await
        });
        match ended {
            Ok(Ok(outcome)) if outcome.complete => None,
            Ok(Ok(outcome)) => {
                let why = outcome
                    .trouble
                    .unwrap_or_else(|| "it took too long".to_owned());
                Some(format!(
                    "output after byte {} was not stored: {why}",
                    outcome.committed
                ))
            }
            Ok(Err(e)) => Some(format!("the output was not stored: {}", told(&e))),
            Err(e) => Some(format!("the output was not stored: {e}")),
        }
    }
}
