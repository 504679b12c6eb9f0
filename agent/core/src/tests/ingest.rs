//! The position rule, the rows of a frame, and replay.

use proptest::prelude::*;
use sentinel_parsers::event::{Body, Event, Gap, Status, SuiteEnd, TestEnd, TestStart};

use crate::run::RunStatus;
use crate::sim::{Sim, end_of_stream, frame, reply, run};
use crate::{Input, Persist, Reply, Settings};

/// A passed test told by a line of ten bytes.
fn passed(offset: u64, name: &str) -> Event<'_> {
    event(
        offset,
        Body::TestEnd(TestEnd::new(Some("s"), name, Status::Passed)),
    )
}

fn event(offset: u64, body: Body<'_>) -> Event<'_> {
    Event {
        offset,
        sub: 0,
        line: offset / 10 + 1,
        time_ms: Some(crate::sim::START),
        lane: 0,
        dialect: "tap",
        body,
    }
}

fn sim() -> Sim {
    let mut sim = Sim::new(Settings::default());
    sim.open("a", run("r1", "p"));
    sim
}

fn send(sim: &mut Sim, start: u64, end: u64, last: bool, events: &[Event<'_>]) -> Reply {
    let frame = frame(start, end, last, events);
    reply(&sim.step(Input::Frame {
        stream: "a".to_owned(),
        frame,
    }))
}

const fn at(committed: u64, closed: bool, duplicate: bool) -> Reply {
    Reply::At {
        committed,
        closed,
        duplicate,
    }
}

#[test]
fn writers_of_one_stream_keep_their_tests_apart_over_frames() {
    let mut sim = sim();
    let told = |offset, lane, body| Event {
        lane,
        ..event(offset, body)
    };
    let end = |status| Body::TestEnd(TestEnd::new(None, "TestA", status));
    let over = |suite| {
        Body::SuiteEnd(SuiteEnd {
            suite,
            status: None,
            duration_s: None,
            adopts: true,
        })
    };
    let first = [
        told(0, 1, end(Status::Passed)),
        told(10, 2, end(Status::Failed)),
    ];
    let second = [told(20, 2, over("two")), told(30, 1, over("one"))];
    send(&mut sim, 0, 20, false, &first);
    send(&mut sim, 20, 40, false, &second);
    let run = sim.core.run("r1").expect("the run is open");
    let tests = run.streams().flat_map(|s| s.ledger().tests());
    let told: Vec<_> = tests.map(|t| (t.suite.as_deref(), t.status())).collect();
    assert_eq!(
        told,
        [(Some("one"), Status::Passed), (Some("two"), Status::Failed)]
    );
}

#[test]
fn a_contiguous_frame_is_taken_and_the_same_again_is_a_duplicate() {
    let mut sim = sim();
    let events = [passed(0, "one"), passed(10, "two")];
    assert_eq!(send(&mut sim, 0, 20, false, &events), at(20, false, false));
    assert_eq!(send(&mut sim, 0, 20, false, &events), at(20, false, true));
    assert_eq!(sim.core.run("r1").map(|r| r.totals().total()), Some(2));
    assert_eq!(sim.core.metrics().duplicates, 1);
}

#[test]
fn an_overlapping_frame_counts_only_what_is_new() {
    let mut sim = sim();
    send(&mut sim, 0, 10, false, &[passed(0, "one")]);
    let events = [passed(0, "one"), passed(10, "two")];
    let outputs = sim.step(Input::Frame {
        stream: "a".to_owned(),
        frame: frame(0, 20, false, &events),
    });
    assert_eq!(reply(&outputs), at(20, false, false));
    let stored = outputs.persist.iter().find_map(|row| match row {
        Persist::Frame(row) => Some((row.frame.header().start, row.frame.event_count())),
        _ => None,
    });
    assert_eq!(stored, Some((10, 1)));
    assert_eq!(sim.core.run("r1").map(|r| r.totals().total()), Some(2));
}

#[test]
fn a_loss_that_began_before_the_position_goes_on_there_and_is_taken_again_after_a_restart() {
    let gap = |from, to| {
        let reason = "rotated_away";
        event(from, Body::Gap(Gap { from, to, reason }))
    };
    let mut sim = sim();
    // What came late of an earlier sender, and then one that can no longer read all of that.
    send(
        &mut sim,
        0,
        20,
        false,
        &[passed(0, "one"), passed(10, "two")],
    );
    let outputs = sim.step(Input::Frame {
        stream: "a".to_owned(),
        frame: frame(
            0,
            50,
            false,
            &[passed(0, "one"), gap(10, 40), passed(40, "five")],
        ),
    });
    assert_eq!(reply(&outputs), at(50, false, false));
    let stored = outputs.persist.iter().find_map(|row| match row {
        Persist::Frame(row) => Some(row.frame.clone()),
        _ => None,
    });
    let stored = stored.expect("the frame is stored");
    let told: Vec<_> = stored.events().map(|e| (e.offset, e.body)).collect();
    let [(20, Body::Gap(left)), (40, Body::TestEnd(_))] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!((left.from, left.to), (20, 40));
    let rows = outputs
        .persist
        .iter()
        .filter(|row| matches!(row, Persist::Gap(_)));
    assert_eq!(rows.count(), 1);
    assert_eq!(sim.core.run("r1").map(|r| r.sums().lost_bytes), Some(20));
}

#[test]
fn a_frame_beyond_the_position_is_a_hole() {
    let mut sim = sim();
    let got = send(&mut sim, 10, 20, false, &[passed(10, "two")]);
    assert_eq!(got, Reply::Hole { committed: 0 });
    assert_eq!(sim.core.metrics().holes, 1);
}

#[test]
fn an_empty_last_frame_closes_the_stream_and_later_frames_are_duplicates() {
    let mut sim = sim();
    send(&mut sim, 0, 10, false, &[passed(0, "one")]);
    let end = [end_of_stream(10, Some(0), None)];
    assert_eq!(send(&mut sim, 10, 10, true, &end), at(10, true, false));
    assert_eq!(send(&mut sim, 10, 10, true, &end), at(10, true, true));
    assert_eq!(
        send(&mut sim, 10, 20, false, &[passed(10, "two")]),
        at(10, true, true)
    );
}

#[test]
fn a_last_frame_that_overlaps_still_tells_the_end() {
    let mut sim = sim();
    send(&mut sim, 0, 10, false, &[passed(0, "one")]);
    let events = [passed(0, "one"), end_of_stream(10, Some(3), None)];
    assert_eq!(send(&mut sim, 0, 10, true, &events), at(10, true, false));
    let code = sim
        .core
        .stream("a")
        .and_then(|s| s.end())
        .and_then(|e| e.exit_code);
    assert_eq!(code, Some(3));
}

#[test]
fn another_epoch_is_refused_and_an_unopened_stream_is_unknown() {
    let mut sim = sim();
    let mut builder = sentinel_parsers::frame::FrameBuilder::new();
    let other = builder.finish(sentinel_parsers::frame::Header {
        epoch: [1; 16],
        seq: 0,
        start: 0,
        end: 5,
        last: false,
    });
    let outputs = sim.step(Input::Frame {
        stream: "a".to_owned(),
        frame: other.clone(),
    });
    assert_eq!(
        reply(&outputs),
        Reply::Refused("the epoch is not the stream's")
    );
    let outputs = sim.step(Input::Frame {
        stream: "b".to_owned(),
        frame: other,
    });
    assert_eq!(reply(&outputs), Reply::UnknownStream);
}

#[test]
fn a_gap_advances_like_data_and_is_stored() {
    let mut sim = sim();
    let gap = event(
        0,
        Body::Gap(Gap {
            from: 0,
            to: 500,
            reason: "rotated_away",
        }),
    );
    let outputs = sim.step(Input::Frame {
        stream: "a".to_owned(),
        frame: frame(0, 500, false, &[gap]),
    });
    assert_eq!(reply(&outputs), at(500, false, false));
    assert!(outputs.persist.iter().any(|row| matches!(
        row,
        Persist::Gap(gap) if gap.to == 500 && gap.reason == "rotated_away"
    )));
    assert!(outputs.persist.iter().any(|row| matches!(
        row,
        Persist::Run(run) if run.lost_bytes == 500
    )));
}

#[test]
fn a_retry_rewrites_the_earlier_attempts_row() {
    let mut sim = sim();
    let result = |offset, status, attempt| {
        let mut end = TestEnd::new(Some("s"), "t", status);
        end.attempt = Some(attempt);
        event(offset, Body::TestEnd(end))
    };
    send(&mut sim, 0, 10, false, &[result(0, Status::Failed, 1)]);
    let outputs = sim.step(Input::Frame {
        stream: "a".to_owned(),
        frame: frame(10, 20, false, &[result(10, Status::Passed, 2)]),
    });
    let rows: Vec<_> = outputs
        .persist
        .iter()
        .filter_map(|row| match row {
            Persist::Test(t) => Some((t.attempt.number, t.attempt.status, t.latest)),
            _ => None,
        })
        .collect();
    assert_eq!(
        rows,
        [(1, Status::Failed, false), (2, Status::Passed, true)]
    );
    assert_eq!(sim.core.run("r1").map(|r| r.sums().flaky), Some(1));
}

#[test]
fn running_tests_are_listed_longest_first() {
    let mut sim = sim();
    for (offset, name) in [(0, "first"), (10, "second")] {
        let start = TestStart {
            suite: Some("s"),
            name,
            attempt: None,
            tags: None,
        };
        let mut event = event(offset, Body::TestStart(start));
        event.time_ms = Some(sim.now);
        send(&mut sim, offset, offset + 10, false, &[event]);
        let next = (sim.now - crate::sim::START) / 1_000 + 5;
        sim.wait_until(next);
    }
    let run = sim.core.run("r1");
    let names: Vec<_> = run
        .iter()
        .flat_map(|r| r.running())
        .map(|r| r.test.name.to_string())
        .collect();
    assert_eq!(names, ["first", "second"]);
    assert_eq!(run.map(|r| r.elapsed_ms(sim.now)), Some(10_000));
}

#[test]
fn tests_beyond_the_limit_are_counted_not_kept() {
    let mut settings = Settings::default();
    settings.run.max_tests = 1;
    let mut sim = Sim::new(settings);
    sim.open("a", run("r1", "p"));
    send(
        &mut sim,
        0,
        20,
        false,
        &[passed(0, "one"), passed(10, "two")],
    );
    let run = sim.core.run("r1");
    assert_eq!(run.map(|r| r.totals().total()), Some(2));
    assert_eq!(
        run.and_then(|r| r.dropped().get("max_tests").copied()),
        Some(1)
    );
    assert_eq!(sim.core.metrics().limits.get("max_tests"), Some(&1));
}

#[test]
fn a_late_stream_reopens_a_run_that_is_over() {
    let mut sim = sim();
    let events = [passed(0, "one"), end_of_stream(10, Some(0), None)];
    send(&mut sim, 0, 10, true, &events);
    let status = |sim: &Sim| sim.core.run("r1").map(super::super::runs::Run::status);
    assert_eq!(status(&sim), Some(RunStatus::Finalizing));
    sim.wait_until(30);
    assert_eq!(status(&sim), Some(RunStatus::Passed));
    assert_eq!(sim.core.open_runs().count(), 0);
    sim.open("b", run("r1", "p"));
    assert_eq!(status(&sim), Some(RunStatus::Running));
    assert_eq!(sim.core.open_runs().count(), 1);
}

#[test]
fn a_silent_run_is_lost_and_found_again() {
    let mut sim = sim();
    send(&mut sim, 0, 10, false, &[passed(0, "one")]);
    sim.wait_until(601);
    let status = |sim: &Sim| sim.core.run("r1").map(super::super::runs::Run::status);
    assert_eq!(status(&sim), Some(RunStatus::Lost));
    let events = [end_of_stream(10, Some(0), None)];
    send(&mut sim, 10, 10, true, &events);
    assert_eq!(status(&sim), Some(RunStatus::Finalizing));
    sim.wait_until(620);
    assert_eq!(status(&sim), Some(RunStatus::Passed));
}

#[test]
fn a_sender_that_asks_for_its_position_keeps_the_run_alive() {
    let mut sim = sim();
    let ask = |sim: &mut Sim| {
        sim.step(Input::AskPosition {
            stream: "a".to_owned(),
        })
    };
    let status = |sim: &Sim| sim.core.run("r1").map(super::super::runs::Run::status);
    sim.wait_until(500);
    assert_eq!(reply(&ask(&mut sim)), at(0, false, false));
    sim.wait_until(1_000);
    assert_eq!(status(&sim), Some(RunStatus::Running));
    sim.wait_until(1_200);
    assert_eq!(status(&sim), Some(RunStatus::Lost));
    ask(&mut sim);
    assert_eq!(status(&sim), Some(RunStatus::Running));
}

#[test]
fn runs_that_are_over_are_forgotten_after_a_while() {
    let mut sim = sim();
    let events = [passed(0, "one"), end_of_stream(10, Some(0), None)];
    send(&mut sim, 0, 10, true, &events);
    sim.wait_until(30);
    assert!(sim.core.run("r1").is_some() && sim.core.stream("a").is_some());
    sim.wait_until(3_610);
    assert!(sim.core.run("r1").is_none() && sim.core.stream("a").is_none());
    assert_eq!(send(&mut sim, 0, 10, true, &events), Reply::UnknownStream);
}

/// Frames of a stream of `n` lines, cut at arbitrary places, repeated and overlapping, in an order
/// that a sender that goes back now and then would produce.
fn deliveries() -> impl Strategy<Value = Vec<(u64, u64)>> {
    prop::collection::vec((0u64..12, 1u64..6), 1..40)
}

/// What can be seen of a core's run.
fn state(core: &crate::Core) -> String {
    let Some(run) = core.run("r1") else {
        return String::new();
    };
    let streams: Vec<_> = run
        .streams()
        .map(|s| (s.row(), s.ledger().tests()))
        .collect();
    let seen = (
        run.context(),
        run.status(),
        run.reason(),
        run.ended_ms(),
        run.sums(),
        streams,
    );
    format!(
        "{seen:?} {:?} {:?}",
        run.failures(),
        run.anomalies().collect::<Vec<_>>()
    )
}

proptest! {
    /// Whatever is sent again or overlaps, each event counts once, and the position never goes back.
    #[test]
    fn every_event_counts_exactly_once(deliveries in deliveries()) {
        let names: Vec<String> = (0..20).map(|i| format!("t{i}")).collect();
        let mut sim = sim();
        let mut position = 0;
        for (start, lines) in deliveries {
            let range = start..(start + lines).min(20);
            let events: Vec<Event<'_>> =
                range.clone().map(|i| passed(i * 10, &names[i as usize])).collect();
            let reply = send(&mut sim, range.start * 10, range.end * 10, false, &events);
            let now = match reply {
                Reply::At { committed, .. } => committed,
                Reply::Hole { committed } => {
                    prop_assert!(range.start * 10 > committed);
                    committed
                }
                other => return Err(TestCaseError::fail(format!("{other:?}"))),
            };
            prop_assert!(now >= position);
            position = now;
            let total = sim.core.run("r1").map(|r| r.totals().total());
            prop_assert_eq!(total, Some(position / 10));
        }
    }

    /// Feeding the recorded inputs to a fresh core asks for the same, word for word.
    #[test]
    fn replay_gives_the_same_outputs(deliveries in deliveries(), waits in prop::collection::vec(0i64..700, 1..5)) {
        let names: Vec<String> = (0..20).map(|i| format!("t{i}")).collect();
        let mut sim = sim();
        for (i, (start, lines)) in deliveries.into_iter().enumerate() {
            let range = start..(start + lines).min(20);
            let events: Vec<Event<'_>> =
                range.clone().map(|i| passed(i * 10, &names[i as usize])).collect();
            send(&mut sim, range.start * 10, range.end * 10, range.end == 20, &events);
            if let Some(wait) = waits.get(i) {
                let until = (sim.now - crate::sim::START) / 1_000 + wait;
                sim.now = crate::sim::START + until * 1_000;
                sim.step(Input::Tick);
            }
        }
        let mut again = crate::Core::new(Settings::default());
        let mut first = crate::Core::new(Settings::default());
        for (now, input) in &sim.inputs {
            let a = first.step(*now, input.clone());
            let b = again.step(*now, input.clone());
            prop_assert_eq!(format!("{a:?}"), format!("{b:?}"));
        }
        prop_assert_eq!(state(&first), state(&sim.core));
    }
}

#[test]
fn s11_a_run_stored_by_a_clock_a_day_ahead_is_judged_after_its_grace_and_lost_after_its_silence() {
    const DAY: i64 = 86_400_000;
    for ended in [true, false] {
        let mut sim = sim();
        sim.now += DAY;
        let end = [passed(0, "one"), end_of_stream(10, Some(0), None)];
        send(&mut sim, 0, 10, ended, &end[..1 + usize::from(ended)]);
        // The clock is set back, and another agent takes the run up again.
        let mut core = crate::Core::new(Settings::default());
        for (then, input) in sim.inputs {
            core.restore(then, input);
        }
        let now = sim.now - DAY;
        let mut status = |after| {
            core.step(now + after, Input::Tick);
            core.run("r1").map(crate::Run::status)
        };
        let (before, grace, after) = match ended {
            true => (RunStatus::Finalizing, 5_000, RunStatus::Passed),
            false => (RunStatus::Running, 600_000, RunStatus::Lost),
        };
        assert_eq!(status(0), Some(before));
        assert_eq!(status(grace - 1), Some(before));
        assert_eq!(status(grace), Some(after));
    }
}
