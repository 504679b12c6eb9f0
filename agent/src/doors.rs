//! The agent's doors: who has to prove who it is, how far it may be reached, how it proves who it is
//! itself, and how many fit in.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sentinel_config::{Config, KubernetesConfig, Role};
use sentinel_delivery::client::Client;
use sentinel_delivery::dial::AddressError;
use tokio::sync::watch;

use crate::agent::Options;
use crate::auth::{Gate, Review, ServiceAccounts, StaticTokens};
use crate::forward;
use crate::runtime::Door;
use crate::server::tls::{Keys, TlsError};
use crate::server::{self, descriptors};
use crate::start::StartError;
use crate::store::Sharing;
use crate::watch::Watch;
use crate::webhooks::{SecretError, Webhooks};

/// Who has to prove who it is, and to whom.
pub(crate) fn gate(config: &Config, options: &Options) -> Gate {
    let mut authenticators = options.authenticators.clone();
    if !config.agent.auth.tokens.is_empty() {
        authenticators.push(Arc::new(StaticTokens::new(&config.agent.auth.tokens)));
    }
    let accounts = &config.agent.auth.service_accounts;
    if let Some(audience) = &accounts.audience {
        let clock = Arc::clone(&options.clock);
        let known = ServiceAccounts::new(audience, accounts, review(&config.kubernetes), clock);
        authenticators.push(Arc::new(known));
    }
    Gate::new(authenticators)
}

/// Who is asked about tokens of Kubernetes.
#[cfg(feature = "kubernetes")]
fn review(config: &KubernetesConfig) -> Arc<dyn Review> {
    Arc::new(crate::kube::review::ApiServer::new(config))
}

/// Nobody can be asked by an agent that was built without Kubernetes, so nobody comes in.
#[cfg(not(feature = "kubernetes"))]
fn review(_config: &KubernetesConfig) -> Arc<dyn Review> {
    Arc::new(crate::auth::Nobody)
}

/// Refuses to be reached from other machines by anybody, or in the clear, unless that is meant.
pub(crate) fn check_reach(
    address: SocketAddr,
    gate: &Gate,
    config: &Config,
    options: &Options,
) -> Result<(), StartError> {
    if address.ip().is_loopback() {
        return Ok(());
    }
    if gate.is_open() && !options.open_to_network {
        return Err(StartError::OpenToNetwork(address));
    }
    if config.agent.tls.certificate.is_none() && !options.plain_to_network {
        return Err(StartError::PlainToNetwork(address));
    }
    Ok(())
}

/// Certificate and key, if there are any.
pub(crate) fn keys(config: &Config) -> Result<Option<Arc<Keys>>, TlsError> {
    let tls = &config.agent.tls;
    match (&tls.certificate, &tls.key) {
        (Some(certificate), Some(key)) => Ok(Some(Arc::new(Keys::read(certificate, key)?))),
        _ => Ok(None),
    }
}

/// Who may say what happens to runs. A run's own agent is told by nobody.
pub(crate) fn webhooks(config: &Config, options: &Options) -> Result<Webhooks, SecretError> {
    match options.sharing {
        Sharing::Exclusive => Webhooks::new(&config.webhooks),
        Sharing::Shared => Ok(Webhooks::off()),
    }
}

/// The way to the hub, if this is a node. A run's own agent beside a node's daemon is none.
pub(crate) fn hub(config: &Config, options: &Options) -> Result<Option<Vec<Client>>, AddressError> {
    if config.agent.role != Role::Node || options.sharing == Sharing::Shared {
        return Ok(None);
    }
    forward::clients(&config.agent.forward).map(Some)
}

/// The door by which the API server asks what to inject, if there is one. A run's own agent has none.
#[cfg(feature = "kubernetes")]
pub(crate) fn injector(
    config: &Config,
    options: &Options,
) -> Result<Option<crate::injector::Opened>, StartError> {
    match options.sharing {
        Sharing::Exclusive => crate::injector::open(config, &options.clock),
        Sharing::Shared => Ok(None),
    }
}

/// What the agent does in a cluster: it watches, and injects what is made. Where it is asked what to inject.
#[cfg(feature = "kubernetes")]
pub(crate) fn cluster(
    injector: Option<crate::injector::Opened>,
    config: &Config,
    options: &Options,
    door: &Door,
    watch: &Arc<Watch>,
    stopping: &watch::Receiver<bool>,
) -> Option<SocketAddr> {
    if options.sharing == Sharing::Exclusive {
        let parts = crate::kube::watch::Parts {
            door: door.clone(),
            watch: Arc::clone(watch),
            stopping: stopping.clone(),
        };
        crate::kube::watch::start(&config.kubernetes, place(config, options), parts);
    }
    injector.map(|opened| opened.serve(watch, stopping))
}

/// There is none in an agent that was built without Kubernetes.
#[cfg(not(feature = "kubernetes"))]
pub(crate) fn injector(_config: &Config, _options: &Options) -> Result<(), StartError> {
    Ok(())
}

/// Nothing, in an agent that was built without Kubernetes.
#[cfg(not(feature = "kubernetes"))]
pub(crate) fn cluster(
    _injector: (),
    _config: &Config,
    _options: &Options,
    _door: &Door,
    _watch: &Arc<Watch>,
    _stopping: &watch::Receiver<bool>,
) -> Option<SocketAddr> {
    None
}

/// Where in a cluster the agent is.
#[cfg(feature = "kubernetes")]
pub(crate) fn place(config: &Config, options: &Options) -> crate::kube::watch::Place {
    let node = config.agent.forward.node.clone();
    // A pod's host name is the pod's.
    let host = || (!options.in_pod).then(forward::host_name);
    crate::kube::watch::Place {
        role: config.agent.role,
        node: node.or_else(host),
        in_pod: options.in_pod,
    }
}

/// Reads the certificate again when its files change, until the agent stops.
pub(crate) async fn look_after(
    keys: Arc<Keys>,
    every: Duration,
    watch: Arc<Watch>,
    mut stop: watch::Receiver<bool>,
) {
    while tokio::time::timeout(every, stop.wait_for(|stop| *stop))
        .await
        .is_err()
    {
        let looking = Arc::clone(&keys);
        let looked = tokio::task::spawn_blocking(move || looking.look()).await;
        match looked {
            Ok(Ok(changed)) => {
                if changed {
                    tracing::info!("a new certificate serves connections from now on");
                }
                watch.tls_stale(None);
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "the old certificate is kept");
                watch.tls_stale(Some(error.to_string()));
            }
            Err(error) => tracing::error!(%error, "the certificate was not looked at"),
        }
    }
}

/// What connections are held to.
pub(crate) fn limits(config: &Config, options: &Options) -> server::Limits {
    let wanted = config.agent.max_connections;
    server::Limits {
        connections: match options.sharing {
            Sharing::Exclusive => descriptors::connections(wanted),
            // The limits are those of the command that is watched, too.
            Sharing::Shared => wanted,
        },
        per_address: config.agent.max_connections_per_address,
        head: config.agent.header_timeout,
        pause: config.agent.body_timeout,
    }
}
