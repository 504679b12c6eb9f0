//! What the cluster says besides pods: Events by count, services by their endpoints, silence; and pods of one name.

use proptest::prelude::*;

use crate::fact::{
    About, ContainerFact, ContainerState, EventFact, Fact, NodeFact, PodFact, SliceFact, Terminated,
};
use crate::sim::{START, Sim, run};
use crate::{Input, Settings, Severity};

/// The rule that finds a service.
const SERVICE: &str = "service_without_endpoints";

/// A pod of run r1 on a node, whose container waits with this reason.
fn waiting(reason: &str) -> PodFact {
    PodFact {
        uid: "uid-1".to_owned(),
        namespace: "team-a".to_owned(),
        name: "e2e-x".to_owned(),
        node: Some("node-1".to_owned()),
        phase: "Pending".to_owned(),
        containers: vec![ContainerFact {
            name: "tests".to_owned(),
            state: ContainerState::Waiting(reason.to_owned()),
            ..ContainerFact::default()
        }],
        ..PodFact::default()
    }
}

/// The same pod whose container runs and is not ready.
fn unready() -> PodFact {
    let mut pod = waiting("");
    let container = &mut pod.containers[0];
    container.state = ContainerState::Running(Some(START));
    container.has_readiness_probe = true;
    pod
}

fn event(uid: &str, reason: &str, count: u32) -> Input {
    about("Pod", "uid-1", (uid, reason, count), "it said so")
}

/// The node of the pod said so once.
fn of_node(reason: &str, message: &str) -> Input {
    about("Node", "node-1", ("e", reason, 1), message)
}

fn about(kind: &str, of: &str, (uid, reason, count): (&str, &str, u32), message: &str) -> Input {
    Input::Fact(Fact::Event(EventFact {
        uid: uid.to_owned(),
        about: About {
            kind: kind.to_owned(),
            namespace: "team-a".to_owned(),
            name: of.to_owned(),
            uid: of.to_owned(),
            container: None,
        },
        reason: reason.to_owned(),
        message: message.to_owned(),
        count,
        first_ms: Some(START + 1_000),
        last_ms: Some(START + 1_000),
    }))
}

fn slice(uid: &str, ready: u32, unready: u32) -> Input {
    Input::Fact(Fact::Slice(SliceFact {
        uid: uid.to_owned(),
        namespace: "team-a".to_owned(),
        service: "web".to_owned(),
        ready,
        unready,
    }))
}

/// A run with one pod.
fn with(pod: PodFact) -> Sim {
    let mut sim = Sim::new(Settings::default());
    sim.open("tests", run("r1", "nightly"));
    sim.step(Input::Fact(Fact::Pod(pod)));
    sim
}

/// The rule's one finding: its severity, whether it is resolved, and its evidence.
fn found(sim: &Sim, rule: &str) -> Option<(Severity, bool, Vec<String>)> {
    let mut of_rule = sim.stored.values().filter(|a| a.rule == rule);
    let anomaly = of_rule.next()?;
    assert_eq!(of_rule.next(), None);
    let evidence = anomaly.evidence.iter().map(|e| e.text.clone());
    Some((anomaly.severity, anomaly.resolved, evidence.collect()))
}

#[test]
fn w5_an_event_is_told_by_its_count_and_not_once_for_each_time() {
    let mut sim = with(waiting("ImagePullBackOff"));
    let mut rows = 0;
    for count in 1..=900 {
        rows += sim.step(event("e", "BackOff", count)).persist.len();
    }
    // An older count, and the same again, take nothing back.
    rows += sim.step(event("e", "BackOff", 3)).persist.len();
    rows += sim.step(event("e", "BackOff", 900)).persist.len();
    let (_, _, evidence) = found(&sim, "container_not_started").unwrap();
    let last = evidence.last().unwrap();
    assert_eq!(last, "event BackOff, 512 times: it said so");
    assert!(rows <= 10, "{rows} rows for one event");
}

#[test]
fn w5_the_same_words_of_several_events_are_one_line_and_the_most_often_said_come_first() {
    let mut sim = with(waiting("ErrImagePull"));
    let combined = "(combined from similar events): no such image";
    sim.step(event("a", "Failed", 3));
    sim.step(event("b", "Failed", 4));
    sim.step(about("Pod", "uid-1", ("c", "Failed", 40), combined));
    let (_, _, evidence) = found(&sim, "container_not_started").unwrap();
    assert_eq!(
        evidence[1..],
        [
            format!("event Failed, 40 times: {combined}"),
            "event Failed, 7 times: it said so".to_owned()
        ]
    );
}

#[test]
fn events_of_pods_that_come_first_are_not_lost_and_those_that_tell_nothing_are_not_kept() {
    let mut sim = Sim::new(Settings::default());
    sim.open("tests", run("r1", "nightly"));
    sim.step(event("a", "FailedMount", 2));
    sim.step(event("b", "Scheduled", 2));
    sim.step(Input::Fact(Fact::Pod(waiting("ContainerCreating"))));
    assert_eq!(found(&sim, "container_not_started"), None, "not yet");
    sim.wait_until(121);
    let (_, resolved, evidence) = found(&sim, "container_not_started").unwrap();
    assert!(!resolved);
    assert_eq!(evidence[1..], ["event FailedMount, 2 times: it said so"]);
    assert_eq!(sim.core.around.events.of_pod("uid-1").len(), 1);
}

#[test]
fn events_are_bounded_by_number_those_of_pods_that_are_gone_go_first() {
    let mut settings = Settings::default();
    settings.limits.events = 3;
    let mut sim = Sim::new(settings);
    for uid in ["old", "gone"] {
        sim.step(Input::Fact(Fact::Pod(PodFact {
            uid: uid.to_owned(),
            ..PodFact::default()
        })));
        sim.step(about("Pod", uid, (uid, "BackOff", 1), ""));
    }
    sim.step(Input::Fact(Fact::PodDeleted {
        uid: "gone".to_owned(),
    }));
    for (uid, kept) in [("a", ["old", "a"]), ("b", ["old", "a"]), ("c", ["a", "b"])] {
        sim.step(about("Pod", uid, (uid, "BackOff", 1), ""));
        for pod in kept {
            assert_eq!(
                sim.core.around.events.of_pod(pod).len(),
                1,
                "{pod} after {uid}"
            );
        }
    }
    assert_eq!(sim.core.metrics().limits.get("events"), Some(&2));
    for n in 0..40 {
        sim.step(about("Pod", "c", (&n.to_string(), "BackOff", 1), ""));
    }
    assert!(sim.core.around.events.of_pod("c").len() <= 3);
}

#[test]
fn a_container_that_is_not_ready_for_long_is_found_without_any_event() {
    let mut sim = with(unready());
    sim.wait_until(29);
    assert_eq!(found(&sim, "probe_failing"), None);
    sim.wait_until(30);
    let (severity, resolved, evidence) = found(&sim, "probe_failing").unwrap();
    assert_eq!(
        (severity, resolved, evidence.len()),
        (Severity::Warning, false, 1)
    );
    sim.step(event("e", "Unhealthy", 21));
    let (_, _, evidence) = found(&sim, "probe_failing").unwrap();
    assert_eq!(evidence[1], "event Unhealthy, 21 times: it said so");
    let mut ready = unready();
    ready.containers[0].ready = true;
    sim.step(Input::Fact(Fact::Pod(ready)));
    assert!(
        found(&sim, "probe_failing").unwrap().1,
        "resolved once it is ready"
    );
}

#[test]
fn a_container_without_a_probe_or_that_was_ready_between_is_not_found() {
    let mut bare = unready();
    bare.containers[0].has_readiness_probe = false;
    let mut sim = with(bare);
    sim.wait_until(60);
    assert_eq!(found(&sim, "probe_failing"), None);
    let mut sim = with(unready());
    for second in [20, 40, 60] {
        sim.wait_until(second);
        let mut ready = unready();
        ready.containers[0].ready = true;
        sim.step(Input::Fact(Fact::Pod(ready)));
        sim.step(Input::Fact(Fact::Pod(unready())));
    }
    assert_eq!(found(&sim, "probe_failing"), None);
}

#[test]
fn an_event_that_says_no_uid_is_of_the_pod_that_has_the_name_now() {
    let mut sim = with(waiting("ErrImagePull"));
    let mut second = waiting("ErrImagePull");
    second.uid = "uid-2".to_owned();
    sim.step(Input::Fact(Fact::PodDeleted {
        uid: "uid-1".to_owned(),
    }));
    sim.step(Input::Fact(Fact::Pod(second)));
    let Input::Fact(Fact::Event(mut fact)) = event("e", "BackOff", 1) else {
        unreachable!("it is one");
    };
    fact.about.uid = String::new();
    fact.about.name = "e2e-x".to_owned();
    sim.step(Input::Fact(Fact::Event(fact)));
    let kept = |uid| sim.core.around.events.of_pod(uid).len();
    assert_eq!((kept("uid-1"), kept("uid-2")), (0, 1));
}

#[test]
fn a_service_is_found_when_its_endpoints_go_and_not_before_it_had_or_should_have_any() {
    let mut sim = with(unready());
    sim.step(slice("s1", 0, 0));
    sim.wait_until(20);
    assert_eq!(found(&sim, SERVICE), None, "never had one");
    sim.step(slice("s1", 2, 0));
    sim.step(slice("s2", 1, 1));
    sim.step(slice("s1", 0, 0));
    sim.wait_until(40);
    assert_eq!(found(&sim, SERVICE), None, "one is left");
    sim.step(slice("s2", 0, 2));
    sim.wait_until(54);
    assert_eq!(found(&sim, SERVICE), None, "a moment is allowed");
    sim.wait_until(55);
    let (severity, resolved, evidence) = found(&sim, SERVICE).unwrap();
    assert_eq!((severity, resolved), (Severity::Warning, false));
    assert_eq!(
        evidence,
        ["service team-a/web: 0 endpoints ready, 2 not ready; it had one before"]
    );
    for uid in ["s1", "s2"] {
        sim.step(Input::Fact(Fact::SliceDeleted {
            uid: uid.to_owned(),
        }));
    }
    sim.wait_until(56);
    assert!(
        found(&sim, SERVICE).unwrap().1,
        "nobody misses one that is gone"
    );
}

#[test]
fn a_service_of_another_namespace_is_not_the_runs() {
    let mut other = unready();
    other.namespace = "team-b".to_owned();
    let mut sim = with(other);
    sim.step(slice("s1", 1, 0));
    sim.step(slice("s1", 0, 1));
    sim.wait_until(60);
    assert_eq!(found(&sim, SERVICE), None);
}

#[test]
fn a_child_killed_in_a_container_that_goes_on_is_found_by_the_nodes_event() {
    let kernel = |group: &str| {
        format!("Memory cgroup out of memory: Killed process 7 (chrome), task_memcg={group}")
    };
    for (group, expected) in [
        (
            "/kubepods/burstable/poduid_1/ab",
            Some((Severity::Critical, "pod:team-a/e2e-x")),
        ),
        ("/kubepods/burstable/poduid_2/ab", None),
        ("/user.slice", Some((Severity::Warning, "node:node-1"))),
    ] {
        let mut sim = with(unready());
        sim.step(of_node("OOMKilling", &kernel(group)));
        let kill = sim.stored.values().find(|a| a.rule == "oom_killed");
        let told = kill.map(|a| (a.severity, a.subject.as_str()));
        assert_eq!(told, expected, "{group}");
    }
}

#[test]
fn a_kill_on_the_node_before_the_run_or_one_that_ended_a_container_is_no_childs() {
    let mut sim = Sim::new(Settings::default());
    sim.wait_until(60);
    sim.open("tests", run("r1", "nightly"));
    sim.step(Input::Fact(Fact::Pod(unready())));
    sim.step(of_node("SystemOOM", "victim process: chrome"));
    assert_eq!(found(&sim, "oom_killed"), None, "59 s before the run");
    let mut sim = with(killed());
    sim.step(of_node("SystemOOM", "victim process: chrome"));
    let kills = sim.stored.values().filter(|a| a.rule == "oom_killed");
    assert_eq!(kills.count(), 1, "the container's own");
}

#[test]
fn w8_while_the_cluster_is_silent_what_was_found_says_that_it_may_be_old() {
    let mut sim = with(waiting("ErrImagePull"));
    let fact = |silent: bool| {
        let kind = "pods".to_owned();
        Input::Fact(match silent {
            true => Fact::Silent { kind },
            false => Fact::Heard { kind },
        })
    };
    let old = "this may be old: nothing is heard of the cluster's pods";
    let told = sim.notices.len();
    for (silent, times) in [(true, 1), (true, 1), (false, 0)] {
        sim.step(fact(silent));
        let (_, resolved, evidence) = found(&sim, "container_not_started").unwrap();
        assert!(!resolved, "silence takes nothing back");
        assert_eq!(evidence.iter().filter(|line| *line == old).count(), times);
    }
    assert_eq!(sim.notices.len(), told, "no finding is told again");
}

/// The pod after its container was killed for its memory.
fn killed() -> PodFact {
    let mut pod = unready();
    pod.containers[0].state = ContainerState::Terminated(Terminated {
        reason: "OOMKilled".to_owned(),
        exit_code: 137,
        started_ms: Some(START),
        finished_ms: Some(START + 1_000),
    });
    pod
}

/// States of two pods of one name, one after the other, and of their node.
fn states() -> Vec<Fact> {
    let second = |mut pod: PodFact| {
        pod.uid = "uid-2".to_owned();
        pod.sentinel.insert("run-id".to_owned(), "r2".to_owned());
        pod
    };
    vec![
        Fact::Pod(waiting("ContainerCreating")),
        Fact::Pod(unready()),
        Fact::Pod(killed()),
        Fact::PodDeleted {
            uid: "uid-1".to_owned(),
        },
        Fact::Pod(second(waiting("ContainerCreating"))),
        Fact::Pod(second(unready())),
        Fact::Node(NodeFact {
            name: "node-1".to_owned(),
            ..NodeFact::default()
        }),
    ]
}

proptest! {
    /// In any order and however often: what happened to a pod is never told of another of its name.
    #[test]
    fn w4_a_pod_made_again_under_its_name_is_another_pod(order in prop::collection::vec(0usize..7, 1..40)) {
        let mut sim = Sim::new(Settings::default());
        sim.open("tests", run("r1", "nightly"));
        sim.step(Input::Run {
            context: run("r2", "nightly"),
            provenance: "job".to_owned(),
            end: crate::Told::GoesOn,
        });
        let mut gone = false;
        let mut killed = false;
        for i in order {
            killed |= i == 2 && !gone;
            gone |= i == 3 && sim.core.pods.get("uid-1").is_some();
            sim.step(Input::Fact(states()[i].clone()));
        }
        let kills = |id: &str| {
            let kills = sim.stored.values().filter(|a| a.rule == "oom_killed");
            kills.filter(|a| a.run_id == id).count()
        };
        prop_assert_eq!(kills("r1"), usize::from(killed));
        prop_assert_eq!(kills("r2"), 0);
    }
}
