//! The accept loop: connections, their limits and their end. Routes are the router's business.

pub(crate) mod descriptors;
mod patient;
mod seats;
pub(crate) mod tls;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::admission::{Place, Places};
use crate::watch::Watch;
use patient::Patient;
pub(crate) use seats::Seat;
use seats::{Seats, Sitting};

/// Bytes of a request's head at most; hyper needs at least 8 KiB.
const HEAD: usize = 16 * 1024;
/// Lines of a request's head at most.
const HEADERS: usize = 64;
/// Connections the kernel keeps until they are accepted.
const BACKLOG: u32 = 4_096;
/// Pause after an accept error that waiting may cure (no file descriptors, no memory).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How often room is looked for while everybody who is connected is being served.
const CROWDED_PAUSE: Duration = Duration::from_millis(50);
/// How long requests may go on after the agent was told to stop.
const DRAIN: Duration = Duration::from_secs(8);

/// How many connections there may be and how long they may dawdle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) connections: usize,
    pub(crate) per_address: usize,
    /// For TLS and a request's head.
    pub(crate) head: Duration,
    /// For a client that does not read.
    pub(crate) pause: Duration,
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// What every connection is served with.
pub(crate) struct Host {
    router: Router,
    protocol: http1::Builder,
    limits: Limits,
    tls: Option<TlsAcceptor>,
    watch: Arc<Watch>,
}

/// A connection and its places.
struct Guest {
    peer: SocketAddr,
    sitting: Sitting,
    _place: Option<Place<IpAddr>>,
    end: Watcher,
}

/// Binds the address. Connections that come in a crowd wait to be accepted rather than to be tried again.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // As tokio's own `bind` does: an agent that starts again gets its port back at once.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until told to stop, then lets requests under way finish.
pub(crate) async fn serve(listener: TcpListener, host: Arc<Host>, mut stop: watch::Receiver<bool>) {
    let limits = host.limits;
    let seats = Arc::new(Seats::new(limits.connections));
    let addresses = Arc::new(Places::default());
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(&mut stop) => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                pause_after(&error, &host.watch).await;
                continue;
            }
        };
        let Some(place) = place(&addresses, peer.ip(), limits.per_address) else {
            host.watch.connections_refused.one();
            continue;
        };
        let seated = tokio::select! {
            seated = seat(&seats, &host.watch) => seated,
            () = stopped(&mut stop) => break,
        };
        let Some(sitting) = seated else { break };
        let guest = Guest {
            peer,
            sitting,
            _place: place,
            end: graceful.watcher(),
        };
        let host = Arc::clone(&host);
        tokio::spawn(async move { host.receive(stream, guest).await });
    }
    drop(listener);
    if timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time and were cut off");
    }
}

/// Everything on this machine shares one address, and is trusted as far as the machine is: it has no
/// limit of its own. `None` when an address has too many.
fn place(
    addresses: &Arc<Places<IpAddr>>,
    address: IpAddr,
    limit: usize,
) -> Option<Option<Place<IpAddr>>> {
    if address.is_loopback() {
        return Some(None);
    }
    addresses.enter(&address, limit).map(Some)
}

/// A seat, for which somebody who keeps the agent waiting may have to go.
async fn seat(seats: &Arc<Seats>, watch: &Watch) -> Option<Sitting> {
    loop {
        watch.connections_dropped.add(seats.make_room());
        if let Ok(sitting) = timeout(CROWDED_PAUSE, seats.sit()).await {
            return sitting;
        }
    }
}

/// How a connection is spoken to.
fn protocol(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_header_size(HEAD)
        .max_headers(HEADERS)
        .pipeline_flush(true);
    builder
}

impl Host {
    pub(crate) fn new(
        router: Router,
        limits: Limits,
        tls: Option<TlsAcceptor>,
        watch: Arc<Watch>,
    ) -> Host {
        Host {
            router,
            protocol: protocol(&limits),
            limits,
            tls,
            watch,
        }
    }

    /// Serves a connection that was not accepted here, as any other, without TLS.
    pub(crate) async fn converse<S>(&self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let graceful = GracefulShutdown::new();
        let seats = Arc::new(Seats::new(1));
        let Some(sitting) = seats.sit().await else {
            return;
        };
        let guest = Guest {
            peer: ([127, 0, 0, 1], 0).into(),
            sitting,
            _place: None,
            end: graceful.watcher(),
        };
        let stream = Patient::new(stream, self.limits.pause);
        self.answer(stream, guest).await;
    }

    /// One connection from its first byte to its last.
    async fn receive(&self, stream: TcpStream, guest: Guest) {
        // Answers are small and awaited: do not hold them back. Failing that they are only slower.
        let _ = stream.set_nodelay(true);
        self.watch.connections.one();
        let seat = Arc::clone(&guest.sitting.seat);
        tokio::select! {
            () = self.speak(stream, guest) => {}
            () = seat.has_to_leave() => {}
        }
        self.watch.connections.less();
    }

    async fn speak(&self, stream: TcpStream, guest: Guest) {
        let stream = Patient::new(stream, self.limits.pause);
        let Some(tls) = &self.tls else {
            return self.answer(stream, guest).await;
        };
        match timeout(self.limits.head, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.answer(stream, guest).await,
            Ok(Err(error)) => {
                self.watch.tls_failed.one();
                tracing::debug!(%error, peer = %guest.peer, "no TLS");
            }
            Err(_) => self.watch.tls_failed.one(),
        }
    }

    async fn answer<S>(&self, stream: S, guest: Guest)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let Guest {
            peer,
            sitting,
            _place,
            end,
        } = guest;
        let router = TowerToHyperService::new(self.router.clone());
        let seat = &sitting.seat;
        let service = service_fn(|mut request: Request<Incoming>| {
            if request.body().is_end_stream() {
                seat.served();
            } else {
                seat.waits();
            }
            request.extensions_mut().insert(Peer(peer));
            request.extensions_mut().insert(Arc::clone(seat));
            let answering = router.call(request);
            let seat = Arc::clone(seat);
            async move {
                let answer = answering.await;
                seat.waits();
                answer
            }
        });
        let connection = self
            .protocol
            .serve_connection(TokioIo::new(stream), service);
        if let Err(error) = end.watch(connection).await {
            tracing::debug!(%error, %peer, "connection ended");
        }
    }
}

/// Ready when the agent is to stop, or nobody is left to say so.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Errors of one connection mean nothing; running out of something needs a pause, not an end.
async fn pause_after(error: &io::Error, watch: &Watch) {
    use io::ErrorKind as Kind;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_machine_has_so_many_connections_and_this_one_as_many_as_there_are() {
        let addresses = Arc::new(Places::default());
        let (far, here) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([127, 0, 0, 1]));
        let held: Vec<_> = (0..100).map(|_| place(&addresses, far, 64)).collect();
        assert_eq!(held.iter().flatten().count(), 64);
        assert!(place(&addresses, IpAddr::from([10, 0, 0, 2]), 64).is_some());
        let local: Vec<_> = (0..100).map(|_| place(&addresses, here, 64)).collect();
        assert_eq!(local.iter().flatten().count(), 100);
        drop(held);
        assert!(place(&addresses, far, 64).is_some());
    }
}
