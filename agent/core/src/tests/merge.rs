//! Several sources speak of one run: the order of arrival decides nothing.

use proptest::prelude::*;
use sentinel_parsers::event::{Body, Event, RunStart, Status, TestEnd};
use sentinel_parsers::wire::RunContext;

use crate::sim::{end_of_stream, frame, open, run};
use crate::{Core, Input, Settings, Told};

/// What the sources say. Each stream's own inputs keep their order.
fn sources() -> Vec<Vec<Input>> {
    let said = |pipeline: &str, branch: &str, label: &str| RunContext {
        branch: Some(branch.to_owned()).filter(|b| !b.is_empty()),
        labels: [("team".to_owned(), label.to_owned())].into(),
        ..run("r1", pipeline)
    };
    vec![
        vec![Input::Run {
            context: said("from-webhook", "from-webhook", "from-webhook"),
            provenance: "webhook:github".to_owned(),
            end: Told::Nothing,
        }],
        vec![Input::Run {
            context: said("from-job", "", "from-job"),
            provenance: "job".to_owned(),
            end: Told::Nothing,
        }],
        stream("a", said("from-env", "from-env", ""), Some("from-marker")),
        stream("b", said("other-env", "", "from-env"), None),
        stream("c", run("r1", ""), None),
    ]
}

fn stream(id: &str, context: RunContext, marker: Option<&str>) -> Vec<Input> {
    let mut events = Vec::new();
    let event = |offset, body| Event {
        offset,
        sub: 0,
        line: 1 + offset / 10,
        time_ms: None,
        lane: 0,
        dialect: "sentinel",
        body,
    };
    let start = RunStart {
        pipeline: marker,
        ..RunStart::default()
    };
    events.push(event(0, Body::RunStart(start)));
    let end = TestEnd::new(Some("s"), "t", Status::Passed);
    events.push(event(10, Body::TestEnd(end)));
    events.push(end_of_stream(20, Some(0), None));
    vec![
        Input::OpenStream {
            stream: id.to_owned(),
            open: open(id, context),
        },
        Input::Frame {
            stream: id.to_owned(),
            frame: frame(0, 10, false, &events[..1]),
        },
        Input::Frame {
            stream: id.to_owned(),
            frame: frame(10, 20, true, &events[1..]),
        },
    ]
}

/// The sources interleaved as the picks say, each in its own order.
fn interleave(picks: &[usize]) -> Vec<Input> {
    let mut queues: Vec<_> = sources()
        .into_iter()
        .map(std::collections::VecDeque::from)
        .collect();
    let mut order = Vec::new();
    for pick in picks {
        let n = pick % queues.len();
        order.extend(queues[n].pop_front());
    }
    order.extend(queues.into_iter().flatten());
    order
}

fn outcome(inputs: Vec<Input>) -> String {
    let mut core = Core::new(Settings::default());
    for input in inputs {
        core.step(0, input);
    }
    core.step(60_000, Input::Tick);
    let Some(run) = core.run("r1") else {
        return String::new();
    };
    let mut provenance = run.provenance.clone();
    provenance.sort();
    format!(
        "{:?} {provenance:?} {:?} {:?} {:?}",
        run.context(),
        run.status(),
        run.reason(),
        run.sums()
    )
}

#[test]
fn a_marker_beats_the_environment_which_beats_a_job_which_beats_a_webhook() {
    let mut core = Core::new(Settings::default());
    for input in interleave(&[]) {
        core.step(0, input);
    }
    let context = core
        .run("r1")
        .map(super::super::runs::Run::context)
        .unwrap_or_default();
    assert_eq!(context.pipeline.as_deref(), Some("from-marker"));
    assert_eq!(context.branch.as_deref(), Some("from-env"));
    assert_eq!(
        context.labels.get("team").map(String::as_str),
        Some("from-env")
    );
}

#[test]
fn a_restored_run_keeps_what_only_a_webhook_said() {
    let mut core = Core::new(Settings::default());
    let mut row = None;
    for input in sources().into_iter().take(3).flatten() {
        for output in core.step(0, input).persist {
            if let crate::Persist::Run(run) = output {
                row = Some(run);
            }
        }
    }
    let row = row.expect("a run's row");
    let mut again = Core::new(Settings::default());
    again.restore_run(&row);
    for input in stream("a", run("r1", "from-env"), Some("from-marker")) {
        again.restore(0, input);
    }
    assert_eq!(
        again.run("r1").map(super::super::runs::Run::context),
        core.run("r1").map(super::super::runs::Run::context)
    );
    assert_eq!(
        again.run("r1").map(|r| r.provenance.clone()),
        core.run("r1").map(|r| r.provenance.clone())
    );
}

#[test]
fn a_run_id_in_a_marker_does_not_move_the_stream() {
    let mut core = Core::new(Settings::default());
    core.step(
        0,
        Input::OpenStream {
            stream: "a".to_owned(),
            open: open("a", run("r1", "")),
        },
    );
    let start = Event {
        offset: 0,
        sub: 0,
        line: 1,
        time_ms: None,
        lane: 0,
        dialect: "sentinel",
        body: Body::RunStart(RunStart {
            run_id: Some("another"),
            ..RunStart::default()
        }),
    };
    core.step(
        0,
        Input::Frame {
            stream: "a".to_owned(),
            frame: frame(0, 10, false, &[start]),
        },
    );
    let context = core
        .run("r1")
        .map(super::super::runs::Run::context)
        .unwrap_or_default();
    assert_eq!(
        context.labels.get("marked-run-id").map(String::as_str),
        Some("another")
    );
    assert!(core.run("another").is_none());
}

proptest! {
    #[test]
    fn any_arrival_order_gives_the_same_run(picks in prop::collection::vec(0usize..5, 0..40)) {
        prop_assert_eq!(outcome(interleave(&picks)), outcome(interleave(&[])));
    }

    #[test]
    fn labels_beyond_the_limit_are_left_out_whatever_their_order(
        keys in prop::collection::vec("[a-z]{1,2}", 1..30).prop_shuffle(),
    ) {
        let settings = || {
            let mut settings = Settings::default();
            settings.limits.labels = 4;
            settings
        };
        let hear = |keys: &[String]| {
            let mut core = Core::new(settings());
            for key in keys {
                let mut context = run("r1", "p");
                context.labels.insert(key.clone(), "x".to_owned());
                core.step(0, Input::Run { context, provenance: "webhook:generic".to_owned(), end: Told::Nothing });
            }
            core.run("r1").map(super::super::runs::Run::context)
        };
        let mut sorted = keys.clone();
        sorted.sort();
        prop_assert_eq!(hear(&keys), hear(&sorted));
    }
}
