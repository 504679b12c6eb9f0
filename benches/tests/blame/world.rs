//! A cluster and a test job on simulated time: lines of output become frames, what happens in the cluster becomes facts
//! that come later, as they do.

use sentinel_benches::chance::Chance;
use sentinel_core::fact::Fact;
use sentinel_core::{Core, Input, Millis, Run, Settings};
use sentinel_parsers::Parser;
use sentinel_parsers::event::{Body, EndOfStream, Event};
use sentinel_parsers::frame::{FrameBuilder, Header};
use sentinel_parsers::wire::{OpenStream, RunContext, StreamIdentity};

use crate::objects::{JOB, NODE, Pod, job, node};

/// When worlds begin: 2026-11-23 08:00 UTC.
const START: Millis = 1_795_420_800_000;
const STREAM: &str = "s1";
const EPOCH: [u8; 16] = [7; 16];
/// A sidecar sends what it has so often.
const FLUSH: Millis = 500;

pub(crate) struct World {
    core: Core,
    pub(crate) now: Millis,
    pub(crate) chance: Chance,
    /// The pod of the tests, as the API server has it.
    pub(crate) pod: Pod,
    parser: Parser,
    frame: FrameBuilder,
    flushed: Millis,
    /// How long a line takes.
    pub(crate) pace: Millis,
    sent: u64,
    seq: u64,
    /// What the watch will tell, and when.
    coming: Vec<(Millis, Box<Fact>)>,
}

impl World {
    /// A running pod with the tests, a database, a proxy and our sidecar, on the first of two nodes.
    pub(crate) fn new(seed: u64) -> World {
        let containers = [
            ("test", false),
            ("db", false),
            ("proxy", true),
            ("sentinel-sidecar", true),
        ];
        let mut world = World {
            core: Core::new(Settings::default()),
            now: START,
            chance: Chance::new(seed),
            pod: Pod::running("e2e-x2x9k", START, &containers),
            parser: Parser::new(),
            frame: FrameBuilder::new(),
            flushed: START,
            pace: 100,
            sent: 0,
            seq: 0,
            coming: Vec::new(),
        };
        for fact in [
            node(NODE, None, None),
            node("node-2", None, None),
            job(None),
            world.pod.fact(),
        ] {
            world.core.step(START, Input::Fact(fact));
        }
        for service in ["db", "search"] {
            world.service(service, true);
        }
        world.open();
        world
    }

    fn open(&mut self) {
        let identity = StreamIdentity {
            pod_uid: self.pod.uid.clone(),
            container: "test".to_owned(),
            source: "capture".to_owned(),
            epoch: "07".repeat(16),
            ..StreamIdentity::default()
        };
        let run = RunContext {
            run_id: JOB.to_owned(),
            ..RunContext::default()
        };
        let open = OpenStream {
            identity,
            run,
            command: None,
        };
        let stream = STREAM.to_owned();
        self.core.step(START, Input::OpenStream { stream, open });
    }

    /// The watch tells it so much later.
    pub(crate) fn later(&mut self, delay: Millis, fact: Fact) {
        self.coming.push((self.now + delay, Box::new(fact)));
    }

    /// The pod as it is now is told within a few seconds.
    pub(crate) fn tell_pod(&mut self) {
        let delay = Millis::try_from(self.chance.between(200, 2_500)).unwrap_or(200);
        let fact = self.pod.fact();
        self.later(delay, fact);
    }

    pub(crate) fn service(&mut self, name: &'static str, is_ready: bool) {
        self.later(300, crate::objects::slice(name, is_ready));
    }

    /// Time passes: what is due is told, and the core ticks every second.
    pub(crate) fn pass(&mut self, span: Millis) {
        let end = self.now + span;
        while self.now < end {
            let step = end.min(self.now - self.now.rem_euclid(1_000) + 1_000);
            self.coming.sort_by_key(|(at, _)| *at);
            let due = self.coming.iter().take_while(|(at, _)| *at <= step).count();
            for (at, fact) in self.coming.drain(..due) {
                let at = at.max(self.now);
                drop(self.core.step(at, Input::Fact(*fact)));
            }
            self.now = step;
            if step % 1_000 == 0 {
                self.core.step(step, Input::Tick);
            }
        }
    }

    /// A line of output, which takes its time.
    pub(crate) fn say(&mut self, line: &[u8]) {
        self.pass(self.pace);
        let (now, frame) = (self.now, &mut self.frame);
        self.parser
            .feed(line, &mut |event| frame.push(&timed(event, now)));
        if self.now - self.flushed >= FLUSH {
            self.flush(false);
        }
    }

    /// The output so far reaches the agent.
    pub(crate) fn flush(&mut self, last: bool) {
        self.flushed = self.now;
        let end = match last {
            true => self.parser.read(),
            false => self.parser.position(),
        };
        let header = Header {
            epoch: EPOCH,
            seq: self.seq,
            start: self.sent,
            end,
            last,
        };
        self.seq += 1;
        self.sent = end;
        let frame = std::mem::replace(&mut self.frame, FrameBuilder::new()).finish(header);
        let stream = STREAM.to_owned();
        self.core.step(self.now, Input::Frame { stream, frame });
    }

    /// The command ended: by itself with a code, or by a signal.
    pub(crate) fn exit(&mut self, exit_code: Option<i32>, signal: Option<i32>) {
        let (now, frame) = (self.now, &mut self.frame);
        self.parser
            .finish(&mut |event| frame.push(&timed(event, now)));
        let total = self.parser.read();
        let end = EndOfStream {
            total_bytes: total,
            hash: None,
            exit_code,
            signal,
            cause: "exit",
        };
        frame.push(&Event {
            offset: total,
            sub: 0,
            line: 0,
            time_ms: None,
            lane: 0,
            dialect: "stream",
            body: Body::EndOfStream(end),
        });
        self.flush(true);
    }

    /// What the core made of it.
    pub(crate) fn run(&self) -> &Run {
        self.core.run(JOB).expect("the run of the Job")
    }
}

/// Every event happens when its line is said; what the log was recorded with is another time.
fn timed<'a>(event: &Event<'a>, now: Millis) -> Event<'a> {
    Event {
        time_ms: Some(now),
        ..event.clone()
    }
}
