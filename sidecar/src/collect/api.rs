//! Pods read through the logs API: each start of each container is a stream, told by the agent which is the latest.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use sentinel_config::SidecarConfig;
use sentinel_delivery::client::Credentials;
use sentinel_delivery::fetch::Fetcher;
use sentinel_parsers::wire::{Collect, OpenStream, PodToRead, RunContext, ToRead};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{ask_again, names_of};
use crate::dial::AddressError;
use crate::identity::of_attempt;
use crate::pod;
use crate::reading::Reading;
use crate::ship::{self, Stop};
use crate::tail::{ApiSource, Source, Stage, Word};

/// How this way to the output is called.
const SOURCE: &str = "api";
/// Earlier starts of a container of which it is told that they are lost.
const MISSED: u32 = 64;

/// The logs API, and what it takes to ask there.
#[derive(Clone, Debug)]
pub struct ApiLogs {
    /// The API server.
    pub server: String,
    /// File with the token of an account that may read logs.
    pub token_file: Option<PathBuf>,
    /// File with the certificates of those who may vouch for the server.
    pub ca_file: Option<PathBuf>,
    /// Where to keep what is known of logs, for the next start.
    pub state: Option<PathBuf>,
}

/// Ships the pods that the agent says, for as long as somebody waits for it.
///
/// # Errors
/// When an address is malformed; not retryable. Everything else is retried.
pub async fn api(
    logs: &ApiLogs,
    agent: &str,
    config: &SidecarConfig,
    reading: &Reading,
    every: Duration,
) -> Result<(), AddressError> {
    let client = ship::client(agent, config)?;
    let credentials = Credentials {
        token_file: logs.token_file.as_deref(),
        ca_file: logs.ca_file.as_deref(),
    };
    let program = concat!("sentinel-sidecar/", env!("CARGO_PKG_VERSION"));
    let mut streams = Streams {
        fetcher: Fetcher::new(&logs.server, credentials, program)?,
        state: logs.state.clone(),
        agent: agent.to_owned(),
        config: config.clone(),
        reading: reading.clone(),
        asked: 0,
        open: BTreeMap::new(),
        done: BTreeSet::new(),
        tasks: JoinSet::new(),
    };
    let ask = Collect {
        source: SOURCE.to_owned(),
        node: None,
    };
    ask_again(client, &ask, every, |told| streams.look_after(&told)).await
}

/// A start of a container of a pod.
type Start = (String, String, u32);

/// A start that is being read.
struct Open {
    word: watch::Sender<Word>,
    stop: watch::Sender<Stop>,
}

struct Streams {
    fetcher: Fetcher,
    state: Option<PathBuf>,
    agent: String,
    config: SidecarConfig,
    reading: Reading,
    asked: u64,
    open: BTreeMap<Start, Open>,
    /// Starts that the agent has all of, of pods that it still tells.
    done: BTreeSet<Start>,
    tasks: JoinSet<Option<Start>>,
}

impl Streams {
    /// Begins with what is new, tells each start how it stands, and leaves what was not told.
    fn look_after(&mut self, told: &ToRead) {
        self.asked += 1;
        while let Some(ended) = self.tasks.try_join_next() {
            self.done.extend(ended.ok().flatten());
        }
        self.open.retain(|_, open| !open.stop.is_closed());
        let listed: BTreeSet<&str> = told.pods.iter().map(|pod| pod.uid.as_str()).collect();
        self.done.retain(|(uid, ..)| listed.contains(uid.as_str()));
        for ((uid, ..), open) in &self.open {
            // One that is over ends by itself, and may just be about to hear that all of it is there.
            let over = open.word.borrow().stage == Stage::Over;
            if !listed.contains(uid.as_str()) && !over {
                pod::say(&open.stop, Stop::Now);
            }
        }
        for pod in &told.pods {
            if names_of(pod).is_none() {
                tracing::warn!(uid = pod.uid, "a pod with such names has no logs");
                continue;
            }
            for container in &pod.containers {
                let last = container.restarts;
                for restart in last.saturating_sub(MISSED)..=last {
                    let stage = match last - restart {
                        0 if pod.over => Stage::Over,
                        0 => Stage::Latest,
                        1 => Stage::Before,
                        _ => Stage::Gone,
                    };
                    self.tell(
                        pod,
                        (pod.uid.clone(), container.name.clone(), restart),
                        stage,
                    );
                }
            }
        }
    }

    fn tell(&mut self, pod: &PodToRead, start: Start, stage: Stage) {
        if self.done.contains(&start) {
            return;
        }
        let word = Word {
            stage,
            asked: self.asked,
        };
        match self.open.get(&start) {
            Some(open) => {
                open.word.send_replace(word);
            }
            None => {
                let open = self.begin(pod, &start, word);
                self.open.insert(start, open);
            }
        }
    }

    fn begin(&mut self, pod: &PodToRead, start: &Start, word: Word) -> Open {
        let (uid, container, restart) = start;
        let open = OpenStream {
            identity: of_attempt(SOURCE, uid, container, *restart),
            run: RunContext {
                run_id: pod.run_id.clone(),
                ..RunContext::default()
            },
            command: None,
        };
        // Without it a start after a rotation knows less, and nothing else.
        let state = self.state.as_ref();
        let state = state.filter(|state| fs::create_dir_all(state).is_ok());
        let checkpoint = state.map(|state| state.join(format!("{}.json", open.identity.epoch)));
        let (word, told) = watch::channel(word);
        let (stop, stopped) = watch::channel(Stop::No);
        let (namespace, name) = (&pod.namespace, &pod.name);
        let path = format!("/api/v1/namespaces/{namespace}/pods/{name}/log?container={container}");
        let source = ApiSource::new(self.fetcher.clone(), path, told, checkpoint.clone());
        let source = Source::Api(Box::new(source));
        let (agent, start) = (self.agent.clone(), start.clone());
        let (config, reading) = (self.config.clone(), self.reading.clone());
        self.tasks.spawn(async move {
            let shipped = ship::run(source, open, &agent, &config, &reading, stopped).await;
            let complete = shipped.is_ok_and(|outcome| outcome.complete);
            if complete && let Some(checkpoint) = checkpoint {
                // What is left costs a few hundred bytes.
                let _ = fs::remove_file(checkpoint);
            }
            complete.then_some(start)
        });
        Open { word, stop }
    }
}
