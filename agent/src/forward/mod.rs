//! A node's way to its hub: every stream it takes is sent on with the protocol it came by.
//!
//! The store is the buffer: a stream's frames stay there until its turn comes, and the hub's answer
//! says from where. So a node works on alone while the hub is away, and memory does not grow with what
//! waits. [`board`] says whose turn it is, [`turn`] takes it.

mod board;
mod lane;
mod news;
mod parcel;
mod turn;
pub(crate) mod wire;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sentinel_config::ForwardConfig;
use sentinel_delivery::client::{Client, Credentials};
use sentinel_delivery::dial::AddressError;
use sentinel_delivery::pace::Pace;
use tokio::sync::watch;

pub(crate) use news::News;

use crate::runtime::Door;
use crate::store::Reader;
use crate::watch::Watch;
use board::Board;
use turn::Worker;

/// What the tasks share.
struct Forwarder {
    board: Board,
    reader: Arc<Reader>,
    door: Door,
    watch: Arc<Watch>,
    /// The node's name.
    node: String,
    keep_alive: Duration,
    retry: (Duration, Duration),
}

/// What the forwarder works with.
pub(crate) struct Parts {
    pub(crate) news: Arc<News>,
    pub(crate) reader: Arc<Reader>,
    pub(crate) door: Door,
    pub(crate) watch: Arc<Watch>,
}

/// The clients of a node: one for each connection.
pub(crate) fn clients(config: &ForwardConfig) -> Result<Vec<Client>, AddressError> {
    let hub = config.hub.as_deref().unwrap_or_default();
    let credentials = Credentials {
        token_file: config.token_file.as_deref(),
        ca_file: config.ca_file.as_deref(),
    };
    let program = concat!("sentinel-agent/", env!("CARGO_PKG_VERSION"));
    let client = |_| Client::new(hub, credentials, program, config.exchange_timeout);
    (0..config.connections).map(client).collect()
}

/// Sends what is stored and what comes to the hub, until `stop` says so.
pub(crate) fn start(
    parts: Parts,
    config: &ForwardConfig,
    clients: Vec<Client>,
    stop: &watch::Receiver<bool>,
) {
    let retry = (config.retry_min, config.retry_max);
    let forwarder = Arc::new(Forwarder {
        board: Board::new(parts.news, retry),
        reader: parts.reader,
        door: parts.door,
        watch: parts.watch,
        node: config.node.clone().unwrap_or_else(host_name),
        keep_alive: config.keep_alive,
        retry,
    });
    for client in clients {
        let forwarder = Arc::clone(&forwarder);
        let pace = Pace::new(config.exchange_timeout);
        let worker = Worker {
            forwarder,
            client,
            pace,
        };
        let mut stop = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = worker.work() => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        });
    }
}

/// The host's name.
pub(crate) fn host_name() -> String {
    let name = std::fs::read_to_string(Path::new("/proc/sys/kernel/hostname"));
    let name = name.unwrap_or_default();
    match name.trim() {
        name if wire::is_node(name) => name.to_owned(),
        _ => "node".to_owned(),
    }
}
