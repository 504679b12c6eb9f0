//! A whole world from one seed: who is in it, what goes wrong, and when it ends.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use sentinel_agent::solo::Broken;
use sentinel_config::SidecarConfig;
use sentinel_sidecar::segments::Limits;
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep};

use crate::chance::Chance;
use crate::chaos::{self, Fault};
use crate::disk::Disk;
use crate::host::Host;
use crate::job::{Job, Kind, Plan};
use crate::log::Format;
use crate::network::{Network, Weather};
use crate::oracle;
use crate::progress::{Phase, Progress};
use crate::trace::Trace;
use crate::wall::Wall;

/// After the last fault a fresh event is stored within so long.
const FRESH: Duration = Duration::from_secs(5);
/// After the last fault everything is stored within so long.
const DRAIN: Duration = Duration::from_secs(60);
/// A run's verdict comes this much later: an agent that was away for long gives senders half a minute to come back,
/// then there is the run's grace, a tick, and a commit.
const VERDICT: Duration = Duration::from_secs(40);
/// 2026-11-26 08:00 UTC, and half a minute before seconds no longer fit in 31 bits.
const TIMES: [i64; 2] = [1_795_680_000_000, 2_147_483_618_000];

/// What is broken on purpose, and what is shown.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// In agents.
    pub broken: Broken,
    /// Whether spools do not wait for the disk.
    pub spool_sync: bool,
    /// What goes wrong; else the seed draws it.
    pub faults: Option<Vec<Fault>>,
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
    for job in &world.jobs {
        tokio::task::spawn_local(Rc::clone(job).print(Rc::clone(&progress)));
        let (network, kills) = (Rc::clone(&world.network), Rc::clone(&world.kills));
        tokio::task::spawn_local(Rc::clone(job).ship(network, kills));
    }
    chaos::reign(&world, setup).await;
    world.trace.note(format_args!("calm"));
    progress.enter(Phase::Calm);
    let last_fault = Instant::now();
    sleep(FRESH).await;
    oracle::fresh(&world);
    progress.enter(Phase::Closing);
    let done = || world.jobs.iter().all(|job| job.shipped.borrow().is_some());
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
        let jobs = (0..chance.between(1, 4))
            .map(|n| {
                let plan = plan(usize::try_from(n).unwrap_or(0), &chance);
                trace.note(format_args!("{plan:?}"));
                let tears = plan.kind == Kind::Spool;
                let pretends = setup.spool_sync && plan.kind == Kind::Spool;
                let disk = Disk::new(chance.fork(), tears, pretends);
                let wall = Wall::new(now + i64::try_from(chance.below(4_000)).unwrap_or(0) - 2_000);
                Rc::new(Job::new(plan, disk, wall, chance.fork(), Rc::clone(&trace)))
            })
            .collect();
        World {
            hosts,
            jobs,
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

fn plan(number: usize, chance: &Chance) -> Plan {
    let millis = |from, to| Duration::from_millis(chance.between(from, to));
    let small = chance.one_in(3);
    let format = match (small, chance.below(3)) {
        // Where the beginning may be deleted, only what is read without it can be counted.
        (_, 0) | (true, 1) => Format::Go,
        (false, 1) => Format::Pytest,
        _ => Format::Markers,
    };
    let limits = match small {
        true => Limits {
            segment_bytes: chance.between(200, 1_000),
            cap_bytes: chance.between(800, 4_000),
        },
        false => Limits {
            segment_bytes: chance.between(300, 20_000),
            cap_bytes: 1 << 20,
        },
    };
    Plan {
        number,
        run: number / 2,
        kind: if chance.one_in(3) {
            Kind::Spool
        } else {
            Kind::Capture
        },
        format,
        failing: if chance.one_in(3) { 7 } else { 0 },
        limits,
        config: SidecarConfig {
            frame_events: usize::try_from(chance.between(1, 30)).unwrap_or(1),
            frame_bytes: chance.between(200, 4_000),
            flush_interval: millis(1, 200),
            retry_min: millis(5, 100),
            retry_max: millis(100, 1_000),
            keep_alive: millis(500, 10_000),
            // Unmasked, so that what was altered can be told.
            excerpts: true,
            ..SidecarConfig::default()
        },
        pace: chance.between(20, 400),
        tests: chance.between(5, 60),
    }
}
