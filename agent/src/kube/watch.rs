//! The watch: one list and one watch per kind, whose objects are trimmed at the door and told to the core.
//!
//! What streams bring goes on whatever becomes of the API server: its silence is shown as a part that does not work.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use kube::api::{Api, DynamicObject};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::runtime::watcher::{self, Event};
use kube::runtime::{WatchStreamExt, watcher as watch_objects};
use kube::{Client, Config};
use sentinel_config::{KubernetesConfig, Watching};
use sentinel_core::Input;
use sentinel_core::fact::Fact;
use serde_json::Value;
use tokio::sync::watch::Receiver;

use super::kind::{KINDS, Kind};
use crate::runtime::{Command, Door, SubmitError};
use crate::steps::Step;
use crate::watch::Watch;

/// Objects asked for at once: the API server answers lists of any length, and takes its time for them.
const PAGE: u32 = 500;
/// How long to wait for room in the core's queue, which streams fill as well.
const ROOM: Duration = Duration::from_millis(10);
/// How long to wait before the cluster's address and credentials are looked for again.
const AGAIN: Duration = Duration::from_secs(10);

/// What a watch works with.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) door: Door,
    pub(crate) watch: Arc<Watch>,
    pub(crate) stopping: Receiver<bool>,
}

/// Starts watching, if that is wanted.
pub(crate) fn start(config: &KubernetesConfig, in_pod: bool, parts: Parts) {
    let wanted = match config.watch {
        Watching::Off => false,
        Watching::Auto => in_pod,
        Watching::On => true,
    };
    if wanted {
        tokio::spawn(watch_cluster(config.clone(), parts));
    }
}

async fn watch_cluster(config: KubernetesConfig, mut parts: Parts) {
    for kind in KINDS {
        parts.watch.cluster_unknown(kind.name, "not listed yet");
    }
    let client = loop {
        match client(&config).await {
            Ok(client) => break client,
            Err(why) => {
                for kind in KINDS {
                    parts.watch.cluster_unknown(kind.name, &why);
                }
            }
        }
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            _ = parts.stopping.wait_for(|stop| *stop) => return,
        }
    };
    for kind in KINDS {
        let one = config.namespace.as_deref();
        // Whoever may see one namespace may not see nodes.
        if !kind.namespaced && one.is_some() {
            parts.watch.cluster_known(kind.name);
            continue;
        }
        let resource = kind.resource();
        let api: Api<DynamicObject> = match one.filter(|_| kind.namespaced) {
            Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
            None => Api::all_with(client.clone(), &resource),
        };
        tokio::spawn(watch_kind(kind, api, parts.clone()));
    }
}

/// A client for the cluster that the configuration means.
pub(super) async fn client(config: &KubernetesConfig) -> Result<Client, String> {
    let found = match &config.kubeconfig {
        Some(path) => {
            let read = Kubeconfig::read_from(path).map_err(|e| e.to_string())?;
            let options = KubeConfigOptions::default();
            let config = Config::from_custom_kubeconfig(read, &options).await;
            config.map_err(|e| e.to_string())?
        }
        None => Config::infer().await.map_err(|e| e.to_string())?,
    };
    Client::try_from(found).map_err(|e| e.to_string())
}

async fn watch_kind(kind: &'static Kind, api: Api<DynamicObject>, mut parts: Parts) {
    let config = watcher::Config::default().page_size(PAGE);
    let events = watch_objects(api, config).default_backoff();
    let mut stopping = parts.stopping.clone();
    let seen = Seen {
        kind,
        parts: &mut parts,
        known: HashSet::new(),
        listed: HashSet::new(),
    };
    tokio::select! {
        () = seen.follow(events) => {}
        _ = stopping.wait_for(|stop| *stop) => {}
    }
}

/// What was seen of one kind, by uid or name.
struct Seen<'a> {
    kind: &'static Kind,
    parts: &'a mut Parts,
    known: HashSet<String>,
    /// By the list that is under way.
    listed: HashSet<String>,
}

impl Seen<'_> {
    async fn follow(mut self, events: impl Stream<Item = watcher::Result<Event<DynamicObject>>>) {
        let mut events = std::pin::pin!(events);
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => self.take(event).await,
                Err(error) => {
                    let why = error.to_string();
                    tracing::debug!(kind = self.kind.name, why, "the watch broke");
                    self.parts.watch.cluster_errors.one();
                    self.parts.watch.cluster_unknown(self.kind.name, &why);
                }
            }
        }
    }

    async fn take(&mut self, event: Event<DynamicObject>) {
        match event {
            Event::Init => self.listed.clear(),
            Event::InitApply(object) => {
                if let Some((key, fact)) = self.trim(object) {
                    self.listed.insert(key);
                    self.tell(fact).await;
                }
            }
            Event::InitDone => {
                // What is not listed any more went while nobody watched.
                let listed = std::mem::take(&mut self.listed);
                let known = std::mem::replace(&mut self.known, listed);
                let gone: Vec<String> = known.difference(&self.known).cloned().collect();
                for key in gone {
                    self.tell((self.kind.gone)(key)).await;
                }
                self.parts.watch.cluster_known(self.kind.name);
            }
            Event::Apply(object) => {
                if let Some((key, fact)) = self.trim(object) {
                    self.known.insert(key);
                    self.tell(fact).await;
                }
                self.parts.watch.cluster_known(self.kind.name);
            }
            Event::Delete(object) => {
                // A deletion comes with the last state, which may say how it ended.
                if let Some((key, fact)) = self.trim(object) {
                    self.known.remove(&key);
                    self.tell(fact).await;
                    self.tell((self.kind.gone)(key)).await;
                }
            }
        }
    }

    fn trim(&self, mut object: DynamicObject) -> Option<(String, Fact)> {
        object.metadata.managed_fields = None;
        let object: Value = serde_json::to_value(object).ok()?;
        (self.kind.trim)(&object)
    }

    /// Waits for room in the queue: the cluster's word may come late, but not be lost.
    async fn tell(&self, fact: Fact) {
        self.parts.watch.cluster_facts.one();
        let step = || Command::Step(Box::new(Step::from(Input::Fact(fact.clone()))));
        while self.parts.door.send(step()) == Err(SubmitError::Busy) {
            tokio::time::sleep(ROOM).await;
        }
    }
}
