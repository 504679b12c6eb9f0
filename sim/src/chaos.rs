//! What goes wrong in a world, and when it stops.

use std::rc::Rc;
use std::time::Duration;

use sentinel_sidecar::random::Rng;
use tokio::time::{Instant, sleep};

use crate::chance::Chance;
use crate::host::Death;
use crate::network::Weather;
use crate::world::{Setup, World};

const DAY_MS: i64 = 86_400_000;

/// What can go wrong. A seed draws some of them, so that each is also seen without the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An agent's process is killed.
    KillAgent,
    /// An agent's machine loses its power.
    CutAgentsPower,
    /// An agent's database is replaced by an older copy of it.
    RestoreAgent,
    /// The agents' address moves to the other one.
    MoveAddress,
    /// A sidecar is killed.
    KillSidecar,
    /// A command is killed, with what records it.
    KillWriter,
    /// A job's machine loses its power.
    CutJobsPower,
    /// Nothing passes through the network.
    BlackHole,
    /// Nothing passes between a job and the agents.
    Partition,
    /// An agent's disk is full.
    FillAgentsDisk,
    /// The disk of a job's machine is full.
    FillJobsDisk,
    /// The disk of a job's machine fails to sync.
    FailJobsSyncs,
    /// A clock is set, by a second or a day.
    SetClocks,
}

const ALL: [Fault; 13] = [
    Fault::KillAgent,
    Fault::CutAgentsPower,
    Fault::RestoreAgent,
    Fault::MoveAddress,
    Fault::KillSidecar,
    Fault::KillWriter,
    Fault::CutJobsPower,
    Fault::BlackHole,
    Fault::Partition,
    Fault::FillAgentsDisk,
    Fault::FillJobsDisk,
    Fault::FailJobsSyncs,
    Fault::SetClocks,
];

/// Lets things go wrong for a while; returns once nothing is wrong any more.
pub(crate) async fn reign(world: &World, setup: &Setup) {
    let chance = &world.chance;
    let drawn: Vec<Fault> = ALL
        .into_iter()
        .filter(|fault| match fault {
            // What ends or rewinds much is drawn less often.
            Fault::RestoreAgent | Fault::MoveAddress | Fault::KillWriter => chance.one_in(8),
            _ => chance.one_in(3),
        })
        .collect();
    let drawn = setup.faults.clone().unwrap_or(drawn);
    let weather = setup.weather.unwrap_or(weather(chance));
    world.trace.note(format_args!("{drawn:?} {weather:?}"));
    world.network.weather.set(weather);
    world.kills.set(drawn.contains(&Fault::KillSidecar));
    let pause = chance.between(100, 1_500);
    let end = Instant::now() + Duration::from_millis(chance.between(1_000, 8_000));
    while Instant::now() < end {
        sleep(Duration::from_millis(chance.between(1, pause))).await;
        if chance.one_in(3) {
            world.network.target().back_up();
        }
        if !drawn.is_empty() {
            strike(world, drawn[chance.index(drawn.len())]);
        }
    }
    calm(world).await;
}

fn weather(chance: &Chance) -> Weather {
    let some = |most| {
        if chance.one_in(2) {
            chance.below(most)
        } else {
            0
        }
    };
    Weather {
        latency: (0, chance.between(1, 80)),
        lost: some(20),
        unanswered: some(20),
        reset: some(20),
        twice: some(30),
        late: (some(20), 1_500),
    }
}

fn strike(world: &World, fault: Fault) {
    let chance = &world.chance;
    let host = &world.hosts[chance.index(world.hosts.len())];
    let job = &world.jobs[chance.index(world.jobs.len())];
    world.faults.set(world.faults.get() + 1);
    let (number, agent) = (job.plan.number, host.number);
    world
        .trace
        .note(format_args!("{fault:?} (job {number}, agent {agent})"));
    let while_ = Duration::from_millis(chance.between(1, 1_500));
    match fault {
        Fault::KillAgent => host.die(Death::Kill, while_),
        Fault::CutAgentsPower => host.die(Death::PowerCut, while_),
        Fault::RestoreAgent => host.die(Death::Restore, while_),
        Fault::MoveAddress if world.hosts.len() > 1 => {
            world.network.route.set(1 - world.network.route.get());
            world.moved.set(true);
        }
        Fault::MoveAddress => {}
        Fault::KillSidecar => job.kill_sidecar(),
        Fault::KillWriter => job.kill_command(),
        Fault::CutJobsPower => job.cut_power(),
        Fault::BlackHole => world.network.black_hole(while_),
        Fault::Partition => world.network.part(number, while_),
        Fault::FillAgentsDisk => {
            let host = Rc::clone(host);
            lasting(world, while_, move |full| host.fill(full));
        }
        Fault::FillJobsDisk => {
            let disk = job.disk.clone();
            lasting(world, while_, move |full| disk.fill(full));
        }
        Fault::FailJobsSyncs => {
            let disk = job.disk.clone();
            lasting(world, while_, move |failing| disk.fail(failing));
        }
        Fault::SetClocks => {
            let by = [-DAY_MS, DAY_MS, -1_000, 1_000][chance.index(4)];
            match chance.one_in(2) {
                true => host.clock.wall.set(by),
                false => job.wall.set(by),
            }
        }
    }
}

/// Something is wrong for a while.
fn lasting(world: &World, while_: Duration, wrong: impl Fn(bool) + 'static) {
    let lasting = Rc::clone(&world.lasting);
    lasting.set(lasting.get() + 1);
    tokio::task::spawn_local(async move {
        wrong(true);
        sleep(while_).await;
        wrong(false);
        lasting.set(lasting.get() - 1);
    });
}

/// Nothing more goes wrong; returns once nothing is wrong any more.
async fn calm(world: &World) {
    world.network.weather.set(Weather::FAIR);
    world.kills.set(false);
    world.network.cleared().await;
    let wrong = || world.lasting.get() > 0 || !world.hosts.iter().all(|host| host.is_up());
    while wrong() {
        sleep(Duration::from_millis(1)).await;
    }
    // So that the trace differs where only chance was asked differently.
    let drawn = world.chance.number();
    world.trace.note(format_args!("chance stands at {drawn:x}"));
}
