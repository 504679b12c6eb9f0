//! A simulated shell: scripted inputs with simulated time, and everything the core asked for kept.

use std::collections::BTreeMap;

use sentinel_parsers::Parser;
use sentinel_parsers::event::{Body, EndOfStream, Event};
use sentinel_parsers::frame::{Frame, FrameBuilder, Header};
use sentinel_parsers::wire::{OpenStream, RunContext, StreamIdentity};

use crate::{Anomaly, Core, Input, Millis, Notice, Outputs, Persist, Reply, Settings};

/// The epoch all simulated streams have.
pub(crate) const EPOCH: [u8; 16] = [0xab; 16];
/// When simulations begin: 2026-11-23 08:00 UTC.
pub(crate) const START: Millis = 1_795_420_800_000;

/// A stream's sending side.
struct Sender {
    parser: Parser,
    sent: u64,
    seq: u64,
}

/// The core with a clock, senders, and what it asked for.
pub(crate) struct Sim {
    pub(crate) core: Core,
    pub(crate) now: Millis,
    senders: BTreeMap<String, Sender>,
    /// Every input with its time.
    pub(crate) inputs: Vec<(Millis, Input)>,
    /// The stored anomalies, as a store would hold them.
    pub(crate) stored: BTreeMap<(String, String, String), Anomaly>,
    /// Notices with the second they came in.
    pub(crate) notices: Vec<(Millis, Notice)>,
}

impl Sim {
    pub(crate) fn new(settings: Settings) -> Sim {
        Sim {
            core: Core::new(settings),
            now: START,
            senders: BTreeMap::new(),
            inputs: Vec::new(),
            stored: BTreeMap::new(),
            notices: Vec::new(),
        }
    }

    /// Steps the core and keeps what it asks for.
    pub(crate) fn step(&mut self, input: Input) -> Outputs {
        self.inputs.push((self.now, input.clone()));
        let outputs = self.core.step(self.now, input);
        for row in &outputs.persist {
            if let Persist::Anomaly(a) = row {
                let key = (a.run_id.clone(), a.rule.clone(), a.subject.clone());
                self.stored.insert(key, (**a).clone());
            }
        }
        let at = (self.now - START) / 1_000;
        let notices = outputs.notify.iter().map(|n| (at, n.clone()));
        self.notices.extend(notices);
        outputs
    }

    /// Lets time pass, with a tick every second.
    pub(crate) fn wait_until(&mut self, second: Millis) {
        while self.now < START + second * 1_000 {
            self.now += 1_000;
            self.step(Input::Tick);
        }
    }

    /// Opens a stream of a run; the stream's name is its container's.
    pub(crate) fn open(&mut self, stream: &str, run: RunContext) -> Outputs {
        self.open_as(stream, open(stream, run))
    }

    /// Opens a stream as that of this container of this pod.
    pub(crate) fn open_as(&mut self, stream: &str, open: OpenStream) -> Outputs {
        self.senders.insert(
            stream.to_owned(),
            Sender {
                parser: Parser::new(),
                sent: 0,
                seq: 0,
            },
        );
        self.step(Input::OpenStream {
            stream: stream.to_owned(),
            open,
        })
    }

    /// Sends lines of a stream's output as one frame.
    pub(crate) fn say(&mut self, stream: &str, text: &str) -> Outputs {
        let now = self.now;
        let Some(sender) = self.senders.get_mut(stream) else {
            panic!("stream {stream} was not opened");
        };
        let mut builder = FrameBuilder::new();
        sender.parser.feed(text.as_bytes(), &mut |event| {
            builder.push(&timed(event, now));
        });
        let end = sender.parser.position();
        let frame = builder.finish(sender.header(end, false));
        self.step(Input::Frame {
            stream: stream.to_owned(),
            frame,
        })
    }

    /// Ends a stream with its command's exit code, or else the signal that ended it.
    pub(crate) fn exit(&mut self, stream: &str, code: Option<i32>, signal: Option<i32>) -> Outputs {
        let now = self.now;
        let Some(sender) = self.senders.get_mut(stream) else {
            panic!("stream {stream} was not opened");
        };
        let mut builder = FrameBuilder::new();
        sender.parser.finish(&mut |event| {
            builder.push(&timed(event, now));
        });
        let end = sender.parser.read();
        builder.push(&end_of_stream(end, code, signal));
        let frame = builder.finish(sender.header(end, true));
        self.step(Input::Frame {
            stream: stream.to_owned(),
            frame,
        })
    }

    /// What a person would see of every run: status, reason, totals, findings.
    pub(crate) fn report(&self) -> String {
        let mut text = String::new();
        for run in self.core.runs() {
            let totals = run.totals();
            text.push_str(&format!(
                "run {}: {}\n  {}\n  {} tests, {} failures\n",
                run.id(),
                run.status().as_str(),
                run.reason().unwrap_or("-"),
                totals.total(),
                totals.failures()
            ));
        }
        for anomaly in self.stored.values() {
            text.push_str(&describe(anomaly));
        }
        text
    }
}

impl Sender {
    fn header(&mut self, end: u64, last: bool) -> Header {
        let header = Header {
            epoch: EPOCH,
            seq: self.seq,
            start: self.sent,
            end,
            last,
        };
        self.seq += 1;
        self.sent = end;
        header
    }
}

fn timed<'a>(event: &Event<'a>, now: Millis) -> Event<'a> {
    Event {
        time_ms: event.time_ms.or(Some(now)),
        ..event.clone()
    }
}

fn describe(a: &Anomaly) -> String {
    let state = if a.resolved { "resolved" } else { "open" };
    let (first, last) = ((a.first_ms - START) / 1_000, (a.last_ms - START) / 1_000);
    let mut text = format!(
        "{} {:?}/{:?} {} [{state}, {first} s..{last} s]\n  {}\n",
        a.rule, a.category, a.severity, a.subject, a.title
    );
    for n in &a.numbers {
        text.push_str(&format!("  {} = {}\n", n.name, n.value));
    }
    for e in &a.evidence {
        let line = e.line.map_or(String::new(), |line| format!(":{line}"));
        let stream = e.stream.as_deref().unwrap_or("cluster");
        text.push_str(&format!("  | {stream}{line} {}\n", e.text));
    }
    for hint in &a.hints {
        text.push_str(&format!("  > {hint}\n"));
    }
    text
}

/// How a simulated stream is opened.
pub(crate) fn open(stream: &str, run: RunContext) -> OpenStream {
    OpenStream {
        identity: StreamIdentity {
            pod_uid: "uid-1".to_owned(),
            container: stream.to_owned(),
            source: "capture".to_owned(),
            epoch: "ab".repeat(16),
            ..StreamIdentity::default()
        },
        run,
        command: None,
    }
}

/// A run's context with nothing but its id and pipeline.
pub(crate) fn run(id: &str, pipeline: &str) -> RunContext {
    RunContext {
        run_id: id.to_owned(),
        pipeline: Some(pipeline.to_owned()).filter(|p| !p.is_empty()),
        ..RunContext::default()
    }
}

/// The last event of a stream.
pub(crate) fn end_of_stream(
    total: u64,
    exit_code: Option<i32>,
    signal: Option<i32>,
) -> Event<'static> {
    Event {
        offset: total,
        sub: 0,
        line: 0,
        time_ms: None,
        lane: 0,
        dialect: "stream",
        body: Body::EndOfStream(EndOfStream {
            total_bytes: total,
            hash: None,
            exit_code,
            signal,
            cause: "exit",
        }),
    }
}

/// A frame of the given range with these events.
pub(crate) fn frame(start: u64, end: u64, last: bool, events: &[Event<'_>]) -> Frame {
    let mut builder = FrameBuilder::new();
    for event in events {
        builder.push(event);
    }
    builder.finish(Header {
        epoch: EPOCH,
        seq: 0,
        start,
        end,
        last,
    })
}

/// The reply, which must be there.
pub(crate) fn reply(outputs: &Outputs) -> Reply {
    match &outputs.reply {
        Some(reply) => reply.clone(),
        None => panic!("no reply"),
    }
}
