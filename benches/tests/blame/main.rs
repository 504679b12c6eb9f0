//! Whose fault is it? A hundred faults of ten kinds laid over test logs, and a hundred failures of products and tests amid
//! harmless noise: the class must be right for 95 of a hundred, and the infrastructure wrongly blamed in at most one.
//!
//! `cargo test -p sentinel-benches --test blame -- --nocapture` prints the tables. Faults come in as facts, from objects
//! of the shape that a real API server sent, as late as it tells them. Everything is derived from one seed
//! (`SENTINEL_SEED`), on simulated time. The real logs are not part of this repository: without them the same is shown
//! with small logs of our own only, and with `CI=true` their absence is a failure.

mod dialect;
mod faults;
mod logs;
mod noise;
mod objects;
mod world;

use std::collections::BTreeMap;

use sentinel_benches::chance::Chance;
use sentinel_core::correlate::Suspect;
use sentinel_core::{Culprit, Run};

use dialect::Dialect;
use faults::{KINDS, Kind};
use logs::Log;
use noise::NOISES;
use world::World;

/// Faults of each kind.
const EACH: usize = 10;
/// Places that are tried for one that hits a test.
const TRIES: usize = 50;
/// Failures without a fault.
const CLEAN: usize = 100;
/// How many of a hundred must be right.
const RIGHT: usize = 95;
/// In how many of a hundred the infrastructure may be blamed wrongly.
const WRONGLY: usize = 1;

/// What came of some scenarios.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    scenarios: usize,
    right: usize,
    /// In which a failure that is not the fault's was put down to the infrastructure.
    wrongly: usize,
    failures: usize,
    failures_right: usize,
}

impl Row {
    fn add(&mut self, other: Row) {
        self.scenarios += other.scenarios;
        self.right += other.right;
        self.wrongly += other.wrongly;
        self.failures += other.failures;
        self.failures_right += other.failures_right;
    }
}

fn seed() -> u64 {
    let seed = std::env::var("SENTINEL_SEED").ok();
    seed.and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

fn class(suspect: &Suspect) -> Culprit {
    let cause = suspect.cause().expect("every failure was judged");
    cause.class
}

/// A log in a new world, at a pace that makes it last between one and four minutes.
fn world(log: &Log, chance: &mut Chance) -> World {
    let mut world = World::new(chance.bits());
    let lasts = i64::try_from(chance.between(60_000, 240_000)).unwrap_or(60_000);
    world.pace = (lasts / log.lines().len().max(1) as i64).max(1);
    world.pass(5_000);
    world
}

/// Everything that is told of a scenario that went wrong.
fn tell(what: &str, log: &Log, run: &Run, wrong: &[&Suspect]) {
    println!(
        "  {what} over {}: {} failures, of which wrong:",
        log.name,
        run.suspects().all().count()
    );
    for suspect in wrong.iter().take(3) {
        println!(
            "    {} {} {:?}: {:?}",
            suspect.status.as_str(),
            suspect.test,
            suspect.message,
            suspect.cause()
        );
    }
}

/// One fault over a log: right if every failure that it made is the infrastructure's. Nothing if no test was running.
fn fault(kind: Kind, nth: usize, log: &Log, chance: &mut Chance) -> Option<Row> {
    let mut world = world(log, chance);
    let lines = log.lines().len();
    let places = match kind.ends_output(nth) {
        true => log.inside_tests(),
        false if log.dialect.is_some_and(Dialect::announces) => vec![lines],
        false => log.between_tests(),
    };
    let late: Vec<usize> = places
        .iter()
        .copied()
        .filter(|at| *at > lines / 3)
        .collect();
    let at = late[usize::try_from(chance.below(late.len() as u64)).unwrap_or(0)];
    let line = faults::play(&mut world, log, kind, nth, at);
    let run = world.run();
    let of_fault = |s: &&Suspect| match kind.ends_output(nth) {
        true => s.status == sentinel_parsers::Status::Unfinished,
        false => s.line > line,
    };
    let (made, others): (Vec<&Suspect>, Vec<&Suspect>) = run.suspects().all().partition(of_fault);
    if made.is_empty() {
        return None;
    }
    let is_infra = |s: &&&Suspect| class(s) == Culprit::Infra;
    let (right, wrongly) = (
        made.iter().filter(is_infra).count(),
        others.iter().filter(is_infra).count(),
    );
    if right < made.len() || wrongly > 0 {
        let wrong = made
            .iter()
            .filter(|s| !is_infra(s))
            .chain(others.iter().filter(is_infra));
        tell(
            &format!("{kind:?} {nth}"),
            log,
            run,
            &wrong.copied().collect::<Vec<_>>(),
        );
    }
    Some(Row {
        scenarios: 1,
        right: usize::from(right == made.len()),
        wrongly: usize::from(wrongly > 0),
        failures: made.len(),
        failures_right: right,
    })
}

/// Failures of a log amid noise: right if most of them are of the class they should be; blamed wrongly if one of them is
/// put down to the infrastructure.
fn clean(log: &Log, noise: noise::Noise, chance: &mut Chance) -> Row {
    let mut world = world(log, chance);
    noise.before(&mut world);
    let lines = log.lines();
    let when = chance.between(0, lines.len() as u64);
    for (at, line) in lines.iter().enumerate() {
        world.say(line);
        if at as u64 == when {
            noise.among(&mut world);
        }
    }
    faults::fail(&mut world);
    noise.after(&mut world);
    let run = world.run();
    let failures: Vec<&Suspect> = run.suspects().all().collect();
    let right = failures
        .iter()
        .filter(|s| log.failures.contains(&class(s)))
        .count();
    let blamed: Vec<&Suspect> = failures
        .iter()
        .copied()
        .filter(|s| class(s) == Culprit::Infra)
        .collect();
    let is_right = 2 * right > failures.len();
    if !is_right || !blamed.is_empty() {
        let wrong = failures
            .iter()
            .copied()
            .filter(|s| !log.failures.contains(&class(s)));
        tell(&format!("{noise:?}"), log, run, &wrong.collect::<Vec<_>>());
    }
    Row {
        scenarios: 1,
        right: usize::from(is_right),
        wrongly: usize::from(!blamed.is_empty()),
        failures: failures.len(),
        failures_right: right,
    }
}

fn all_faults(logs: &[Log], each: usize, chance: &mut Chance) -> BTreeMap<String, Row> {
    let inside: Vec<&Log> = logs
        .iter()
        .filter(|log| {
            let lines = log.lines().len();
            log.inside_tests().iter().any(|at| *at > lines / 3)
        })
        .collect();
    let speaking: Vec<&Log> = logs
        .iter()
        .filter(|log| log.dialect.is_some() && log.ends_by_itself())
        .collect();
    let mut table = BTreeMap::new();
    for kind in KINDS {
        let row: &mut Row = table.entry(format!("{kind:?}")).or_default();
        for nth in 0..each {
            let among = if kind.ends_output(nth) {
                &inside
            } else {
                &speaking
            };
            let mut tries = (0..TRIES).filter_map(|_| {
                let log = among[usize::try_from(chance.below(among.len() as u64)).unwrap_or(0)];
                fault(kind, nth, log, chance)
            });
            let fault = tries.next().expect("a fault that makes a test fail");
            row.add(fault);
        }
    }
    table
}

fn all_clean(logs: &[Log], count: usize, chance: &mut Chance) -> BTreeMap<String, Row> {
    let mut table = BTreeMap::new();
    for nth in 0..count {
        // Each log with other noise each time it comes.
        let noise = NOISES[(nth + nth / logs.len()) % NOISES.len()];
        let row: &mut Row = table.entry(format!("{noise:?}")).or_default();
        row.add(clean(&logs[nth % logs.len()], noise, chance));
    }
    table
}

fn show(title: &str, table: &BTreeMap<String, Row>) -> Row {
    let mut all = Row::default();
    println!("\n{title:<18} scenarios  right  wrongly blamed  failures  right");
    for (name, row) in table {
        println!(
            "{name:<18} {:>9} {:>6} {:>15} {:>9} {:>6}",
            row.scenarios, row.right, row.wrongly, row.failures, row.failures_right
        );
        all.add(*row);
    }
    println!(
        "{:<18} {:>9} {:>6} {:>15} {:>9} {:>6}",
        "all", all.scenarios, all.right, all.wrongly, all.failures, all.failures_right
    );
    all
}

fn holds(title: &str, all: Row) {
    assert!(
        all.right * 100 >= all.scenarios * RIGHT,
        "{title}: right in {} of {}",
        all.right,
        all.scenarios
    );
    assert!(
        all.wrongly * 100 <= all.scenarios * WRONGLY,
        "{title}: wrongly blamed in {} of {}",
        all.wrongly,
        all.scenarios
    );
}

#[test]
fn faults_laid_over_our_own_logs_are_told_from_failures_of_products_and_tests() {
    let mut chance = Chance::new(seed());
    let faults = show(
        "fault (own logs)",
        &all_faults(&logs::own_passing(), EACH, &mut chance),
    );
    let clean = show(
        "noise (own logs)",
        &all_clean(&logs::own_failing(), CLEAN, &mut chance),
    );
    holds("faults", faults);
    holds("failures without a fault", clean);
}

#[test]
fn faults_laid_over_real_logs_are_told_from_failures_of_products_and_tests() {
    let Some((all, failing)) = logs::real() else {
        return;
    };
    let mut chance = Chance::new(seed());
    let faults = show("fault (real logs)", &all_faults(&all, EACH, &mut chance));
    let clean = show(
        "noise (real logs)",
        &all_clean(&failing, CLEAN, &mut chance),
    );
    holds("faults", faults);
    holds("failures without a fault", clean);
}
