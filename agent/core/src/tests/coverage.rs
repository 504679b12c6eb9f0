//! Who reads the pods of a run, what is told to those who ask, and what becomes of a run that nobody watches.

use sentinel_parsers::wire::{ContainerToRead, PodToRead};

use super::losses::{job, of_job, pod};
use crate::fact::{ContainerFact, ContainerState, Fact, Owner, PodFact, Terminated};
use crate::sim::{Sim, frame, open, reply, run};
use crate::{Input, Limits, Reply, RunStatus, Settings, Way};

/// A pod of the Job, beside the one that the simulated streams come from.
fn another() -> PodFact {
    let mut fact = of_job(pod());
    fact.uid = "uid-2".to_owned();
    fact.name = "e2e-y".to_owned();
    fact
}

fn ended(mut fact: PodFact) -> PodFact {
    fact.phase = "Succeeded".to_owned();
    fact
}

fn tell(sim: &mut Sim, facts: impl IntoIterator<Item = Fact>) {
    facts
        .into_iter()
        .for_each(|fact| drop(sim.step(Input::Fact(fact))));
}

/// What a collector is told to read.
fn collect(sim: &mut Sim, way: Way) -> Vec<PodToRead> {
    let node = (way == Way::Node).then(|| "node-1".to_owned());
    match reply(&sim.step(Input::Collect { way, node })) {
        Reply::ToRead(told) => told.pods,
        other => panic!("{other:?}"),
    }
}

/// The same, by name.
fn names(sim: &mut Sim, way: Way) -> Vec<String> {
    let told = collect(sim, way);
    told.into_iter().map(|pod| pod.name).collect()
}

fn read_by(sim: &mut Sim, stream: &str, pod: &PodFact, source: &str) {
    let mut opened = open(stream, run("r1", "nightly"));
    opened.identity.pod_uid.clone_from(&pod.uid);
    opened.identity.source = source.to_owned();
    let (stream, open) = (stream.to_owned(), opened);
    sim.step(Input::OpenStream { stream, open });
}

/// The whole output of a green container, as one of the run's sidecars sends it.
fn green(sim: &mut Sim) {
    sim.open("tests", run("r1", "nightly"));
    sim.say("tests", "TAP version 13\n1..1\nok 1 - adds\n");
    sim.exit("tests", Some(0), None);
}

fn titles(sim: &Sim) -> Vec<&str> {
    let held = sim.stored.values().filter(|found| !found.resolved);
    let of_ours = held.filter(|found| found.rule == "not_watched");
    of_ours.map(|found| found.title.as_str()).collect()
}

fn verdict(sim: &mut Sim) -> (RunStatus, String) {
    let pods = [ended(of_job(pod())), ended(another())].map(Fact::Pod);
    tell(sim, pods.into_iter().chain([job(Some(""))]));
    sim.wait_until(120);
    let run = sim.core.run("r1").expect("the run is known");
    (run.status(), run.reason().unwrap_or_default().to_owned())
}

#[test]
fn a_pod_that_nobody_reads_is_said_and_its_run_is_not_green_although_the_others_passed() {
    let mut sim = Sim::new(Settings::default());
    tell(&mut sim, [job(None), Fact::Pod(of_job(pod()))]);
    green(&mut sim);
    tell(&mut sim, [Fact::Pod(another())]);
    sim.wait_until(29);
    assert_eq!(titles(&sim), [""; 0], "a collector may be about to ask");
    sim.wait_until(31);
    assert_eq!(titles(&sim), ["Nobody watches pod team-a/e2e-y"]);
    let (status, reason) = verdict(&mut sim);
    assert_eq!(status, RunStatus::Incomplete, "{reason}");
    let said = "nobody watched pod team-a/e2e-y: its output was not seen";
    assert!(reason.starts_with(said), "{reason}");
    assert_eq!(titles(&sim), ["Nobody watches pod team-a/e2e-y"]);
}

#[test]
fn a_sidecar_that_sends_nothing_is_said_at_the_end() {
    let mut sim = Sim::new(Settings::default());
    let mut silent = another();
    silent.containers.push(ContainerFact {
        name: "sentinel-sidecar".to_owned(),
        state: ContainerState::Running(None),
        ..ContainerFact::default()
    });
    tell(&mut sim, [job(None), Fact::Pod(silent.clone())]);
    green(&mut sim);
    sim.wait_until(60);
    assert_eq!(titles(&sim), [""; 0]);
    tell(&mut sim, [Fact::Pod(ended(silent)), job(Some(""))]);
    sim.wait_until(120);
    let run = sim.core.run("r1").expect("the run is known");
    assert_eq!(run.status(), RunStatus::Incomplete);
    let said = "no output of pod team-a/e2e-y was seen, which comes by way of its sidecar";
    assert!(run.reason().is_some_and(|reason| reason.starts_with(said)));
    assert_eq!(titles(&sim), ["Nothing was read of pod team-a/e2e-y"]);
}

#[test]
fn a_nodes_collector_reads_what_has_no_sidecar_until_it_has_all_of_it_and_the_run_is_green() {
    let mut sim = Sim::new(Settings::default());
    tell(&mut sim, [job(None), Fact::Pod(of_job(pod()))]);
    green(&mut sim);
    tell(&mut sim, [Fact::Pod(another())]);
    let told = PodToRead {
        uid: "uid-2".to_owned(),
        namespace: "team-a".to_owned(),
        name: "e2e-y".to_owned(),
        containers: vec![ContainerToRead {
            name: "tests".to_owned(),
            restarts: 0,
        }],
        run_id: "r1".to_owned(),
        over: false,
    };
    assert_eq!(collect(&mut sim, Way::Node), std::slice::from_ref(&told));
    // Nobody else is told to read it as well, however long that one is away.
    sim.wait_until(90);
    assert_eq!(names(&mut sim, Way::Api), [""; 0]);
    read_by(&mut sim, "y", &another(), "node");
    tell(&mut sim, [Fact::Pod(ended(another()))]);
    let over = PodToRead { over: true, ..told };
    assert_eq!(collect(&mut sim, Way::Node), [over]);
    let end = crate::sim::end_of_stream(0, None, None);
    sim.step(Input::Frame {
        stream: "y".to_owned(),
        frame: frame(0, 0, true, &[end]),
    });
    assert_eq!(names(&mut sim, Way::Node), [""; 0]);
    let (status, reason) = verdict(&mut sim);
    assert_eq!(status, RunStatus::Passed, "{reason}");
    assert_eq!(titles(&sim), [""; 0]);
}

#[test]
fn the_logs_api_is_for_pods_on_nodes_without_a_collector_or_that_ask_for_it() {
    let mut sim = Sim::new(Settings::default());
    assert_eq!(names(&mut sim, Way::Node), [""; 0]);
    assert_eq!(names(&mut sim, Way::Api), [""; 0]);
    let mut elsewhere = another();
    elsewhere.uid = "uid-3".to_owned();
    elsewhere.name = "e2e-z".to_owned();
    elsewhere.node = Some("node-2".to_owned());
    let mut asks = another();
    asks.uid = "uid-4".to_owned();
    asks.name = "e2e-asks".to_owned();
    asks.sentinel.insert("source".to_owned(), "api".to_owned());
    let pods = [another(), elsewhere, asks].map(Fact::Pod);
    tell(&mut sim, [job(None)].into_iter().chain(pods));
    assert_eq!(names(&mut sim, Way::Api), ["e2e-z", "e2e-asks"]);
    assert_eq!(names(&mut sim, Way::Node), ["e2e-y"]);
    // The node's collector has gone before it was told of this one.
    sim.wait_until(31);
    let mut late = another();
    late.uid = "uid-5".to_owned();
    late.name = "e2e-late".to_owned();
    tell(&mut sim, [Fact::Pod(late)]);
    let told = ["e2e-z", "e2e-asks", "e2e-late"];
    assert_eq!(names(&mut sim, Way::Api), told);
}

#[test]
fn pods_that_never_ran_or_run_no_tests_are_missed_by_nobody() {
    let mut sim = Sim::new(Settings::default());
    let mut waits = another();
    waits.containers[0].state = ContainerState::Waiting("RunContainerError".to_owned());
    waits.containers[0].last_terminated = Some(Terminated {
        reason: "StartError".to_owned(),
        exit_code: 128,
        ..Terminated::default()
    });
    let mut said = of_job(pod());
    said.uid = "uid-3".to_owned();
    said.sentinel.insert("source".to_owned(), "none".to_owned());
    let mut database = pod();
    database.uid = "uid-4".to_owned();
    database.owner = Some(Owner {
        kind: "ReplicaSet".to_owned(),
        ..Owner::default()
    });
    tell(&mut sim, [job(None)]);
    tell(&mut sim, [waits, said, database].map(Fact::Pod));
    assert_eq!(names(&mut sim, Way::Node), [""; 0]);
    green(&mut sim);
    tell(&mut sim, [job(Some(""))]);
    sim.wait_until(120);
    let run = sim.core.run("r1").expect("the run is known");
    assert_eq!(run.status(), RunStatus::Passed, "{:?}", run.reason());
    assert_eq!(titles(&sim), [""; 0]);
}

#[test]
fn only_the_container_that_was_named_is_read_and_never_our_own() {
    let mut sim = Sim::new(Settings::default());
    let mut two = another();
    two.containers.push(ContainerFact {
        name: "db".to_owned(),
        ..ContainerFact::default()
    });
    tell(&mut sim, [job(None), Fact::Pod(two.clone())]);
    let containers = |sim: &mut Sim| -> Vec<String> {
        let told = collect(sim, Way::Node).remove(0);
        told.containers.into_iter().map(|c| c.name).collect()
    };
    assert_eq!(containers(&mut sim), ["tests", "db"]);
    let named = ("container".to_owned(), "tests".to_owned());
    two.sentinel.extend([named]);
    tell(&mut sim, [Fact::Pod(two)]);
    assert_eq!(containers(&mut sim), ["tests"]);
}

#[test]
fn more_collectors_than_there_may_be_nodes_are_refused_and_counted() {
    let limits = Limits {
        nodes: 1,
        ..Limits::default()
    };
    let mut sim = Sim::new(Settings {
        limits,
        ..Settings::default()
    });
    let ask = |sim: &mut Sim, node: &str| {
        let node = Some(node.to_owned());
        reply(&sim.step(Input::Collect {
            way: Way::Node,
            node,
        }))
    };
    assert!(matches!(ask(&mut sim, "a"), Reply::ToRead(_)));
    assert!(matches!(ask(&mut sim, "b"), Reply::Refused(_)));
    sim.wait_until(31);
    assert!(matches!(ask(&mut sim, "b"), Reply::ToRead(_)));
}
