//! Frames: the position rule, the fold of a frame's events into its stream and run, the rows.

use std::collections::{BTreeMap, BTreeSet};

use sentinel_config::FailureSpike;
use sentinel_parsers::event::{Body, Counts, Event, Gap, RunStart, Signature, Status};
use sentinel_parsers::frame::{Frame, FrameBuilder, Header};

use crate::change::Change;
use crate::context::{Rank, Source};
use crate::correlate::{Results, Words};
use crate::engine;
use crate::failures::FailureSample;
use crate::input::{Millis, StreamId};
use crate::metrics::Metrics;
use crate::output::{FrameRow, GapRow, Outputs, Persist, Reply, SuiteRow};
use crate::runs::Run;
use crate::signatures::Occurrence;
use crate::step::{Core, Settings, answer, at};
use crate::stream::{Place, Stream};
use crate::text::test_name;

/// Takes a frame, or tells why not.
pub(crate) fn frame(core: &mut Core, now: Millis, id: &StreamId, frame: Frame) -> Outputs {
    let run = core.run_of.get(id).and_then(|run| core.runs.get_mut(run));
    let Some(run) = run else {
        core.metrics.unknown_streams += 1;
        return answer(Reply::UnknownStream);
    };
    let others = tests_of_others(run, id);
    let Some(stream) = run.streams.get_mut(id) else {
        return answer(Reply::UnknownStream);
    };
    let header = *frame.header();
    if header.epoch != *stream.epoch() {
        core.metrics.refused += 1;
        return answer(Reply::Refused("the epoch is not the stream's"));
    }
    let place = stream.place(&header);
    #[cfg(feature = "simulation")]
    let place = match place {
        Place::Duplicate | Place::Overlap if core.takes_twice => Place::Contiguous,
        place => place,
    };
    let frame = match place {
        Place::Duplicate => {
            core.metrics.duplicates += 1;
            return core.hear(now, id, true);
        }
        Place::Hole => {
            core.metrics.holes += 1;
            return answer(Reply::Hole {
                committed: stream.committed(),
            });
        }
        Place::Contiguous => frame,
        Place::Overlap => rest(&frame, stream.committed()),
    };
    let before = Before::of(stream);
    let room = core.settings.limits.ledger_bytes.saturating_sub(core.held);
    let tests = core.settings.run.max_tests.saturating_sub(others);
    stream.limit(tests, before.held.saturating_add(room));
    let mut taken = Taken::default();
    let had_tests = stream.has_tests();
    take(run, id, &frame, now, &core.settings, &mut taken);
    let begins = !had_tests && run.streams.get(id).is_some_and(Stream::has_tests);
    let joined = match begins {
        true => {
            let run_id = run.id.clone();
            core.join_attempts(&run_id)
        }
        false => Outputs::default(),
    };
    let mut outputs = finish(core, now, id, frame, &header, &before, taken);
    outputs.persist.extend(joined.persist);
    outputs
}

/// The part of a frame that is new. A loss that began before goes on there.
fn rest(frame: &Frame, from: u64) -> Frame {
    let rest = frame.from_offset(from);
    let lost = frame.events().find_map(|event| match event.body {
        Body::Gap(gap) if event.offset < from && from < gap.to => Some(Event {
            offset: from,
            sub: 0,
            body: Body::Gap(Gap { from, ..gap }),
            ..event
        }),
        _ => None,
    });
    let Some(lost) = lost else {
        return rest;
    };
    let mut builder = FrameBuilder::new();
    builder.push(&lost);
    for event in rest.events() {
        builder.push(&event);
    }
    builder.finish(*rest.header())
}

/// What a stream's counters were before a frame.
struct Before {
    events: u64,
    dropped: u64,
    crowded_out: u64,
    held: usize,
    lost_bytes: u64,
}

impl Before {
    fn of(stream: &Stream) -> Before {
        Before {
            events: stream.events(),
            dropped: stream.ledger().dropped(),
            crowded_out: stream.ledger().crowded_out(),
            held: stream.ledger().held(),
            lost_bytes: stream.lost_bytes(),
        }
    }

    /// Counts what the frame added.
    fn count(&self, stream: &Stream, metrics: &mut Metrics) {
        let ledger = stream.ledger();
        metrics.frames += 1;
        metrics.events += stream.events() - self.events;
        metrics.lost_bytes += stream.lost_bytes() - self.lost_bytes;
        metrics.limit("max_tests", ledger.dropped() - self.dropped);
        metrics.limit("max_ledgers", ledger.crowded_out() - self.crowded_out);
    }
}

/// Rows that come out of a frame's events.
#[derive(Default)]
struct Taken {
    suites: Vec<SuiteRow>,
    gaps: Vec<GapRow>,
    tests: Vec<Persist>,
}

fn tests_of_others(run: &Run, id: &str) -> usize {
    run.streams
        .iter()
        .filter(|(other, _)| *other != id)
        .map(|(_, stream)| usize::try_from(stream.ledger().named()).unwrap_or(usize::MAX))
        .sum()
}

/// Folds the events into the stream and its run.
fn take(
    run: &mut Run,
    id: &StreamId,
    frame: &Frame,
    now: Millis,
    settings: &Settings,
    taken: &mut Taken,
) {
    let Some(mut stream) = run.streams.remove(id) else {
        return;
    };
    let (spike, limits) = (&settings.rules.failure_spike, &settings.limits);
    let suites = stream.ledger().suites().len();
    let mut touched = Touched::default();
    // By the line of the failure that they came before.
    let mut errors_before: BTreeMap<u64, Words> = BTreeMap::new();
    for event in frame.events() {
        stream.apply(&event, now);
        touched.by(&event.body);
        match &event.body {
            Body::TestEnd(end) if !end.recap => {
                stream.ended(
                    end.status,
                    event.line,
                    when(&event, now),
                    &mut errors_before,
                );
                result(run, id, &event, now, spike);
            }
            Body::TestEnd(_) | Body::TestStart(_) => {}
            Body::SuiteStart(_) | Body::SuiteEnd(_) | Body::Plan(_) | Body::Summary(_) => {}
            Body::Counted(counted) => {
                counted_results(run, &mut stream, counted.counts, when(&event, now), spike);
            }
            Body::Signature(error) => {
                erred(run, &mut stream, &event, error, limits.signatures_per_run);
            }
            Body::RunStart(said) => marked(run, id, event.offset, said, settings),
            Body::Gap(gap) => {
                let row = stream.losses.add(&run.id, id, gap, limits.gaps_per_stream);
                taken.gaps.extend(row);
                run.changed |= Change::STATE;
            }
            _ => run.changed |= Change::STATE,
        }
    }
    run.changed |= Change::TESTS;
    if stream.ledger().suites().len() > suites {
        run.changed |= Change::SUITES;
    }
    touched.rows(run, &stream, &mut taken.suites);
    let limit = settings.limits.suspects_per_run;
    stream.changed_tests(&run.id, &mut taken.tests, |stream, test| {
        let errors = errors_before.get(&test.last().line);
        let errors = errors.copied().unwrap_or_default();
        run.suspects.take(now, (stream, test), errors, limit);
    });
    run.streams.insert(id.clone(), stream);
}

/// A `RUN_START` marker: who the run is, in its own words.
fn marked(run: &mut Run, id: &str, offset: u64, said: &RunStart<'_>, settings: &Settings) {
    let from = Source {
        rank: Rank::Marker,
        name: id,
        offset,
    };
    run.merged.mark(&from, said, &run.id, &settings.limits);
    run.changed |= Change::CONTEXT;
}

/// An error in the output: one of the run's, and of whatever result comes next.
fn erred(
    run: &mut Run,
    stream: &mut Stream,
    event: &Event<'_>,
    error: &Signature<'_>,
    limit: usize,
) {
    stream.errors = stream.errors.with(Words::of_class(error.class));
    let at = Occurrence {
        stream: stream.id(),
        line: event.line,
        free: event.dialect == "signature",
    };
    run.signatures.add(&at, error, limit);
    run.changed |= Change::SIGNATURES;
}

/// Results that were counted without their names.
fn counted_results(
    run: &mut Run,
    stream: &mut Stream,
    counts: Counts,
    at: Millis,
    spike: &FailureSpike,
) {
    run.failures
        .add(at, counts.failures(), counts.total(), spike);
    let counted = Results {
        passed: counts[Status::Passed],
        failed: counts.failures(),
    };
    stream.pace.add(at, counted);
}

/// Counts a result in the run's window of failures.
fn result(run: &mut Run, id: &str, event: &Event<'_>, now: Millis, spike: &FailureSpike) {
    let Body::TestEnd(end) = &event.body else {
        return;
    };
    let failed = end.status.is_failure();
    run.failures
        .add(when(event, now), u64::from(failed), 1, spike);
    if failed {
        run.failures.sample(FailureSample {
            stream: id.to_owned(),
            line: event.line,
            test: test_name(end.suite, end.name),
            message: end.message.map(|m| m.chars().take(300).collect()),
        });
    }
}

/// When an event happened: its own time, but never in the agent's future.
fn when(event: &Event<'_>, now: Millis) -> Millis {
    event.time_ms.unwrap_or(now).min(now)
}

/// Suites whose rows may have changed; borrows the names from the frame.
#[derive(Default)]
struct Touched<'a> {
    names: BTreeSet<&'a str>,
    latest: Option<&'a str>,
    /// A recap may have moved counts between suites it does not name.
    all: bool,
}

impl<'a> Touched<'a> {
    fn by(&mut self, body: &Body<'a>) {
        match body {
            Body::TestEnd(end) => {
                self.suite(end.suite);
                self.all |= end.recap;
            }
            Body::TestStart(start) => self.suite(start.suite),
            Body::SuiteStart(suite) => self.suite(Some(suite.suite)),
            Body::SuiteEnd(suite) => self.suite(Some(suite.suite)),
            Body::Plan(plan) => self.suite(plan.suite),
            Body::Summary(summary) => self.suite(summary.suite),
            Body::Counted(counted) => self.suite(counted.suite),
            _ => {}
        }
    }

    fn suite(&mut self, name: Option<&'a str>) {
        if let Some(name) = name
            && self.latest != Some(name)
        {
            self.names.insert(name);
            self.latest = Some(name);
        }
    }

    fn rows(&self, run: &Run, stream: &Stream, rows: &mut Vec<SuiteRow>) {
        match self.all {
            true => rows.extend(
                stream
                    .suite_names()
                    .filter_map(|name| stream.suite_row(&run.id, name)),
            ),
            false => rows.extend(
                self.names
                    .iter()
                    .filter_map(|name| stream.suite_row(&run.id, name)),
            ),
        }
    }
}

/// Moves the position, brings the run up to date, and puts all rows in order.
fn finish(
    core: &mut Core,
    now: Millis,
    id: &StreamId,
    frame: Frame,
    header: &Header,
    before: &Before,
    taken: Taken,
) -> Outputs {
    let mut outputs = Outputs::default();
    let Some(run) = core.run_of.get(id).and_then(|run| core.runs.get_mut(run)) else {
        return answer(Reply::UnknownStream);
    };
    let Some(stream) = run.streams.get_mut(id) else {
        return answer(Reply::UnknownStream);
    };
    stream.advance(header, now);
    (run.active_ms, run.step) = (run.active_ms.max(now), core.steps);
    if stream.is_closed() {
        run.changed |= Change::STATE;
    }
    before.count(stream, &mut core.metrics);
    core.metrics.unknown_events += frame.unknown_events();
    core.held = core.held - before.held.min(core.held) + stream.ledger().held();
    outputs.reply = Some(at(stream, false));
    let stream_row = stream.row();

    let mut after = Outputs::default();
    let cluster = crate::rules::Cluster {
        pods: &core.pods,
        nodes: &core.cluster_nodes,
        around: &core.around,
        timeline: &core.timeline,
        collectors: &core.collectors,
    };
    let metrics = &mut core.metrics;
    engine::bring_up_to_date(run, now, &core.settings, cluster, metrics, &mut after);
    if !run.status.is_over() && !core.open.contains(&run.id) {
        core.open.insert(run.id.clone());
    }

    let rows = 3 + taken.tests.len() + taken.suites.len() + taken.gaps.len() + after.persist.len();
    outputs.persist.reserve(rows);
    let out = &mut outputs.persist;
    out.extend(run.take_row().map(|row| Persist::Run(Box::new(row))));
    out.push(Persist::Stream(Box::new(stream_row)));
    out.push(Persist::Frame(Box::new(FrameRow {
        stream: id.clone(),
        received_ms: now,
        frame,
    })));
    let suites = taken.suites.into_iter();
    out.extend(suites.map(|r| Persist::Suite(Box::new(r))));
    out.extend(taken.tests);
    out.extend(taken.gaps.into_iter().map(|r| Persist::Gap(Box::new(r))));
    out.extend(after.persist);
    outputs.notify = after.notify;
    outputs
}
