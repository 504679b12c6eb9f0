//! Reads pods that have no sidecar: asks the agent which, again and again, and ships each for as long as it is told to.
//!
//! The agent chooses, so that of two who could read a pod one does. Who stops, or is told nothing for a while, leaves
//! streams as they are: who comes next goes on at the agent's position.

mod api;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sentinel_config::SidecarConfig;
use sentinel_delivery::client::Client;
use sentinel_parsers::wire::{Collect, PodToRead, RunContext, ToRead};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

pub use api::{ApiLogs, api};

use crate::dial::AddressError;
use crate::pod::{self, Pod};
use crate::reading::Reading;
use crate::ship::{self, Stop};
use crate::tail::PodLogs;

/// Asking more often would tell nothing more.
const LEAST: Duration = Duration::from_millis(10);
/// The container that this program runs in wherever it is a sidecar.
const OWN: &str = "sentinel-sidecar";
/// How this way to the output is called.
const SOURCE: &str = "node";

/// The log files of a node's pods, as its kubelet keeps them.
#[derive(Clone, Debug)]
pub struct NodeLogs {
    /// The node, as the cluster calls it.
    pub node: String,
    /// Where they are: `/var/log/pods`.
    pub dir: PathBuf,
    /// Where to keep what is known of them, for the next start.
    pub state: Option<PathBuf>,
}

/// Ships the pods of a node that the agent says, for as long as somebody waits for it.
///
/// # Errors
/// When the address is malformed; not retryable. Everything else is retried.
pub async fn node(
    logs: &NodeLogs,
    agent: &str,
    config: &SidecarConfig,
    reading: &Reading,
    every: Duration,
) -> Result<(), AddressError> {
    let client = ship::client(agent, config)?;
    let ask = Collect {
        source: SOURCE.to_owned(),
        node: Some(logs.node.clone()),
    };
    if let Some(state) = &logs.state {
        forget_gone(state, &logs.dir);
    }
    let mut readers = Readers::default();
    ask_again(client, &ask, every, |told| {
        readers.look_after(told, |told, stop| {
            let (logs, agent) = (logs.clone(), agent.to_owned());
            let (config, reading) = (config.clone(), reading.clone());
            async move { read(&logs, told, &agent, (&config, &reading), stop).await }
        });
    })
    .await
}

/// Asks what to read, for as long as somebody waits for it.
async fn ask_again(
    mut client: Client,
    ask: &Collect,
    every: Duration,
    mut look_after: impl FnMut(ToRead),
) -> Result<(), AddressError> {
    let mut silent = false;
    loop {
        match client.collect(ask).await {
            Ok(told) => {
                silent = false;
                look_after(told);
            }
            // What is being read goes on.
            Err(error) if !silent => {
                tracing::warn!("the agent does not say what to read: {error}");
                silent = true;
            }
            Err(_) => {}
        }
        sleep(every.max(LEAST)).await;
    }
}

/// Pods that are being read, by uid.
#[derive(Debug, Default)]
struct Readers {
    stops: BTreeMap<String, watch::Sender<Stop>>,
    tasks: JoinSet<()>,
}

impl Readers {
    /// Begins with what is new, ends what is over, and leaves what was not told.
    fn look_after<F>(
        &mut self,
        told: ToRead,
        mut read: impl FnMut(PodToRead, watch::Receiver<Stop>) -> F,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        while self.tasks.try_join_next().is_some() {}
        // Who reads it has ended; if it is told all the same, there was nothing to read yet.
        self.stops.retain(|_, stop| !stop.is_closed());
        let listed: BTreeSet<&str> = told.pods.iter().map(|pod| pod.uid.as_str()).collect();
        for (uid, stop) in &self.stops {
            // One that is over ends by itself, and may just be about to hear that all of it is there.
            if !listed.contains(uid.as_str()) && *stop.borrow() == Stop::No {
                pod::say(stop, Stop::Now);
            }
        }
        for pod in told.pods {
            let over = pod.over;
            let stop = self.stops.entry(pod.uid.clone()).or_insert_with(|| {
                let (stop, stopped) = watch::channel(Stop::No);
                self.tasks.spawn(read(pod, stopped));
                stop
            });
            if over {
                pod::say(stop, Stop::AtEnd);
            }
        }
    }
}

/// Ships one pod until it is over, or not to be read any more.
async fn read(
    logs: &NodeLogs,
    told: PodToRead,
    agent: &str,
    (config, reading): (&SidecarConfig, &Reading),
    stop: watch::Receiver<Stop>,
) {
    let Some(dir) = dir_of(&logs.dir, &told) else {
        tracing::warn!(uid = told.uid, "a pod with such names has no logs");
        return;
    };
    let state = logs.state.as_ref().map(|state| state.join(&told.uid));
    // Without it a start after a rotation knows less, and nothing else.
    let state = state.filter(|state| fs::create_dir_all(state).is_ok());
    let pod = Pod {
        logs: PodLogs::new(
            &dir,
            told.containers.into_iter().map(|c| c.name).collect(),
            OWN,
        ),
        uid: told.uid,
        source: SOURCE,
        run: RunContext {
            run_id: told.run_id,
            ..RunContext::default()
        },
        state: state.clone(),
    };
    let shipped = pod::run(&pod, agent, config, reading, stop).await;
    let outcomes = shipped.unwrap_or_default();
    if let Some(state) = state
        && !outcomes.is_empty()
        && outcomes.iter().all(|outcome| outcome.complete)
    {
        // What is left costs a few hundred bytes until the next start.
        let _ = fs::remove_dir_all(state);
    }
}

/// The directory of a pod's logs. Its names come from elsewhere: none leads out of the directory of all.
fn dir_of(dir: &Path, pod: &PodToRead) -> Option<PathBuf> {
    let [namespace, name, uid] = names_of(pod)?;
    Some(dir.join(format!("{namespace}_{name}_{uid}")))
}

/// Namespace, name and uid, as parts of a path.
fn names_of(pod: &PodToRead) -> Option<[&String; 3]> {
    let words = [&pod.namespace, &pod.name, &pod.uid];
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-.".contains(&b);
    let good = |word: &&String| {
        !word.is_empty() && !word.starts_with('.') && word.bytes().all(fits) && word.len() <= 253
    };
    words.iter().all(good).then_some(words)
}

/// Forgets what is known of pods whose logs are gone.
fn forget_gone(state: &Path, dir: &Path) {
    let names = |dir: &Path| -> io::Result<Vec<String>> {
        let entries = fs::read_dir(dir)?.filter_map(Result::ok);
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        Ok(names.collect())
    };
    let (Ok(kept), Ok(there)) = (names(state), names(dir)) else {
        return;
    };
    let there: BTreeSet<&str> = there.iter().filter_map(|n| n.rsplit('_').next()).collect();
    for uid in kept.iter().filter(|uid| !there.contains(uid.as_str())) {
        // What cannot be removed costs space and nothing else.
        let _ = fs::remove_dir_all(state.join(uid));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(namespace: &str, name: &str, uid: &str) -> PodToRead {
        PodToRead {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            uid: uid.to_owned(),
            ..PodToRead::default()
        }
    }

    #[test]
    fn no_name_leads_out_of_the_directory() {
        let dir = Path::new("/var/log/pods");
        let wanted = dir.join("ci_tests-x.y_0b5c");
        assert_eq!(dir_of(dir, &pod("ci", "tests-x.y", "0b5c")), Some(wanted));
        for odd in ["", "..", ".x", "a/b", "a_b", "a\0b"] {
            assert_eq!(dir_of(dir, &pod(odd, "x", "u")), None, "{odd}");
            assert_eq!(dir_of(dir, &pod("ci", odd, "u")), None, "{odd}");
            assert_eq!(dir_of(dir, &pod("ci", "x", odd)), None, "{odd}");
        }
    }

    #[test]
    fn what_is_known_of_pods_that_are_gone_is_forgotten() {
        let root = tempfile::tempdir().unwrap();
        let (state, dir) = (root.path().join("state"), root.path().join("pods"));
        for path in [state.join("a1"), state.join("b2"), dir.join("ci_x_b2")] {
            fs::create_dir_all(path).unwrap();
        }
        forget_gone(&state, &dir);
        assert!(!state.join("a1").exists());
        assert!(state.join("b2").exists());
        // Nothing is known to be gone where nothing can be seen.
        forget_gone(&state, &root.path().join("nowhere"));
        assert!(state.join("b2").exists());
    }

    #[tokio::test]
    async fn what_is_not_told_any_more_is_left_and_what_is_over_is_ended() {
        let mut readers = Readers::default();
        let (said, mut heard) = tokio::sync::mpsc::channel(4);
        let told = |over: &[bool]| ToRead {
            pods: over
                .iter()
                .enumerate()
                .map(|(n, over)| PodToRead {
                    uid: format!("u{n}"),
                    over: *over,
                    ..PodToRead::default()
                })
                .collect(),
        };
        let read = |pod: PodToRead, mut stop: watch::Receiver<Stop>| {
            let said = said.clone();
            async move {
                let end = *stop.wait_for(|stop| *stop != Stop::No).await.unwrap();
                said.send((pod.uid, end)).await.unwrap();
            }
        };
        readers.look_after(told(&[false, false]), read);
        readers.look_after(told(&[false, false]), read);
        readers.look_after(told(&[true]), read);
        let mut ends = [heard.recv().await.unwrap(), heard.recv().await.unwrap()];
        ends.sort();
        let wanted = [("u0", Stop::AtEnd), ("u1", Stop::Now)];
        assert_eq!(ends, wanted.map(|(uid, end)| (uid.to_owned(), end)));
        // Told again, it is read again.
        while !readers.stops.values().all(watch::Sender::is_closed) {
            tokio::task::yield_now().await;
        }
        readers.look_after(told(&[true]), read);
        assert_eq!(heard.recv().await.unwrap().0, "u0");
    }
}
