//! What goes on in a cluster without harm to the tests: elsewhere, before, after, or in their own pod.

use sentinel_core::fact::Fact;

use crate::objects::{NODE, Pod, event, node};
use crate::world::World;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noise {
    Silence,
    /// Another node is lost.
    OtherNode,
    /// Their own node is short of memory all the time.
    Pressure,
    /// Another pod of the namespace is replaced.
    RollingRestart,
    /// Another pod of the namespace and node is killed for its memory.
    OtherPod,
    /// A service nobody named has no endpoints for a while.
    OtherService,
    /// Our own sidecar crashes and comes back.
    OurSidecar,
    /// A container beside the tests crashes and comes back.
    Neighbour,
    /// A container beside the tests crashes again and again.
    LoopingNeighbour,
    /// The node is drained when the tests have ended.
    Drained,
    /// Events that mean nothing for the tests, and an API server that is silent for a while.
    Talk,
}

pub(crate) const NOISES: [Noise; 11] = [
    Noise::Silence,
    Noise::OtherNode,
    Noise::Pressure,
    Noise::RollingRestart,
    Noise::OtherPod,
    Noise::OtherService,
    Noise::OurSidecar,
    Noise::Neighbour,
    Noise::LoopingNeighbour,
    Noise::Drained,
    Noise::Talk,
];

impl Noise {
    /// Before the first line.
    pub(crate) fn before(self, world: &mut World) {
        match self {
            Noise::Pressure => world.later(100, node(NODE, None, Some("MemoryPressure"))),
            Noise::LoopingNeighbour => loops(world),
            _ => {}
        }
    }

    /// Somewhere among the lines.
    pub(crate) fn among(self, world: &mut World) {
        let now = world.now;
        match self {
            Noise::OtherNode => world.later(500, node("node-2", Some(now), None)),
            Noise::RollingRestart => {
                let mut old = other("shop-0");
                old.deleted_ms = Some(now + 30_000);
                world.later(200, old.fact());
                world.later(900, other("shop-1").fact());
                let uid = old.uid.clone();
                world.later(2_000, Fact::PodDeleted { uid });
            }
            Noise::OtherPod => {
                let mut pod = other("shop-0");
                pod.ends("shop", "OOMKilled", 137, now);
                world.later(400, pod.fact());
                pod.starts("shop", now + 2_000);
                world.later(2_500, pod.fact());
            }
            Noise::OtherService => world.service("search", false),
            Noise::OurSidecar => restarts(world, "sentinel-sidecar"),
            Noise::Neighbour => restarts(world, "proxy"),
            Noise::Talk => talk(world),
            _ => {}
        }
    }

    /// After the last.
    pub(crate) fn after(self, world: &mut World) {
        if self == Noise::Drained {
            world.pass(60_000);
            world.pod.disruption = Some(("EvictionByEvictionAPI", "Eviction API: evicting"));
            world.pod.deleted_ms = Some(world.now);
            world.tell_pod();
            let uid = world.pod.uid.clone();
            world.later(3_000, Fact::PodDeleted { uid });
            world.later(5_000, node(NODE, Some(world.now), None));
            world.pass(60_000);
        }
    }
}

/// A pod of nobody's run.
fn other(name: &str) -> Pod {
    let mut pod = Pod::running(name, 1_795_420_000_000, &[("shop", false)]);
    pod.of_job = false;
    pod
}

fn restarts(world: &mut World, container: &str) {
    world.pod.ends(container, "Error", 2, world.now);
    world.tell_pod();
    world.pod.starts(container, world.now + 1_000);
    let fact = world.pod.fact();
    world.later(3_000, fact);
}

fn loops(world: &mut World) {
    world.pod.ends("proxy", "Error", 1, world.now);
    world.tell_pod();
    world.pass(2_600);
    let message = "back-off 5m0s restarting failed container=proxy";
    world.pod.waits("proxy", "CrashLoopBackOff", message);
    world.tell_pod();
}

fn talk(world: &mut World) {
    let now = world.now;
    let kind = "pods".to_owned();
    world.later(100, Fact::Silent { kind: kind.clone() });
    world.later(20_000, Fact::Heard { kind });
    let probe = "Readiness probe failed: command timed out";
    let told = [
        event(Err((&world.pod, "proxy")), "Unhealthy", probe, now),
        event(Ok(NODE), "ImageGCFailed", "no image to remove", now),
        event(Ok("node-2"), "SystemOOM", "System OOM encountered", now),
    ];
    for (after, fact) in (1..).zip(told) {
        world.later(after * 300, fact);
    }
}
