//! A whole world from one seed: who is in it, what goes wrong, and when it ends.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use sentinel_agent::solo::Broken;
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep};

use crate::chance::Chance;
use crate::chaos::{self, Fault};
use crate::host::Host;
use crate::job::{Job, Kind};
use crate::makes::Makes;
use crate::network::{Network, Weather};
use crate::oracle;
use crate::pod::Pod;
use crate::progress::{Phase, Progress};
use crate::trace::Trace;

/// After the last fault a fresh event is stored within so long.
const FRESH: Duration = Duration::from_secs(5);
/// After the last fault everything is stored within so long.
const DRAIN: Duration = Duration::from_secs(60);
/// A run's verdict comes this much later: an agent that was away for long gives senders half a minute to come back,
/// then there is the run's grace, a tick, and a commit.
const VERDICT: Duration = Duration::from_secs(40);
/// 2026-11-26 08:00 UTC, and half a minute before seconds no longer fit in 31 bits.
const TIMES: [i64; 2] = [1_795_680_000_000, 2_147_483_618_000];

/// Where the output comes from in a world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sources {
    /// As in [`Sources::Recordings`] in half of all worlds, else from anywhere.
    #[default]
    All,
    /// From recordings and spools. Whatever else there is draws from other numbers, so that these worlds stay as
    /// they are.
    Recordings,
    /// From pipes.
    Pipes,
    /// From files that are rotated.
    Files,
    /// From pods' logs.
    Pods,
}

/// What is broken on purpose, and what is shown.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// In agents.
    pub broken: Broken,
    /// Whether spools do not wait for the disk.
    pub spool_sync: bool,
    /// What goes wrong; else the seed draws it.
    pub faults: Option<Vec<Fault>>,
    /// Where the output comes from.
    pub sources: Sources,
    /// How bad the network is; else the seed draws it.
    pub weather: Option<Weather>,
    /// Whether every line of the trace is printed.
    pub print: bool,
}

/// What came of a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// A number for all that happened.
    pub hash: u64,
    /// What must not have happened and did.
    pub violations: Vec<String>,
    /// Requests sent.
    pub requests: u64,
    /// Results printed.
    pub results: u64,
    /// Faults injected on purpose, besides those of single requests.
    pub faults: u64,
    /// Gaps stored.
    pub gaps: u64,
    /// Virtual milliseconds.
    pub took_ms: u64,
}

/// All there is.
pub(crate) struct World {
    pub(crate) hosts: Vec<Rc<Host>>,
    pub(crate) jobs: Vec<Rc<Job>>,
    /// Those of whose sidecar sends several of the jobs.
    pods: Vec<Rc<Pod>>,
    pub(crate) network: Rc<Network>,
    pub(crate) trace: Rc<Trace>,
    pub(crate) chance: Chance,
    pub(crate) faults: Cell<u64>,
    /// Faults that are not over yet.
    pub(crate) lasting: Rc<Cell<u64>>,
    /// Whether sidecars die by themselves.
    pub(crate) kills: Rc<Cell<bool>>,
    /// Whether the agents' address moved from one to the other.
    pub(crate) moved: Cell<bool>,
    pub(crate) gaps: Cell<u64>,
}

/// Lets a world come and go.
///
/// # Panics
/// When the system gives no runtime.
#[must_use]
pub fn simulate(seed: u64, setup: &Setup) -> Report {
    on_virtual_time(live(seed, setup))
}

/// Runs something in one thread on virtual time.
///
/// # Panics
/// When the system gives no runtime.
pub fn on_virtual_time<T>(something: impl Future<Output = T>) -> T {
    // It takes no thread and no file, so the system has nothing to refuse.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without threads or files");
    LocalSet::new().block_on(&runtime, something)
}

async fn live(seed: u64, setup: &Setup) -> Report {
    let begun = Instant::now();
    let world = World::new(seed, setup);
    let progress = Rc::new(Progress::default());
    for host in &world.hosts {
        tokio::task::spawn_local(Rc::clone(host).live());
    }
    let around = || (Rc::clone(&world.network), Rc::clone(&world.kills));
    for job in &world.jobs {
        if matches!(job.plan.kind, Kind::Log(_)) {
            continue;
        }
        tokio::task::spawn_local(Rc::clone(job).print(Rc::clone(&progress)));
        let (network, kills) = around();
        tokio::task::spawn_local(Rc::clone(job).ship(network, kills));
    }
    for pod in &world.pods {
        tokio::task::spawn_local(Rc::clone(pod).run(Rc::clone(&progress)));
        let (network, kills) = around();
        tokio::task::spawn_local(Rc::clone(pod).ship(network, kills));
    }
    chaos::reign(&world, setup).await;
    world.trace.note(format_args!("calm"));
    progress.enter(Phase::Calm);
    let last_fault = Instant::now();
    sleep(FRESH).await;
    oracle::fresh(&world);
    progress.enter(Phase::Closing);
    let done = || world.jobs.iter().all(|job| job.is_over());
    while !done() && last_fault.elapsed() < DRAIN {
        sleep(Duration::from_millis(100)).await;
    }
    sleep(VERDICT).await;
    oracle::check(&world);
    Report {
        seed,
        hash: world.trace.hash(),
        violations: world.trace.violations(),
        requests: world.network.requests.get(),
        results: world
            .jobs
            .iter()
            .map(|job| job.log.borrow().printed().len() as u64)
            .sum(),
        faults: world.faults.get(),
        gaps: world.gaps.get(),
        took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
    }
}

impl World {
    fn new(seed: u64, setup: &Setup) -> World {
        let chance = Chance::new(seed);
        let trace = Rc::new(Trace::new(setup.print));
        let now = TIMES[usize::from(chance.one_in(5))];
        let agents = 1 + usize::from(chance.one_in(4));
        let hosts: Vec<Rc<Host>> = (0..agents)
            .map(|n| Host::new(n, now, Rc::clone(&trace), chance.fork(), setup.broken))
            .map(Rc::new)
            .collect();
        let network = Network::new(hosts.clone(), chance.fork(), Rc::clone(&trace));
        let mut makes = Makes::new(seed, setup, now, &chance, &trace);
        for n in 0..chance.between(1, 4) {
            makes.more(usize::try_from(n).unwrap_or(0));
        }
        let Makes { jobs, pods, .. } = makes;
        World {
            hosts,
            jobs,
            pods,
            network: Rc::new(network),
            trace,
            chance,
            faults: Cell::new(0),
            lasting: Rc::default(),
            kills: Rc::new(Cell::new(false)),
            moved: Cell::new(false),
            gaps: Cell::new(0),
        }
    }
}
