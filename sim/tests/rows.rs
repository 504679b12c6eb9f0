//! Rows of the torture list that are worlds of their own: one kind of trouble each, or very many sidecars.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::rc::Rc;
use std::time::Duration;

use sentinel_agent::solo::Broken;
use sentinel_config::SidecarConfig;
use sentinel_sidecar::segments::Limits;
use sentinel_sim::chance::Chance;
use sentinel_sim::disk::Disk;
use sentinel_sim::host::{Death, Host};
use sentinel_sim::job::{Job, Kind, Plan};
use sentinel_sim::log::{Format, WORDS};
use sentinel_sim::network::{Network, Weather};
use sentinel_sim::progress::Progress;
use sentinel_sim::trace::Trace;
use sentinel_sim::wall::Wall;
use sentinel_sim::{Fault, Setup, Sources, on_virtual_time, simulate};
use tokio::time::{Instant, sleep};

/// Seeds of each row.
const SEEDS: u64 = 40;

/// What was seen in the row's worlds, in which nothing may go wrong.
struct Seen {
    faults: u64,
    gaps: u64,
    requests: u64,
}

fn clean(faults: &[Fault], weather: Weather) -> Seen {
    let setup = Setup {
        faults: Some(faults.to_vec()),
        weather: Some(weather),
        sources: Sources::Recordings,
        ..Setup::default()
    };
    clean_worlds(&setup)
}

/// Worlds in which anything goes wrong, whose output comes from there.
fn clean_from(sources: Sources) -> Seen {
    clean_worlds(&Setup {
        sources,
        ..Setup::default()
    })
}

fn clean_worlds(setup: &Setup) -> Seen {
    let mut seen = Seen {
        faults: 0,
        gaps: 0,
        requests: 0,
    };
    for seed in 0..SEEDS {
        let report = simulate(seed, setup);
        let violations = report.violations;
        assert!(violations.is_empty(), "seed {seed}: {violations:#?}");
        seen.faults += report.faults;
        seen.gaps += report.gaps;
        seen.requests += report.requests;
    }
    seen
}

#[test]
fn through_pipes_into_a_spool_or_memory_nothing_is_lost_or_doubled_without_being_told() {
    let seen = clean_from(Sources::Pipes);
    assert!(seen.faults > SEEDS * 4, "{}", seen.faults);
}

#[test]
fn t1_t2_t3_t5_of_rotated_files_nothing_is_lost_or_doubled_without_being_told() {
    let seen = clean_from(Sources::Files);
    assert!(seen.faults > SEEDS * 4, "{}", seen.faults);
    assert!(seen.gaps > 0);
}

#[test]
fn t12_t13_of_pods_logs_nothing_is_lost_or_doubled_without_being_told() {
    let seen = clean_from(Sources::Pods);
    assert!(seen.faults > SEEDS * 4, "{}", seen.faults);
    assert!(seen.gaps > 0);
}

#[test]
fn n2_answers_lost_after_the_commit_change_nothing() {
    let lossy = Weather {
        unanswered: 50,
        ..Weather::FAIR
    };
    assert!(clean(&[], lossy).requests > SEEDS * 20);
}

#[test]
fn n3_requests_that_come_twice_out_of_order_and_up_to_30_s_late_are_taken_in_order() {
    let slow = Weather {
        latency: (0, 200),
        reset: 15,
        twice: 30,
        late: (20, 30_000),
        ..Weather::FAIR
    };
    assert!(clean(&[], slow).requests > SEEDS * 10);
}

#[test]
fn s1_s2_power_cuts_lose_nothing_that_was_acknowledged_or_durable() {
    let faults = [Fault::CutAgentsPower, Fault::CutJobsPower];
    let seen = clean(&faults, Weather::FAIR);
    assert!(seen.faults > SEEDS * 4, "{}", seen.faults);
}

#[test]
fn s11_clocks_set_by_a_day_and_past_2038_change_no_order_and_hold_nothing_up() {
    let seen = clean(&[Fault::SetClocks, Fault::KillAgent], Weather::FAIR);
    assert!(seen.faults > SEEDS * 4, "{}", seen.faults);
}

#[test]
fn s13_after_an_older_database_is_restored_what_is_there_is_sent_again_and_the_rest_is_a_gap() {
    let seen = clean(&[Fault::RestoreAgent], Weather::FAIR);
    assert!(seen.faults > SEEDS * 4, "{}", seen.faults);
    assert!(seen.gaps > 0);
}

#[test]
fn a9_of_two_agents_that_get_a_stream_in_turn_each_holds_what_it_took_once_and_neither_is_green_too_early()
 {
    let seen = clean(
        &[Fault::MoveAddress, Fault::KillSidecar, Fault::KillAgent],
        Weather::FAIR,
    );
    assert!(seen.faults > SEEDS * 4, "{}", seen.faults);
}

/// One agent and so many quiet jobs with the default configuration, which print a test every five seconds or so.
struct Crowd {
    host: Rc<Host>,
    network: Rc<Network>,
    jobs: Vec<Rc<Job>>,
    trace: Rc<Trace>,
}

impl Crowd {
    fn new(jobs: usize) -> Crowd {
        let (chance, trace) = (Chance::new(7), Rc::new(Trace::new(false)));
        let now = 1_795_680_000_000;
        let quiet = Rc::clone(&trace);
        let host = Host::new(0, now, quiet, chance.fork(), Broken::default());
        let host = Rc::new(host);
        let network = Network::new(vec![Rc::clone(&host)], chance.fork(), Rc::clone(&trace));
        let network = Rc::new(network);
        tokio::task::spawn_local(Rc::clone(&host).live());
        let progress = Rc::new(Progress::default());
        let jobs = (0..jobs).map(|number| {
            let disk = Disk::new(chance.fork(), false, false);
            let wall = Wall::new(now);
            let job = Job::new(plan(number), disk, wall, chance.fork(), Rc::clone(&trace));
            let job = Rc::new(job);
            tokio::task::spawn_local(Rc::clone(&job).print(Rc::clone(&progress)));
            tokio::task::spawn_local(Rc::clone(&job).ship(Rc::clone(&network), Rc::default()));
            job
        });
        Crowd {
            jobs: jobs.collect(),
            host,
            network,
            trace,
        }
    }

    /// Of each job: how much later than this it was answered first.
    fn answered_after(&self, since: Instant) -> Vec<Duration> {
        let answered = self.network.answered.borrow();
        let first = |job: &Rc<Job>| {
            let its = answered.iter().filter(|(_, who)| *who == job.plan.number);
            its.map(|(when, _)| *when).find(|when| *when >= since)
        };
        let mut after: Vec<Duration> = self
            .jobs
            .iter()
            .map(|job| first(job).unwrap() - since)
            .collect();
        after.sort_unstable();
        after
    }
}

fn plan(number: usize) -> Plan {
    Plan {
        number,
        run: number,
        kind: Kind::Capture,
        format: Format::Go,
        failing: 0,
        words: WORDS,
        limits: Limits::default(),
        config: SidecarConfig {
            dialects: vec!["go_test".to_owned()],
            ..SidecarConfig::default()
        },
        pace: 10_000,
        tests: u64::MAX,
    }
}

#[test]
fn n4_after_ten_minutes_in_a_black_hole_the_drain_begins_within_35_s_and_nobody_hurried() {
    on_virtual_time(async {
        let crowd = Crowd::new(20);
        sleep(Duration::from_secs(20)).await;
        let (requests, begun) = (crowd.network.requests.get(), Instant::now());
        let dark = Duration::from_secs(600);
        crowd.network.black_hole(dark);
        sleep(dark).await;
        let end = Instant::now();
        let requests = crowd.network.requests.get() - requests;
        sleep(Duration::from_secs(60)).await;
        let drained = crowd.answered_after(end);
        let (first, last) = (drained[0], drained[drained.len() - 1]);
        println!(
            "n4: first answers {first:?} to {last:?} after the hole, {requests} requests in it"
        );
        assert!(last < Duration::from_secs(35), "{last:?}");
        // Each had one request under way, or began one.
        assert!(requests <= 2 * crowd.jobs.len() as u64, "{requests}");
        let connects = crowd.network.connects.borrow();
        for job in &crowd.jobs {
            let its = connects.iter().filter(|(_, who)| *who == job.plan.number);
            let times: Vec<Instant> = its.map(|(when, _)| *when).filter(|t| *t >= begun).collect();
            let hurry = times
                .windows(2)
                .find(|w| w[1] - w[0] < Duration::from_secs(1));
            assert_eq!(hurry, None, "job {}", job.plan.number);
        }
        assert_eq!(crowd.trace.violations(), Vec::<String>::new());
    });
}

#[test]
fn n5_five_hundred_sidecars_come_back_to_an_agent_that_was_away_spread_over_half_a_minute() {
    on_virtual_time(async {
        let crowd = Crowd::new(500);
        sleep(Duration::from_secs(10)).await;
        let away = Duration::from_secs(60);
        crowd.host.die(Death::Kill, away);
        sleep(away).await;
        let back = Instant::now();
        sleep(Duration::from_secs(40)).await;
        let answered = crowd.answered_after(back);
        let p99 = answered[answered.len() * 99 / 100];
        let mut bins = [0; 41];
        for (when, _) in crowd.network.connects.borrow().iter() {
            if let Some(after) = when.checked_duration_since(back) {
                bins[usize::try_from(after.as_secs()).unwrap().min(40)] += 1;
            }
        }
        let (most, all) = (bins.iter().max().unwrap(), bins.iter().sum::<u64>());
        println!(
            "n5: p99 of first answers {p99:?}, at most {most} of {all} connections in a second"
        );
        assert!(p99 < Duration::from_secs(30), "{p99:?}");
        assert!(most * 10 <= all, "{bins:?}");
        assert_eq!(crowd.trace.violations(), Vec::<String>::new());
    });
}
