//! Ten kinds of faults, each in the ways in which it shows: what happens to the tests, and what the API server says of it.

use sentinel_core::Millis;

use crate::dialect::Trouble;
use crate::logs::Log;
use crate::objects::{NODE, job, node};
use crate::world::World;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Oom,
    Eviction,
    ImagePull,
    CrashLoop,
    NodeNotReady,
    ServiceDown,
    Deadline,
    DeletedPod,
    SidecarKilled,
    ProbeKill,
}

pub(crate) const KINDS: [Kind; 10] = [
    Kind::Oom,
    Kind::Eviction,
    Kind::ImagePull,
    Kind::CrashLoop,
    Kind::NodeNotReady,
    Kind::ServiceDown,
    Kind::Deadline,
    Kind::DeletedPod,
    Kind::SidecarKilled,
    Kind::ProbeKill,
];

impl Kind {
    /// Whether the fault, the `nth` of its kind, ends the output, and does not merely make tests fail.
    pub(crate) fn ends_output(self, nth: usize) -> bool {
        match self {
            Kind::Oom | Kind::SidecarKilled | Kind::ProbeKill => nth.is_multiple_of(2),
            Kind::ImagePull | Kind::CrashLoop | Kind::ServiceDown => false,
            Kind::Eviction | Kind::NodeNotReady | Kind::Deadline | Kind::DeletedPod => true,
        }
    }
}

/// Plays a log with the `nth` fault of a kind laid over it at that line; gives the line after which failures are the
/// fault's.
pub(crate) fn play(world: &mut World, log: &Log, kind: Kind, nth: usize, at: usize) -> u64 {
    if kind == Kind::ImagePull {
        never_pulled(world);
    }
    for line in &log.lines()[..at] {
        world.say(line);
    }
    if kind.ends_output(nth) {
        let inside = Millis::try_from(world.chance.between(200, 4_000)).unwrap_or(1_000);
        world.pass(inside);
        end_output(world, kind, nth);
        // The last of it was on its way.
        world.pass(1_200_000);
    } else {
        make_fail(world, log, kind, nth);
    }
    at as u64
}

fn end_output(world: &mut World, kind: Kind, nth: usize) {
    let now = world.now;
    match kind {
        Kind::Oom => {
            world.pod.ends("test", "OOMKilled", 137, now);
            over(world, "BackoffLimitExceeded");
            world.exit(None, Some(9));
        }
        Kind::Eviction if nth.is_multiple_of(2) => {
            world.flush(false);
            world.pod.reason = Some((
                "Evicted",
                "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ",
            ));
            world.pod.ends("test", "Error", 137, now);
            over(world, "BackoffLimitExceeded");
        }
        Kind::Eviction => {
            let reasons = [
                ("EvictionByEvictionAPI", "Eviction API: evicting"),
                (
                    "PreemptionByScheduler",
                    "preempting to accommodate a higher priority pod",
                ),
            ];
            world.pod.disruption = Some(reasons[nth / 2 % 2]);
            delete(world, 143);
        }
        Kind::NodeNotReady => node_lost(world),
        Kind::Deadline => {
            world.later(900, job(Some(("Failed", "DeadlineExceeded", now))));
            delete(world, 143);
        }
        Kind::DeletedPod => delete(world, if nth.is_multiple_of(2) { 143 } else { 137 }),
        Kind::SidecarKilled => sidecar_gone(world),
        Kind::ProbeKill => {
            world.pod.ends("test", "Error", 137, now);
            world.tell_pod();
            world.exit(None, Some(9));
            world.pass(3_000);
            world.pod.starts("test", world.now);
            world.tell_pod();
        }
        Kind::ImagePull | Kind::CrashLoop | Kind::ServiceDown => {}
    }
}

/// The pod failed, and with it the Job.
fn over(world: &mut World, why: &str) {
    world.pod.phase = "Failed";
    world.tell_pod();
    world.later(4_000, job(Some(("Failed", why, world.now + 3_000))));
}

/// Somebody deletes the pod: it is asked, ends within its grace period, and is gone.
fn delete(world: &mut World, code: i32) {
    world.pod.deleted_ms = Some(world.now + 30_000);
    world.tell_pod();
    let grace = if code == 137 { 30_000 } else { 300 };
    world.pass(grace);
    world.exit(Some(code), None);
    world.pod.ends("test", "Error", code, world.now);
    world.pod.ends("db", "Completed", 0, world.now);
    world.pod.phase = "Failed";
    world.tell_pod();
    let uid = world.pod.uid.clone();
    world.later(3_000, sentinel_core::Fact::PodDeleted { uid });
}

/// The node falls silent; that is told when its lease has run out, and five minutes later the pod is to go.
fn node_lost(world: &mut World) {
    world.flush(false);
    let noticed =
        world.now + Millis::try_from(world.chance.between(40_000, 52_000)).unwrap_or(40_000);
    world.later(noticed - world.now, node(NODE, Some(noticed), None));
    world.pass(300_000);
    world.pod.disruption = Some((
        "DeletionByTaintManager",
        "Taint manager: deleting due to NoExecute taint",
    ));
    world.pod.deleted_ms = Some(world.now + 30_000);
    world.tell_pod();
}

/// Our own sidecar dies for good, and what the tests print after that reaches nobody.
fn sidecar_gone(world: &mut World) {
    world.flush(false);
    world
        .pod
        .ends("sentinel-sidecar", "OOMKilled", 137, world.now);
    world.tell_pod();
    world.pass(2_600);
    let message = "back-off 5m0s restarting failed container=sentinel-sidecar";
    world
        .pod
        .waits("sentinel-sidecar", "CrashLoopBackOff", message);
    world.tell_pod();
    world.pass(60_000);
    world.pod.ends("test", "Completed", 0, world.now);
    world.pod.ends("db", "Completed", 0, world.now);
    world.pod.phase = "Succeeded";
    world.tell_pod();
    world.later(
        4_000,
        job(Some(("Complete", "CompletionsReached", world.now + 3_000))),
    );
}

/// Something beside the tests goes away, and tests that need it fail.
fn make_fail(world: &mut World, log: &Log, kind: Kind, nth: usize) {
    match kind {
        Kind::Oom => crash(world, "db", ("OOMKilled", 137)),
        Kind::ProbeKill => crash(world, "db", ("Error", 137)),
        Kind::SidecarKilled => crash(world, "proxy", ("Error", 137)),
        Kind::CrashLoop => {
            crash(world, "db", ("Error", 1));
            let message = "back-off 10s restarting failed container=db";
            world.pass(2_600);
            world.pod.waits("db", "CrashLoopBackOff", message);
            world.tell_pod();
        }
        Kind::ServiceDown => world.service("db", false),
        _ => {}
    }
    let trouble = match kind {
        // What never ran answers nothing.
        Kind::ImagePull | Kind::CrashLoop => Trouble::without_answer(nth),
        _ => Trouble::of(nth),
    };
    let dialect = log.dialect.expect("a log to which tests can be added");
    let count = world.chance.between(2, 12);
    let head = dialect.head("Orders", count).into_bytes();
    let tests = (0..count).flat_map(|n| dialect.failure(n, trouble));
    let end = dialect.failures_end(count, trouble);
    for line in std::iter::once(head).chain(tests).chain(end) {
        world.say(&line);
    }
    match kind {
        // It comes back, too late.
        Kind::Oom | Kind::ProbeKill | Kind::SidecarKilled => {
            let of = if kind == Kind::SidecarKilled {
                "proxy"
            } else {
                "db"
            };
            world.pod.starts(of, world.now);
            world.tell_pod();
        }
        Kind::ServiceDown => world.service("db", true),
        _ => {}
    }
    fail(world);
}

fn crash(world: &mut World, container: &str, (reason, code): (&str, i32)) {
    world.pod.ends(container, reason, code, world.now);
    world.tell_pod();
}

/// An image that cannot be pulled, from the beginning of the pod on.
fn never_pulled(world: &mut World) {
    for (reason, message) in [
        ("ErrImagePull", "failed to pull and unpack image: not found"),
        (
            "ImagePullBackOff",
            "Back-off pulling image \"registry/db:16\"",
        ),
    ] {
        world.pod.waits("db", reason, message);
        world.tell_pod();
        world.pass(3_000);
    }
}

/// The tests end by themselves, red.
pub(crate) fn fail(world: &mut World) {
    world.exit(Some(1), None);
    world.pod.ends("test", "Error", 1, world.now);
    world.pod.phase = "Failed";
    world.tell_pod();
    world.later(
        4_000,
        job(Some(("Failed", "BackoffLimitExceeded", world.now + 3_000))),
    );
    world.pass(120_000);
}
