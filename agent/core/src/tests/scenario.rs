//! Scenarios: a script of what happens when, the log's own text included, and the report that comes
//! out of it.

use crate::fact::{ContainerFact, ContainerState, Fact, PodFact, Terminated};
use crate::sim::{START, Sim, run};
use crate::{Input, Millis, Settings};

/// Plays a script and gives the notices and the report. Each line begins with the second it happens
/// in; lines without one continue the output before.
///
/// ```text
/// 0 open tests            a stream of run r1, pipeline nightly, container `tests`
/// 1 tests| ok 1 - adds    its output
/// 2 tests exit 0          its end (or: signal 15)
/// 3 oom tests 137         its container was killed for its memory, with that exit code
/// 4 alive tests           its sender asks for the position
/// 9 wait                  time passes
/// ```
fn play(settings: Settings, script: &str) -> String {
    let mut sim = Sim::new(settings);
    let mut said: Vec<(Millis, String, String)> = Vec::new();
    for line in script.trim().lines().map(str::trim_start) {
        let Some((second, what)) = timed(line) else {
            panic!("no time in `{line}`");
        };
        if let Some((stream, text)) = what.split_once("| ") {
            match said.last_mut() {
                Some((at, of, lines)) if *at == second && of == stream => {
                    lines.push_str(text);
                    lines.push('\n');
                }
                _ => said.push((second, stream.to_owned(), format!("{text}\n"))),
            }
            continue;
        }
        flush(&mut sim, &mut said);
        sim.wait_until(second);
        act(&mut sim, what);
    }
    flush(&mut sim, &mut said);
    let mut text = String::new();
    for (second, notice) in &sim.notices {
        text.push_str(&format!("{second:>5} s {notice}\n", notice = short(notice)));
    }
    idempotent(&mut sim);
    text + "\n" + &sim.report()
}

fn timed(line: &str) -> Option<(Millis, &str)> {
    let (second, what) = line.split_once(' ')?;
    Some((second.parse().ok()?, what))
}

fn flush(sim: &mut Sim, said: &mut Vec<(Millis, String, String)>) {
    for (second, stream, text) in said.drain(..) {
        sim.wait_until(second);
        sim.say(&stream, &text);
    }
}

fn act(sim: &mut Sim, what: &str) {
    let words: Vec<&str> = what.split(' ').collect();
    match words[..] {
        ["open", stream] => drop(sim.open(stream, run("r1", "nightly"))),
        ["wait"] => {}
        ["alive", stream] => drop(sim.step(Input::AskPosition {
            stream: stream.to_owned(),
        })),
        ["oom", container, code] => {
            let fact = oom(container, code.parse().expect("an exit code"));
            sim.step(Input::Fact(fact));
        }
        [stream, "exit", code] => drop(sim.exit(stream, code.parse().ok(), None)),
        [stream, "signal", number] => drop(sim.exit(stream, None, number.parse().ok())),
        _ => panic!("what is `{what}`?"),
    }
}

fn oom(container: &str, exit_code: i32) -> Fact {
    Fact::Pod(PodFact {
        uid: "uid-1".to_owned(),
        namespace: "team-a".to_owned(),
        name: "e2e-x".to_owned(),
        phase: "Running".to_owned(),
        containers: vec![ContainerFact {
            name: container.to_owned(),
            memory_limit: Some("16Mi".to_owned()),
            state: ContainerState::Terminated(Terminated {
                reason: "OOMKilled".to_owned(),
                exit_code,
                started_ms: Some(START),
                finished_ms: Some(START + 60_000),
            }),
            ..ContainerFact::default()
        }],
        ..PodFact::default()
    })
}

fn short(notice: &crate::Notice) -> String {
    match notice {
        crate::Notice::RunStatus { run_id, status } => format!("{run_id} {}", status.as_str()),
        crate::Notice::Anomaly { rule, subject, .. } => format!("{rule} {subject}"),
    }
}

/// A second look at the same moment finds nothing new.
fn idempotent(sim: &mut Sim) {
    sim.step(Input::Tick);
    let outputs = sim.step(Input::Tick);
    assert!(outputs.persist.is_empty(), "{:?}", outputs.persist);
    assert!(outputs.notify.is_empty(), "{:?}", outputs.notify);
}

fn with(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = Settings::default();
    change(&mut settings);
    settings
}

fn pipeline(change: impl FnOnce(&mut sentinel_config::PipelineRules)) -> Settings {
    with(|settings| {
        let mut rules = sentinel_config::PipelineRules::default();
        change(&mut rules);
        settings.pipelines.push(rules);
    })
}

macro_rules! scenario {
    ($name:ident, $settings:expr, $script:expr) => {
        #[test]
        fn $name() {
            insta::assert_snapshot!(play($settings, $script));
        }
    };
}

scenario!(
    a_green_run_passes,
    Settings::default(),
    "0 open tests
     1 tests| TAP version 13
     1 tests| 1..2
     1 tests| ok 1 - adds
     2 tests| ok 2 - subtracts
     3 tests exit 0
     20 wait"
);

scenario!(
    exit_0_with_a_failed_test_is_failed_and_inconsistent,
    Settings::default(),
    "0 open tests
     1 tests| TAP version 13
     1 tests| 1..2
     1 tests| ok 1 - adds
     2 tests| not ok 2 - subtracts
     3 tests exit 0
     20 wait"
);

scenario!(
    exit_1_without_a_failed_test_is_errored_and_inconsistent,
    Settings::default(),
    "0 open tests
     1 tests| TAP version 13
     1 tests| 1..1
     1 tests| ok 1 - adds
     3 tests exit 1
     20 wait"
);

scenario!(
    fewer_tests_than_planned_is_incomplete,
    Settings::default(),
    "0 open tests
     1 tests| TAP version 13
     1 tests| 1..3
     1 tests| ok 1 - adds
     3 tests exit 0
     20 wait"
);

scenario!(
    no_test_at_all_is_incomplete,
    Settings::default(),
    "0 open tests
     1 tests| hello
     3 tests exit 0
     20 wait"
);

scenario!(
    a_run_somebody_ended_is_aborted,
    Settings::default(),
    "0 open tests
     1 tests| === RUN   TestUpload
     3 tests signal 15
     20 wait"
);

scenario!(
    a_segfault_is_errored_by_name,
    Settings::default(),
    "0 open tests
     1 tests| === RUN   TestUpload
     3 tests signal 11
     20 wait"
);

scenario!(
    a_test_that_hangs_silently_is_named_and_resolved_when_it_ends,
    Settings::default(),
    "0 open tests
     1 tests| === RUN   TestUpload
     500 alive tests
     701 tests| --- PASS: TestUpload (700.00s)
     701 tests| PASS
     701 tests| ok  \texample.com/api\t700.100s
     702 tests exit 0
     720 wait"
);

scenario!(
    a_chatty_slow_test_is_milder,
    with(|s| s.rules.hanging_test.in_test = std::time::Duration::from_secs(30)),
    "0 open tests
     1 tests| === RUN   TestUpload
     20 tests| waiting for the server
     40 tests| waiting for the server
     50 wait"
);

scenario!(
    a_test_that_hangs_until_it_is_ended_stays_reported,
    with(|s| s.rules.hanging_test.in_test = std::time::Duration::from_secs(30)),
    "0 open tests
     1 tests| === RUN   TestUpload
     60 tests signal 15
     80 wait"
);

scenario!(
    nothing_begins_for_too_long,
    Settings::default(),
    "0 open tests
     1 tests| compiling
     310 wait"
);

scenario!(
    a_pause_between_tests_says_that_starts_are_not_told,
    Settings::default(),
    "0 open tests
     1 tests| TAP version 13
     1 tests| 1..2
     1 tests| ok 1 - adds
     310 wait"
);

scenario!(
    a_process_that_does_not_end_after_its_tests,
    Settings::default(),
    "0 open tests
     1 tests| TAP version 13
     1 tests| 1..1
     1 tests| ok 1 - adds
     310 wait"
);

scenario!(
    output_that_outlives_its_container,
    Settings::default(),
    "0 open tests
     1 tests| === RUN   TestUpload
     60 oom tests 137
     95 wait"
);

scenario!(
    memory_kill_of_the_test_container_names_the_running_test,
    Settings::default(),
    "0 open tests
     1 tests| === RUN   TestUpload
     60 oom tests 137
     61 tests signal 9
     80 wait"
);

scenario!(
    memory_kill_of_a_child_process_leaves_the_exit_code,
    Settings::default(),
    "0 open tests
     1 tests| TAP version 13
     1 tests| 1..1
     1 tests| ok 1 - adds
     60 oom tests 0
     61 tests exit 0
     80 wait"
);

scenario!(
    memory_kill_beside_the_tests_is_milder,
    Settings::default(),
    "0 open tests
     1 tests| === RUN   TestUpload
     60 oom database 137
     61 wait"
);

scenario!(
    many_failures_at_once_are_one_finding,
    Settings::default(),
    "0 open tests
     1 tests| TAP version 13
     1 tests| 1..8
     1 tests| ok 1 - a
     2 tests| not ok 2 - b
     3 tests| not ok 3 - c
     4 tests| not ok 4 - d
     5 tests| not ok 5 - e
     6 tests| not ok 6 - f
     7 wait"
);

scenario!(
    failures_spread_over_time_are_no_spike,
    Settings::default(),
    "0 open tests
     1 tests| TAP version 13
     1 tests| 1..8
     60 tests| not ok 1 - b
     120 tests| not ok 2 - c
     180 tests| not ok 3 - d
     240 tests| not ok 4 - e
     300 tests| not ok 5 - f
     301 wait"
);

scenario!(
    an_overdue_suite_is_reported_live_and_resolved_when_it_comes,
    pipeline(|p| {
        p.required_suites = vec!["example.com/api".to_owned(), "e2e-*".to_owned()];
        p.suite_overdue = Some(std::time::Duration::from_secs(60));
    }),
    "0 open tests
     1 tests| === RUN   TestA
     70 tests| --- PASS: TestA (69.00s)
     70 tests| PASS
     70 tests| ok  \texample.com/api\t69.100s
     71 tests exit 0
     90 wait"
);

scenario!(
    a_forbidden_suite_is_reported_at_once,
    pipeline(|p| p.forbidden_suites = vec!["*/destructive".to_owned()]),
    "0 open tests
     1 tests| === RUN   TestA
     2 tests| --- PASS: TestA (1.00s)
     2 tests| PASS
     2 tests| ok  \texample.com/destructive\t1.100s"
);

scenario!(
    too_many_tests_live_and_too_few_at_the_end,
    pipeline(|p| {
        p.tests.max = Some(1);
        let few = sentinel_config::Range {
            min: Some(5),
            max: None,
        };
        p.suites.insert("example.com/*".to_owned(), few.clone());
        p.suites.insert("example.com/web".to_owned(), few);
    }),
    "0 open tests
     1 tests| === RUN   TestA
     2 tests| --- PASS: TestA (1.00s)
     2 tests| === RUN   TestB
     3 tests| --- PASS: TestB (1.00s)
     3 tests| PASS
     3 tests| ok  \texample.com/api\t1.100s
     5 tests exit 0
     20 wait"
);
