//! The network between sidecars and agents: connections, and what happens to requests and answers on their way.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use hyper::body::Bytes;
use sentinel_parsers::wire::OpenStream;
use sentinel_sidecar::ship::policy::Answer;
use sentinel_sidecar::ship::{Link, NoAnswer};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::chance::Chance;
use crate::host::{Host, Request};
use crate::trace::Trace;

/// As the sidecar's client has them.
const CONNECT: Duration = Duration::from_secs(5);
const EXCHANGE: Duration = Duration::from_secs(30);
/// What was held up in a black hole comes this much later than its end at most: the longest pause before a packet is
/// sent again while the hole was short.
const RESENT: u64 = 1_500;

/// How bad the network is. Figures with a percent sign are of requests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// Milliseconds a message takes, at least and at most.
    pub latency: (u64, u64),
    /// % that are lost, connection and all.
    pub lost: u64,
    /// % that are taken, and the answer is lost.
    pub unanswered: u64,
    /// % whose connection is reset at once while they go on.
    pub reset: u64,
    /// % that arrive a second time.
    pub twice: u64,
    /// % that are held up, by so many milliseconds at most.
    pub late: (u64, u64),
}

impl Weather {
    /// Nothing goes wrong.
    pub const FAIR: Weather = Weather {
        latency: (0, 2),
        lost: 0,
        unanswered: 0,
        reset: 0,
        twice: 0,
        late: (0, 0),
    };
}

/// No answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    /// Nobody listens there.
    #[error("connection refused")]
    Refused,
    /// The connection broke.
    #[error("connection reset")]
    Reset,
    /// Nothing came in time.
    #[error("no answer in time")]
    Timeout,
}

/// All connections.
#[derive(Debug)]
pub struct Network {
    /// The agents' machines.
    pub hosts: Vec<Rc<Host>>,
    /// Which of them has the agents' address.
    pub route: Cell<usize>,
    /// How bad it is.
    pub weather: Cell<Weather>,
    /// Until when nothing passes, and until when nothing of these jobs does.
    dark: Cell<Option<Instant>>,
    apart: RefCell<BTreeMap<usize, Instant>>,
    /// Until when something is held up.
    late: Cell<Instant>,
    /// Of each attempt to connect: when, and whose it was.
    pub connects: RefCell<Vec<(Instant, usize)>>,
    /// Of each first acknowledgement after a connection: when, and whose it was.
    pub answered: RefCell<Vec<(Instant, usize)>>,
    /// Of each job: the agent that answered it last.
    agents: RefCell<BTreeMap<usize, usize>>,
    /// Requests sent.
    pub requests: Cell<u64>,
    chance: Chance,
    trace: Rc<Trace>,
}

impl Network {
    /// A network in fair weather.
    #[must_use]
    pub fn new(hosts: Vec<Rc<Host>>, chance: Chance, trace: Rc<Trace>) -> Network {
        Network {
            hosts,
            route: Cell::new(0),
            weather: Cell::new(Weather::FAIR),
            dark: Cell::new(None),
            apart: RefCell::default(),
            late: Cell::new(Instant::now()),
            connects: RefCell::default(),
            answered: RefCell::default(),
            agents: RefCell::default(),
            requests: Cell::new(0),
            chance,
            trace,
        }
    }

    /// The machine that has the agents' address now.
    #[must_use]
    pub fn target(&self) -> Rc<Host> {
        Rc::clone(&self.hosts[self.route.get().min(self.hosts.len() - 1)])
    }

    /// The machine of the agent that answered a job last.
    #[must_use]
    pub fn agent_of(&self, job: usize) -> Rc<Host> {
        let agent = self.agents.borrow().get(&job).copied();
        Rc::clone(&self.hosts[agent.unwrap_or(self.route.get())])
    }

    /// Nothing passes for so long.
    pub fn black_hole(&self, lasting: Duration) {
        self.dark.set(Some(Instant::now() + lasting));
        self.hold_up(lasting + Duration::from_millis(RESENT));
    }

    /// Nothing passes between a job and the agents for so long.
    pub fn part(&self, job: usize, lasting: Duration) {
        let until = Instant::now() + lasting;
        self.apart.borrow_mut().insert(job, until);
        self.hold_up(lasting + Duration::from_millis(RESENT));
    }

    /// Until when nothing of a job passes, if that is so now.
    fn held(&self, job: usize) -> Option<Instant> {
        let apart = self.apart.borrow().get(&job).copied();
        apart
            .max(self.dark.get())
            .filter(|until| *until > Instant::now())
    }

    fn hold_up(&self, lasting: Duration) {
        self.late.set(self.late.get().max(Instant::now() + lasting));
    }

    /// Waits until nothing is held up any more.
    pub async fn cleared(&self) {
        sleep_until(self.late.get()).await;
    }

    /// A message of a job is on its way.
    async fn travel(&self, job: usize) {
        let (least, most) = self.weather.get().latency;
        sleep(Duration::from_millis(self.chance.between(least, most))).await;
        let mut held = false;
        while let Some(until) = self.held(job) {
            held = true;
            sleep_until(until).await;
        }
        if held {
            sleep(Duration::from_millis(self.chance.below(RESENT))).await;
        }
    }

    fn happens(&self, percent: u64) -> bool {
        percent > 0 && self.chance.percent(percent)
    }

    /// A request on its way, and its answer on the way back, if anybody waits for it.
    async fn carry(
        self: Rc<Self>,
        job: usize,
        (host, life): (Rc<Host>, u64),
        request: Request,
        answer: Option<oneshot::Sender<Answer>>,
    ) {
        let weather = self.weather.get();
        let mut answer = answer;
        if self.happens(weather.reset) {
            answer = None;
        }
        let late = match self.happens(weather.late.0) {
            true => Duration::from_millis(self.chance.below(weather.late.1)),
            false => Duration::ZERO,
        };
        self.hold_up(late + Duration::from_millis(weather.latency.1));
        self.travel(job).await;
        sleep(late).await;
        // What was sent over a connection of an agent that died reaches nobody.
        if self.happens(weather.lost) || host.life() != life {
            return;
        }
        let Some(given) = host.serve(request).await else {
            return;
        };
        self.travel(job).await;
        if self.happens(weather.unanswered) {
            return;
        }
        if let Some(waiting) = answer {
            // Whoever asked may be dead.
            let _ = waiting.send(given);
        }
    }
}

/// A sidecar's end.
#[derive(Debug)]
pub struct Wire {
    network: Rc<Network>,
    /// Whose it is.
    job: usize,
    /// The agent's machine and which of its lives the connection belongs to.
    connected: Option<(Rc<Host>, u64)>,
    fresh: bool,
}

impl Wire {
    /// Not connected yet.
    #[must_use]
    pub fn new(network: Rc<Network>, job: usize) -> Wire {
        Wire {
            network,
            job,
            connected: None,
            fresh: true,
        }
    }

    async fn exchange(&mut self, request: Request) -> Result<Answer, NetError> {
        let attempt = timeout(EXCHANGE, self.attempt(request)).await;
        let answer = attempt.unwrap_or(Err(NetError::Timeout));
        match &answer {
            Ok(given) => {
                if let Some((host, _)) = &self.connected {
                    let mut agents = self.network.agents.borrow_mut();
                    agents.insert(self.job, host.number);
                }
                if std::mem::take(&mut self.fresh) {
                    let now = (Instant::now(), self.job);
                    self.network.answered.borrow_mut().push(now);
                }
                self.network
                    .trace
                    .note(format_args!("job {} is told {given:?}", self.job));
            }
            Err(error) => {
                self.connected = None;
                self.network
                    .trace
                    .note(format_args!("job {} is not answered: {error}", self.job));
            }
        }
        answer
    }

    async fn attempt(&mut self, request: Request) -> Result<Answer, NetError> {
        let (network, job) = (Rc::clone(&self.network), self.job);
        let (host, life) = self.connection().await?;
        network.requests.set(network.requests.get() + 1);
        let (answer, answered) = oneshot::channel();
        let twice = network.happens(network.weather.get().twice);
        let carry = |answer, request| {
            let (network, to) = (Rc::clone(&network), (Rc::clone(&host), life));
            tokio::task::spawn_local(network.carry(job, to, request, answer));
        };
        if twice {
            carry(None, request.clone());
        }
        carry(Some(answer), request);
        answered.await.map_err(|_| NetError::Reset)
    }

    async fn connection(&mut self) -> Result<(Rc<Host>, u64), NetError> {
        let usable = |(host, life): &&(Rc<Host>, u64)| host.life() == *life;
        if let Some(open) = self.connected.as_ref().filter(usable) {
            return Ok(open.clone());
        }
        let now = (Instant::now(), self.job);
        self.network.connects.borrow_mut().push(now);
        self.fresh = true;
        let host = self.network.target();
        let there_and_back = async {
            self.network.travel(self.job).await;
            self.network.travel(self.job).await;
        };
        let reached = timeout(CONNECT, there_and_back).await;
        reached.map_err(|_| NetError::Timeout)?;
        if !host.is_up() {
            return Err(NetError::Refused);
        }
        let connected = (Rc::clone(&host), host.life());
        self.connected = Some(connected.clone());
        Ok(connected)
    }
}

impl NoAnswer for NetError {
    fn is_late(&self) -> bool {
        matches!(self, NetError::Timeout)
    }
}

impl Link for Wire {
    type Error = NetError;

    async fn open(&mut self, open: &OpenStream) -> Result<Answer, NetError> {
        self.exchange(Request::Open(Box::new(open.clone()))).await
    }

    async fn frames(&mut self, stream: &str, body: Bytes) -> Result<Answer, NetError> {
        let request = Request::Frames(stream.to_owned(), body);
        self.exchange(request).await
    }
}
