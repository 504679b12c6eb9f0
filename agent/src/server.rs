//! The accept loop: connections, their limits and their end. Routes are the router's business.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use crate::watch::Watch;

/// Bytes of a request's head at most; hyper needs at least 8 KiB.
const HEAD: usize = 16 * 1024;
/// Pause after an accept error that waiting may cure (no file descriptors, no memory).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long requests may go on after the agent was told to stop.
const DRAIN: Duration = Duration::from_secs(8);

/// How many connections there may be and how long they may dawdle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) connections: usize,
    pub(crate) per_address: usize,
    pub(crate) head: Duration,
}

/// Serves until told to stop, then lets requests under way finish.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    watch: Arc<Watch>,
    mut stop: watch::Receiver<bool>,
) {
    let open = Arc::new(Semaphore::new(limits.connections));
    let addresses = Arc::new(Addresses::default());
    let graceful = GracefulShutdown::new();
    let builder = protocol(&limits);
    loop {
        // At the limit connections wait in the kernel's queue.
        let permit = tokio::select! {
            permit = Arc::clone(&open).acquire_owned() => permit,
            () = stopped(&mut stop) => break,
        };
        let Ok(permit) = permit else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(&mut stop) => break,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                pause_after(&error, &watch).await;
                continue;
            }
        };
        let Some(place) = addresses.enter(from.ip(), limits.per_address) else {
            watch.connections_refused.one();
            continue;
        };
        let connection = builder.serve_connection(
            TokioIo::new(prepared(stream)),
            TowerToHyperService::new(router.clone()),
        );
        let connection = graceful.watch(connection);
        let watch = Arc::clone(&watch);
        watch.connections.one();
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, %from, "connection ended");
            }
            watch.connections.less();
            drop((permit, place));
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not end in time and were cut off");
    }
}

/// How a connection is spoken to.
fn protocol(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_header_size(HEAD)
        .pipeline_flush(true);
    builder
}

/// Ready when the agent is to stop, or nobody is left to say so.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

fn prepared(stream: TcpStream) -> TcpStream {
    // Answers are small and awaited: do not hold them back. Failing that they are only slower.
    let _ = stream.set_nodelay(true);
    stream
}

/// Errors of one connection mean nothing; running out of something needs a pause, not an end.
async fn pause_after(error: &std::io::Error, watch: &Watch) {
    use std::io::ErrorKind as Kind;
    watch.accept_errors.one();
    let of_peer = matches!(
        error.kind(),
        Kind::ConnectionAborted | Kind::ConnectionReset | Kind::ConnectionRefused
    );
    if !of_peer {
        tracing::warn!(%error, "cannot accept connections, trying again");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}

/// Connections by address.
#[derive(Debug, Default)]
struct Addresses(Mutex<HashMap<IpAddr, usize>>);

/// A connection's place among those of its address.
struct Place {
    of: Arc<Addresses>,
    address: IpAddr,
}

impl Addresses {
    fn enter(self: &Arc<Self>, address: IpAddr, limit: usize) -> Option<Place> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_default();
        // Everything on this machine shares one address, and is trusted as far as the machine is.
        if *count >= limit && !address.is_loopback() {
            return None;
        }
        *count += 1;
        Some(Place {
            of: Arc::clone(self),
            address,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}
