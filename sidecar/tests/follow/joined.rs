//! What is one event stays one, wherever a rotation, a restart or the clock cuts the lines it stands in.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use sentinel_config::SidecarConfig;
use sentinel_parsers::{Event, Parser};
use sentinel_sidecar::pipeline::Pipeline;
use sentinel_sidecar::tail::{FollowOptions, FollowSource, Source, Step};

use crate::chance::{Chance, for_seeds};

const BLOCKS: [&str; 4] = [
    "Traceback (most recent call last):\n  File \"/app/a.py\", line 3, in f\n    g(1)\n  File \"/app/b.py\", line 9, in g\n    raise ValueError(\"no\")\nValueError: no\n",
    "panic: runtime error: index out of range [5] with length 3\n\ngoroutine 1 [running]:\nmain.f(...)\n\t/app/main.go:12\nmain.main()\n\t/app/main.go:20 +0x1d\nexit status 2\n",
    "<?xml version=\"1.0\"?>\n<testsuites>\n<testsuite name=\"s\" tests=\"2\" failures=\"1\">\n<testcase name=\"a\" classname=\"c\" time=\"0.1\"/>\n<testcase name=\"b\" classname=\"c\" time=\"0.2\">\n<failure message=\"m\">long\ntext</failure>\n</testcase>\n</testsuite>\n</testsuites>\n",
    "Exception in thread \"main\" java.lang.IllegalStateException: bad\n\tat com.x.A.f(A.java:10)\n\tat com.x.B.g(B.java:20)\nCaused by: java.io.IOException: disk\n\tat com.x.C.h(C.java:30)\n\t... 2 more\n",
];

fn told(event: &Event<'_>) -> String {
    format!("{}.{} {:?}", event.offset, event.sub, event.body)
}

fn config() -> SidecarConfig {
    SidecarConfig {
        excerpts: true,
        frame_events: 2,
        ..SidecarConfig::default()
    }
}

/// A sidecar and what its agent has of it.
struct Sidecar {
    source: Source,
    pipeline: Pipeline,
    committed: u64,
    events: Vec<String>,
    now_ms: i64,
}

impl Sidecar {
    fn start(log: &Path, state: &Path, committed: u64, events: Vec<String>) -> Sidecar {
        let options = FollowOptions {
            follow: true,
            checkpoint: Some(state.to_owned()),
            ..FollowOptions::default()
        };
        let mut source = Source::File(Box::new(FollowSource::new(log, options)));
        let start = source.rewind(committed).unwrap().unwrap();
        let pipeline = Pipeline::resume(&config(), Parser::new(), [7; 16], committed, start, 0);
        Sidecar {
            source,
            pipeline,
            committed,
            events,
            now_ms: 0,
        }
    }

    fn read(&mut self, chance: &mut Chance) -> bool {
        let mut buffer = vec![0; 1 + usize::try_from(chance.below(200)).unwrap()];
        self.now_ms += i64::try_from(chance.below(400)).unwrap();
        let over = match self.source.read(&mut buffer).unwrap() {
            Step::Bytes(n) => {
                self.pipeline.feed(&buffer[..n], self.now_ms);
                false
            }
            Step::Gap(lost) => panic!("{lost:?}"),
            Step::LineStart => {
                self.pipeline.begin_line(self.now_ms);
                false
            }
            Step::Idle => {
                self.pipeline.tick(self.now_ms);
                true
            }
            Step::End(end) => {
                self.pipeline.finish(&end, self.now_ms);
                true
            }
        };
        while let Some(frame) = self.pipeline.take() {
            self.events.extend(frame.events().map(|e| told(&e)));
            self.committed = frame.header().end;
        }
        self.source.acked(self.committed);
        over
    }
}

#[test]
fn t19_blocks_of_lines_cut_by_rotations_restarts_and_the_flush_timer_are_the_events_of_the_uncut_text()
 {
    for_seeds(60, |chance| {
        let dir = tempfile::tempdir().unwrap();
        let (log, state) = (dir.path().join("log"), dir.path().join("state.json"));
        let mut text = String::new();
        for _ in 0..12 {
            text += BLOCKS[usize::try_from(chance.below(4)).unwrap()];
            text += "an ordinary line\n";
        }
        let mut rest = text.as_bytes();
        fs::write(&log, "").unwrap();
        let mut file = OpenOptions::new().append(true).open(&log).unwrap();
        let mut sidecar = Sidecar::start(&log, &state, 0, Vec::new());
        let mut rotations = 10_000;
        while !rest.is_empty() {
            let n = rest
                .len()
                .min(1 + usize::try_from(chance.below(120)).unwrap());
            file.write_all(&rest[..n]).unwrap();
            rest = &rest[n..];
            for _ in 0..chance.below(4) {
                sidecar.read(chance);
            }
            if chance.one_in(8) {
                // The older the file, the greater its number.
                rotations -= 1;
                fs::rename(&log, dir.path().join(format!("log.{rotations}"))).unwrap();
                fs::write(&log, "").unwrap();
                file = OpenOptions::new().append(true).open(&log).unwrap();
            }
            if chance.one_in(10) {
                let Sidecar {
                    committed,
                    events,
                    source,
                    ..
                } = sidecar;
                drop(source);
                sidecar = Sidecar::start(&log, &state, committed, events);
            }
        }
        sidecar.source.stop();
        while !sidecar.read(chance) {}
        let mut wanted = Vec::new();
        let mut parser = Parser::new();
        parser.feed(text.as_bytes(), &mut |e| wanted.push(told(e)));
        parser.finish(&mut |e| wanted.push(told(e)));
        let end = sidecar.events.pop().unwrap();
        assert!(end.contains("EndOfStream"), "{end}");
        assert_eq!(sidecar.events, wanted);
    });
}
