//! A faulty network in one process: a proxy on loopback through which a sidecar speaks with an agent,
//! and which resets, cuts, delays, doubles, swallows and holds back from one seed.
//!
//! It knows requests of HTTP/1.1 with a length, so that each has one fate. It is for tests, and nothing in
//! the product: a package below this one takes the folder by its path, and `chance.rs` with it.

mod exchange;
mod weather;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until};

pub use weather::{Seen, Weather};

use crate::chance::Chance;
use weather::Fate;

/// A running proxy; it ends with its handle, and all its connections with it.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    road: Arc<Road>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What all connections share.
#[derive(Debug)]
struct Road {
    state: Mutex<State>,
    /// Whether nothing moves.
    closed: watch::Sender<bool>,
}

#[derive(Debug)]
struct State {
    target: SocketAddr,
    weather: Weather,
    chance: Chance,
    /// Bytes a second of both directions of all connections together.
    rate: Option<u32>,
    /// When the line is free for the next piece.
    free: Instant,
    seen: Seen,
}

impl Proxy {
    /// A proxy to the target on a free port of 127.0.0.1, in fair weather.
    ///
    /// # Errors
    /// As the system says.
    pub fn start(target: SocketAddr, seed: u64) -> io::Result<Proxy> {
        Proxy::on((Ipv4Addr::LOCALHOST, 0).into(), target, seed)
    }

    /// The same on an address of one's choice.
    ///
    /// # Errors
    /// As the system says.
    pub fn on(address: SocketAddr, target: SocketAddr, seed: u64) -> io::Result<Proxy> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let listener = runtime.block_on(TcpListener::bind(address))?;
        let address = listener.local_addr()?;
        let road = Arc::new(Road {
            state: Mutex::new(State {
                target,
                weather: Weather::default(),
                chance: Chance::new(seed),
                rate: None,
                free: Instant::now(),
                seen: Seen::default(),
            }),
            closed: watch::Sender::new(false),
        });
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::clone(&road);
        let thread = std::thread::Builder::new().name("proxy".into());
        let thread = thread.spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(listener, shared) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Proxy {
            address,
            road,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as an agent's address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What becomes of requests from now on.
    pub fn set_weather(&self, weather: Weather) {
        self.road.state().weather = weather;
    }

    /// Bytes a second from now on, all connections and both directions together.
    pub fn set_rate(&self, rate: Option<u32>) {
        self.road.state().rate = rate;
    }

    /// Whether the road is a black hole: connections are made, and nothing moves on any of them.
    pub fn set_closed(&self, closed: bool) {
        self.road.closed.send_replace(closed);
    }

    /// Where connections made from now on lead.
    pub fn set_target(&self, target: SocketAddr) {
        self.road.state().target = target;
    }

    /// What happened so far.
    #[must_use]
    pub fn seen(&self) -> Seen {
        self.road.state().seen.clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // The thread may have ended with its listener.
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn accept(listener: TcpListener, road: Arc<Road>) {
    // An error is the caller's connection that broke, or descriptors that are used up for now.
    loop {
        match listener.accept().await {
            Ok((client, _)) => {
                road.state()
                    .seen
                    .connections
                    .push(std::time::Instant::now());
                tokio::spawn(exchange::serve(Arc::clone(&road), client));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

impl Road {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fate of a request of so many bytes.
    fn fate(&self, bytes: u64) -> Fate {
        let state = &mut *self.state();
        let fate = state.weather.fate(&mut state.chance, bytes);
        state.seen.count(&fate);
        fate
    }

    fn target(&self) -> SocketAddr {
        self.state().target
    }

    /// Bytes that may be moved at once.
    fn piece(&self) -> usize {
        // An eighth of a second of a slow line.
        self.state()
            .rate
            .map_or(16 * 1024, |rate| (rate as usize / 8).clamp(1, 16 * 1024))
    }

    /// Waits until so many bytes may pass.
    async fn pass(&self, bytes: usize) {
        let mut closed = self.closed.subscribe();
        // The sender lives as long as this road.
        let _ = closed.wait_for(|closed| !closed).await;
        let due = {
            let mut state = self.state();
            let Some(rate) = state.rate else {
                return;
            };
            state.free = state.free.max(Instant::now())
                + Duration::from_secs_f64(bytes as f64 / f64::from(rate));
            state.free
        };
        sleep_until(due).await;
    }

    /// Connects to the target.
    async fn onward(&self) -> io::Result<TcpStream> {
        let mut closed = self.closed.subscribe();
        let _ = closed.wait_for(|closed| !closed).await;
        let server = TcpStream::connect(self.target()).await?;
        server.set_nodelay(true)?;
        Ok(server)
    }
}
