//! Who prints in a world, drawn from its seed.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use sentinel_config::SidecarConfig;
use sentinel_sidecar::segments::Limits;

use crate::chance::Chance;
use crate::disk::Disk;
use crate::job::files::Rotation;
use crate::job::{Job, Kind, Place, Plan, TIGHT};
use crate::log::{Format, WORDS};
use crate::pod::Pod;
use crate::trace::Trace;
use crate::wall::Wall;
use crate::world::{Setup, Sources};

/// Keeps what other sources than recordings draw apart from what there was before there were any.
const OTHER: u64 = 0x0b5c_11e5_7a11_ed00;

/// The same for jobs whose output is far more than their recordings may take.
const WORDY: u64 = 0x7a1c_a71b_e000_0000;

/// Makes jobs.
pub(crate) struct Makes<'w> {
    pub(crate) jobs: Vec<Rc<Job>>,
    pub(crate) pods: Vec<Rc<Pod>>,
    now_ms: i64,
    spool_sync: bool,
    sources: Sources,
    chance: &'w Chance,
    /// For other sources than recordings.
    other: Chance,
    /// For jobs that print much.
    wordy: Chance,
    trace: &'w Rc<Trace>,
}

impl<'w> Makes<'w> {
    pub(crate) fn new(
        seed: u64,
        setup: &Setup,
        now_ms: i64,
        chance: &'w Chance,
        trace: &'w Rc<Trace>,
    ) -> Makes<'w> {
        let other = Chance::new(seed ^ OTHER).fork();
        let sources = match setup.sources {
            Sources::All if other.one_in(2) => Sources::Recordings,
            sources => sources,
        };
        Makes {
            jobs: Vec::new(),
            pods: Vec::new(),
            now_ms,
            spool_sync: setup.spool_sync,
            sources,
            chance,
            other,
            wordy: Chance::new(seed ^ WORDY).fork(),
            trace,
        }
    }

    /// One job more, or a pod's.
    pub(crate) fn more(&mut self, number: usize) {
        let mut plan = plan(number, self.chance);
        let recorded = plan.kind;
        let wants_pod = match self.sources {
            Sources::Recordings => false,
            Sources::Pods => true,
            _ => {
                plan.kind = self.kind(recorded);
                self.sources == Sources::All && self.other.one_in(5)
            }
        };
        if wants_pod {
            // So that what is drawn for the others does not depend on it.
            let chance = self.chance.fork();
            return self.pod(&plan, chance);
        }
        if self.sources == Sources::Recordings && self.wordy.one_in(4) {
            self.print_much(&mut plan);
        }
        readable(&mut plan);
        self.trace.note(format_args!("{plan:?}"));
        let spooled = !plan.kind.is_followed() && plan.kind != Kind::Capture;
        let pretends = self.spool_sync && spooled;
        let disk = Disk::new(self.chance.fork(), spooled, pretends);
        let wall = self.wall();
        let (chance, trace) = (self.chance.fork(), Rc::clone(self.trace));
        let job = Job::new(plan, disk, wall, chance, trace);
        if let Kind::File(rotation) = job.plan.kind {
            job.disk.keep_time(Arc::clone(&job.wall), rotation.born);
        }
        self.jobs.push(Rc::new(job));
    }

    /// Much more output than the recording may take, in words that are no results.
    fn print_much(&self, plan: &mut Plan) {
        let chance = &self.wordy;
        plan.words = chance.between(20, 90);
        plan.limits = Limits {
            segment_bytes: chance.between(800, 8_000),
            cap_bytes: chance.between(TIGHT, 2 * TIGHT),
        };
        plan.format = [Format::Go, Format::Pytest, Format::Markers][chance.index(3)];
        (plan.pace, plan.tests) = (chance.between(5, 40), chance.between(60, 200));
    }

    /// A machine's clock.
    fn wall(&self) -> Wall {
        let off = i64::try_from(self.chance.below(4_000)).unwrap_or(0) - 2_000;
        Wall::new(self.now_ms + off)
    }

    /// From where the output comes instead.
    fn kind(&self, recorded: Kind) -> Kind {
        let room = 64 + self.other.index(4_000);
        let rotation = Rotation::draw(&self.other, false);
        match (self.sources, self.other.below(6)) {
            (Sources::Pipes, 0..3) | (Sources::All, 0) => Kind::Piped(room),
            (Sources::Pipes, _) | (Sources::All, 1) => Kind::Stdin(room),
            (Sources::Files, _) | (Sources::All, 2..4) => Kind::File(rotation),
            _ => recorded,
        }
    }

    /// A pod whose container is started up to three times, instead of a job.
    fn pod(&mut self, plan: &Plan, chance: Chance) {
        let rotation = Rotation::draw(&self.other, true);
        let starts = 1 + self.other.index(3);
        let plans = (0..starts).map(|start| Plan {
            // Each start is a stream of its own, with names of its own.
            number: plan.number + 10 * start,
            kind: Kind::Log(rotation),
            tests: match start + 1 == starts {
                true => plan.tests,
                false => self.other.between(2, 15),
            },
            ..plan.clone()
        });
        let mut plans: Vec<Plan> = plans.collect();
        plans.iter_mut().for_each(readable);
        self.trace.note(format_args!("pod of {plans:?}"));
        let place = Place {
            disk: Disk::new(chance.fork(), false, false),
            wall: Arc::new(self.wall()),
            sidecar_dies: Rc::default(),
        };
        place.disk.keep_time(Arc::clone(&place.wall), rotation.born);
        let pod = Pod::new(plans, place, chance, self.trace);
        self.jobs.extend(pod.attempts.iter().map(Rc::clone));
        self.pods.push(Rc::new(pod));
    }
}

/// Where a part may be destroyed, only what is read without it can be counted.
fn readable(plan: &mut Plan) {
    if let Kind::File(rotation) | Kind::Log(rotation) = plan.kind
        && rotation.destroys()
        && plan.format == Format::Pytest
    {
        plan.format = Format::Go;
    }
}

fn plan(number: usize, chance: &Chance) -> Plan {
    let millis = |from, to| Duration::from_millis(chance.between(from, to));
    let small = chance.one_in(3);
    let format = match (small, chance.below(3)) {
        // Where the beginning may be deleted, only what is read without it can be counted.
        (_, 0) | (true, 1) => Format::Go,
        (false, 1) => Format::Pytest,
        _ => Format::Markers,
    };
    let limits = match small {
        true => Limits {
            segment_bytes: chance.between(200, 1_000),
            cap_bytes: chance.between(800, 4_000),
        },
        false => Limits {
            segment_bytes: chance.between(300, 20_000),
            cap_bytes: 1 << 20,
        },
    };
    Plan {
        number,
        run: number / 2,
        kind: if chance.one_in(3) {
            Kind::Spool
        } else {
            Kind::Capture
        },
        format,
        failing: if chance.one_in(3) { 7 } else { 0 },
        words: WORDS,
        limits,
        config: SidecarConfig {
            frame_events: usize::try_from(chance.between(1, 30)).unwrap_or(1),
            frame_bytes: chance.between(200, 4_000),
            flush_interval: millis(1, 200),
            retry_min: millis(5, 100),
            retry_max: millis(100, 1_000),
            keep_alive: millis(500, 10_000),
            // Unmasked, so that what was altered can be told.
            excerpts: true,
            ..SidecarConfig::default()
        },
        pace: chance.between(20, 400),
        tests: chance.between(5, 60),
    }
}
