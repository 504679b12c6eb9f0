//! Whose fault failures are by what Events and the whole cluster tell: kills that no status shows, names that nobody
//! resolves, an API server that is away.

use crate::correlate::Suspect;
use crate::fact::{About, EventFact, Fact, NodeFact, PodFact, SliceFact};
use crate::interval::Place;
use crate::sim::{START, Sim, run};
use crate::{Cause, Culprit, Input, Millis, Settings};

fn told(sim: &mut Sim, fact: Fact) {
    sim.step(Input::Fact(fact));
}

/// The pod of the tests, on node-1.
fn pod() -> Fact {
    Fact::Pod(PodFact {
        uid: "uid-1".to_owned(),
        namespace: "team-a".to_owned(),
        name: "e2e-x".to_owned(),
        node: Some("node-1".to_owned()),
        phase: "Running".to_owned(),
        ..PodFact::default()
    })
}

/// An Event of an object, said so often between these seconds.
fn event(about: &About, reason: &str, count: u32, (first, last): (Millis, Millis)) -> Fact {
    Fact::Event(EventFact {
        uid: reason.to_owned(),
        about: about.clone(),
        reason: reason.to_owned(),
        message: "it said so".to_owned(),
        count,
        first_ms: Some(START + first * 1_000),
        last_ms: Some(START + last * 1_000),
    })
}

fn of_node() -> About {
    About {
        kind: "Node".to_owned(),
        name: "node-1".to_owned(),
        ..About::default()
    }
}

/// Of a container beside the tests.
fn of_db() -> About {
    About {
        kind: "Pod".to_owned(),
        namespace: "team-a".to_owned(),
        name: "e2e-x".to_owned(),
        uid: "uid-1".to_owned(),
        container: Some("db".to_owned()),
    }
}

/// The endpoints of a service.
fn slice(namespace: &str, service: &str, ready: u32) -> Fact {
    Fact::Slice(SliceFact {
        uid: service.to_owned(),
        namespace: namespace.to_owned(),
        service: service.to_owned(),
        ready,
        unready: 1 - ready,
    })
}

fn node(name: &str, is_ready: bool) -> Fact {
    Fact::Node(NodeFact {
        name: name.to_owned(),
        not_ready: (!is_ready).then(Default::default),
        ..NodeFact::default()
    })
}

/// A run of which a second is over, and in which tests passed.
fn begun() -> Sim {
    let mut sim = Sim::new(Settings::default());
    sim.open("tests", run("r1", "nightly"));
    told(&mut sim, pod());
    sim.say("tests", "ok 1 - adds\nok 2 - sums\n");
    sim.wait_until(60);
    sim
}

/// A test that fails so; what it is put down to at the end.
fn fails(sim: &mut Sim, message: &str) -> Cause {
    let text = format!("not ok - orders\n  ---\n  message: '{message}'\n  ...\nok - lists\n");
    sim.say("tests", &text);
    sim.exit("tests", Some(1), None);
    sim.wait_until(120);
    let run = sim.core.run("r1").expect("the run");
    let last: &Suspect = run.suspects().all().last().expect("a failure");
    last.cause().expect("it was judged").clone()
}

const KILLED: &str = "importer: signal: killed";
const COMPARED: &str = "expected 3, got 4";
const NO_NAME: &str = "dial tcp: lookup shop: no such host";

#[test]
fn a_kill_of_which_only_the_nodes_event_tells_is_blamed_by_what_was_killed_alone() {
    for (message, class) in [(KILLED, Culprit::Infra), (COMPARED, Culprit::Test)] {
        let mut sim = begun();
        told(&mut sim, event(&of_node(), "SystemOOM", 1, (59, 59)));
        let cause = fails(&mut sim, message);
        assert_eq!(cause.class, class, "{cause:?}");
        let named = cause.hints.iter().any(|h| h.text.contains("SystemOOM"));
        assert_eq!(named, class == Culprit::Infra, "{cause:?}");
    }
}

#[test]
fn a_database_whose_probe_fails_is_blamed_for_refused_connections_and_not_for_comparisons() {
    let refused = "connect ECONNREFUSED 10.0.0.7:5432";
    for (message, class) in [(refused, Culprit::Infra), (COMPARED, Culprit::Test)] {
        let mut sim = begun();
        told(&mut sim, event(&of_db(), "Unhealthy", 9, (40, 60)));
        let cause = fails(&mut sim, message);
        assert_eq!(cause.class, class, "{cause:?}");
    }
}

#[test]
fn an_event_that_says_little_is_never_blamed() {
    let mut sim = begun();
    told(&mut sim, event(&of_node(), "ImageGCFailed", 4, (10, 60)));
    let cause = fails(&mut sim, NO_NAME);
    assert_eq!(cause.class, Culprit::App, "{cause:?}");
}

#[test]
fn an_event_lasts_from_the_first_to_the_last_time_it_was_said_and_may_come_before_its_pod() {
    let mut sim = Sim::new(Settings::default());
    sim.open("tests", run("r1", "nightly"));
    sim.wait_until(60);
    told(&mut sim, event(&of_db(), "Unhealthy", 4, (10, 20)));
    let kept = |sim: &Sim| {
        let place = Place::Pod("uid-1".to_owned());
        let of_place = sim.core.timeline.at(&place);
        let second = |ms: Millis| (ms - START) / 1_000;
        of_place
            .map(|i| (i.title(), second(i.from_ms), i.to_ms.map(second)))
            .collect::<Vec<_>>()
    };
    assert_eq!(kept(&sim), []);
    told(&mut sim, pod());
    let title = "container db of pod team-a/e2e-x: Unhealthy".to_owned();
    assert_eq!(kept(&sim), [(title.clone(), 10, Some(20))]);
    // Said again: no rule looks for one more, and it is not over for that.
    told(&mut sim, event(&of_db(), "Unhealthy", 5, (10, 30)));
    assert_eq!(kept(&sim), [(title, 10, Some(30))]);
}

#[test]
fn names_that_nobody_resolves_are_the_clusters_fault_in_every_namespace() {
    for (ready, class) in [(0, Culprit::Infra), (1, Culprit::App)] {
        let mut sim = begun();
        told(&mut sim, slice("kube-system", "kube-dns", 1));
        told(&mut sim, slice("kube-system", "kube-dns", ready));
        // Another namespace's service is nobody's here.
        told(&mut sim, slice("team-b", "shop", 0));
        let cause = fails(&mut sim, NO_NAME);
        assert_eq!(cause.class, class, "{cause:?}");
    }
}

#[test]
fn an_api_server_that_is_away_is_blamed_by_tests_that_name_it_alone() {
    let named = "dial tcp: lookup kubernetes.default.svc: no such host";
    for (message, class) in [(named, Culprit::Infra), (NO_NAME, Culprit::App)] {
        let mut sim = begun();
        for kind in ["pods", "jobs"] {
            let kind = kind.to_owned();
            told(&mut sim, Fact::Silent { kind });
        }
        let cause = fails(&mut sim, message);
        assert_eq!(cause.class, class, "{cause:?}");
    }
}

#[test]
fn many_nodes_that_are_not_ready_are_an_interval_of_the_cluster_until_they_are() {
    let mut sim = begun();
    let of_cluster = |sim: &Sim| {
        let of_place = sim.core.timeline.at(&Place::Cluster);
        of_place
            .map(|i| (i.to_string(), i.to_ms.is_some()))
            .collect::<Vec<_>>()
    };
    for name in ["node-1", "node-2", "node-3", "node-4"] {
        told(&mut sim, node(name, true));
    }
    told(&mut sim, node("node-2", false));
    assert_eq!(of_cluster(&sim), []);
    told(&mut sim, node("node-3", false));
    let title = "cluster: NodesNotReady (2 of 4)".to_owned();
    assert_eq!(of_cluster(&sim), [(title.clone(), false)]);
    let cause = fails(&mut sim, COMPARED);
    assert_eq!(cause.class, Culprit::Test, "{cause:?}");
    told(&mut sim, node("node-3", true));
    assert_eq!(of_cluster(&sim), [(title, true)]);
}
