//! Arbitrary events in stream order.

use proptest::prelude::*;

use crate::event::{
    Body, Counted, Counts, EndOfStream, Event, Gap, Plan, Printed, RunEnd, RunStart, Signature,
    Status, SuiteEnd, SuiteStart, Summary, TestDetail, TestEnd, TestStart,
};
use crate::frame::Header;

/// What events are made of: a pool of texts, and numbers that choose among them.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pool: Vec<String>,
    seeds: Vec<Seed>,
    start: u64,
}

#[derive(Clone, Debug)]
struct Seed {
    kind: u8,
    step: u64,
    skipped_subs: u32,
    line: u64,
    time_ms: Option<i64>,
    lane: u32,
    picks: [u8; 8],
    given: u16,
    numbers: [u64; 8],
    small: i32,
    seconds: f64,
}

pub(super) fn script() -> impl Strategy<Value = Script> {
    let pool = proptest::collection::vec("\\PC{0,12}|[a-z_:]{0,30}", 1..12);
    let seeds = proptest::collection::vec(seed(), 0..40);
    (pool, seeds, 0..u64::MAX / 2).prop_map(|(pool, seeds, start)| Script { pool, seeds, start })
}

fn seed() -> impl Strategy<Value = Seed> {
    let step = prop_oneof![Just(0u64), 1..200u64, 0..1u64 << 40];
    let subs = prop_oneof![3 => Just(0u32), 1 => 0..1000u32];
    let line = prop_oneof![1..10_000u64, any::<u64>()];
    let time = proptest::option::of(prop_oneof![
        1_700_000_000_000..1_700_000_100_000i64,
        any::<i64>()
    ]);
    let seconds = prop_oneof![
        (0..100_000u32).prop_map(|n| f64::from(n) / 1000.0),
        proptest::num::f64::NORMAL | proptest::num::f64::ZERO | proptest::num::f64::SUBNORMAL
    ];
    let lane = prop_oneof![6 => Just(0u32), 2 => 1..4u32, 1 => any::<u32>()];
    let place = (0u8..13, step, subs, line, time, lane);
    let content = (
        any::<[u8; 8]>(),
        any::<u16>(),
        any::<[u64; 8]>(),
        any::<i32>(),
        seconds,
    );
    (place, content).prop_map(
        |(
            (kind, step, skipped_subs, line, time_ms, lane),
            (picks, given, numbers, small, seconds),
        )| {
            Seed {
                kind,
                step,
                skipped_subs,
                line,
                time_ms,
                lane,
                picks,
                given,
                numbers,
                small,
                seconds,
            }
        },
    )
}

impl Script {
    /// One event of each type, with all the fields it had at first.
    pub(super) fn of_every_kind() -> Script {
        let seeds = (0..13).map(|kind| Seed {
            kind,
            step: 50,
            skipped_subs: u32::from(kind % 3),
            line: u64::from(kind) * 3 + 1,
            time_ms: Some(1_767_225_600_000 + i64::from(kind) * 17),
            lane: 0,
            picks: [0, 1, 2, 3, 4, 5, 6, kind],
            given: 0x1fff,
            numbers: [1, 2, 3, 4, 5, 6, 7, 300],
            small: -9,
            seconds: 1.25,
        });
        let words = [
            "tap",
            "api",
            "login works",
            "expected 1",
            "a.rs:3",
            "slow,db",
            "f1:00",
            "x",
        ];
        Script {
            pool: words.map(String::from).to_vec(),
            seeds: seeds.collect(),
            start: 1000,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.seeds.len()
    }

    pub(super) fn header(&self) -> Header {
        let end = self.events().last().map_or(self.start, |e| e.offset);
        super::header(self.start, end, true)
    }

    pub(super) fn events(&self) -> Vec<Event<'_>> {
        let mut offset = self.start;
        let mut next_sub = 0;
        let mut events = Vec::new();
        for seed in &self.seeds {
            if seed.step > 0 {
                next_sub = 0;
            }
            offset += seed.step;
            let sub = next_sub + seed.skipped_subs;
            next_sub = sub + 1;
            events.push(Event {
                offset,
                sub,
                line: seed.line,
                time_ms: seed.time_ms,
                lane: seed.lane,
                dialect: self.word(seed, 7),
                body: self.body(seed),
            });
        }
        events
    }

    fn word(&self, seed: &Seed, pick: usize) -> &str {
        &self.pool[usize::from(seed.picks[pick]) % self.pool.len()]
    }

    fn maybe<'a>(&'a self, seed: &Seed, pick: usize) -> Option<&'a str> {
        (seed.given >> pick & 1 == 1).then(|| self.word(seed, pick))
    }

    fn body<'a>(&'a self, seed: &Seed) -> Body<'a> {
        let has = |bit: u32| seed.given >> bit & 1 == 1;
        let attempt = has(8).then_some(seed.numbers[0] as u32);
        let duration_s = has(9).then_some(seed.seconds);
        let status = Status::ALL[usize::from(seed.picks[6]) % 9];
        let suite = self.maybe(seed, 1);
        let name = self.word(seed, 2);
        match seed.kind {
            0 => Body::RunStart(RunStart {
                run_id: self.maybe(seed, 0),
                pipeline: self.maybe(seed, 1),
                environment: self.maybe(seed, 2),
                branch: self.maybe(seed, 3),
                commit: self.maybe(seed, 4),
                attempt,
            }),
            1 => Body::RunEnd(RunEnd {
                run_id: self.maybe(seed, 0),
                status: self.maybe(seed, 1),
                duration_s,
            }),
            2 => Body::SuiteStart(SuiteStart {
                suite: name,
                tags: self.maybe(seed, 5),
            }),
            3 => Body::SuiteEnd(SuiteEnd {
                suite: name,
                status: has(10).then_some(status),
                duration_s,
                adopts: has(11),
            }),
            4 => Body::Plan(Plan {
                suite,
                tests: seed.numbers[0],
            }),
            5 => Body::TestStart(TestStart {
                suite,
                name,
                attempt,
                tags: self.maybe(seed, 5),
            }),
            6 => Body::TestEnd(TestEnd {
                suite,
                name,
                status,
                duration_s,
                attempt,
                message: self.maybe(seed, 3),
                location: self.maybe(seed, 4),
                tags: self.maybe(seed, 5),
                recap: has(11),
                teardown: has(12),
            }),
            7 => Body::TestDetail(TestDetail {
                suite,
                name,
                message: self.maybe(seed, 3),
                location: self.maybe(seed, 4),
            }),
            8 => {
                let mut counts = Counts::ZERO;
                for (status, n) in Status::ALL.into_iter().zip(seed.numbers) {
                    counts.add(status, if n % 3 == 0 { 0 } else { n });
                }
                Body::Counted(Counted { suite, counts })
            }
            9 => Body::Summary(Summary {
                suite,
                printed: Printed::from_array(std::array::from_fn(|i| {
                    has(i as u32).then_some(seed.numbers[i])
                })),
                duration_s,
            }),
            10 => Body::Signature(Signature {
                class: self.word(seed, 0),
                exception: self.maybe(seed, 3),
                message: self.word(seed, 4),
                end_line: seed.numbers[1],
                fingerprint: self.word(seed, 6),
                group: self.maybe(seed, 5).filter(|_| has(13)).unwrap_or_default(),
                outer: self.maybe(seed, 7).filter(|_| has(14)),
                within: has(15).then_some(seed.numbers[2]),
                frames: [0, 1, 2].map(|at| self.maybe(seed, at).filter(|_| has(13))),
            }),
            11 => Body::Gap(Gap {
                from: seed.numbers[0],
                to: seed.numbers[1],
                reason: self.word(seed, 2),
            }),
            _ => Body::EndOfStream(EndOfStream {
                total_bytes: seed.numbers[0],
                hash: self.maybe(seed, 0),
                exit_code: has(8).then_some(seed.small),
                signal: has(9).then_some(seed.small.wrapping_neg()),
                cause: self.word(seed, 3),
            }),
        }
    }
}
