//! The watch: one list and one watch per kind and process, whose objects are trimmed at the door and told to the core.
//!
//! What streams bring goes on whatever becomes of the API server: its silence is shown as a part that does not work.

use std::sync::Arc;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use sentinel_config::{KubernetesConfig, Role, Watching};
use sentinel_core::Input;
use sentinel_core::fact::Fact;
use sentinel_delivery::random;
use tokio::sync::watch::Receiver;

use super::follow::{Follower, Tell, Times, escaped};
use super::kind::{KINDS, Kind};
use super::pace::Pace;
use crate::runtime::{Command, Door, SubmitError};
use crate::steps::Step;
use crate::watch::Watch;

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

/// Whose cluster's objects are watched.
pub(crate) struct Place {
    pub(crate) role: Role,
    /// What the node is called in the cluster, as far as that is known.
    pub(crate) node: Option<String>,
    pub(crate) in_pod: bool,
}

/// Starts watching, if that is wanted.
pub(crate) fn start(config: &KubernetesConfig, place: Place, parts: Parts) {
    let wanted = match config.watch {
        Watching::Off => false,
        Watching::Auto => place.in_pod,
        Watching::On => true,
    };
    if wanted {
        tokio::spawn(watch_cluster(config.clone(), place, parts));
    }
}

async fn watch_cluster(config: KubernetesConfig, place: Place, mut parts: Parts) {
    let asked = KINDS.iter().filter_map(|kind| {
        let target = target(kind, &config, &place)?;
        Some((kind, target))
    });
    let asked: Vec<(&'static Kind, String)> = asked.collect();
    for (kind, _) in &asked {
        parts.watch.cluster_unknown(kind.name, "not listed yet");
    }
    if place.role == Role::Node && place.node.is_none() {
        let why = "agent.forward.node does not say which node of the cluster this is";
        parts.watch.cluster_unknown("pods", why);
        return;
    }
    let client = loop {
        match client(&config).await {
            Ok(client) => break client,
            Err(why) => {
                for (kind, _) in &asked {
                    parts.watch.cluster_unknown(kind.name, &why);
                }
            }
        }
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            _ = parts.stopping.wait_for(|stop| *stop) => return,
        }
    };
    let times = times(&config, place.role);
    for (kind, target) in asked {
        let follower = Follower::new(
            (kind, client.clone(), target),
            times,
            Pace::new(random::number),
            Arc::clone(&parts.watch),
            Core(parts.door.clone()),
        );
        let mut stopping = parts.stopping.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = follower.follow() => {}
                _ = stopping.wait_for(|stop| *stop) => {}
            }
        });
    }
}

/// Only nodes are so many that their first lists must not come at once.
fn times(config: &KubernetesConfig, role: Role) -> Times {
    Times {
        spread: match role {
            Role::Node => config.spread,
            _ => Duration::ZERO,
        },
        relist: config.relist,
        watch: config.watch_timeout,
    }
}

/// Path and selector, up to where further parameters follow; `None` for what is not watched.
fn target(kind: &Kind, config: &KubernetesConfig, place: &Place) -> Option<String> {
    let namespace = config.namespace.as_deref();
    // Whoever may see one namespace may not see nodes.
    if !kind.namespaced && namespace.is_some() {
        return None;
    }
    let path = kind.path(namespace);
    if place.role != Role::Node {
        return Some(format!("{path}?"));
    }
    let field = kind.of_node?;
    let node = place.node.as_deref().unwrap_or_default();
    let selector = escaped(&format!("{field}={node}"));
    Some(format!("{path}?fieldSelector={selector}&"))
}

/// A client for the cluster that the configuration means.
pub(crate) async fn client(config: &KubernetesConfig) -> Result<Client, String> {
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

/// The core, by its queue.
struct Core(Door);

impl Tell for Core {
    /// Waits for room in the queue: the cluster's word may come late, but not be lost.
    async fn tell(&mut self, fact: Fact) {
        let step = || Command::Step(Box::new(Step::from(Input::Fact(fact.clone()))));
        while self.0.send(step()) == Err(SubmitError::Busy) {
            tokio::time::sleep(ROOM).await;
        }
    }
}
