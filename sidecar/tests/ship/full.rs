//! Recordings that are full: what is given up is text that nothing comes from, never a result; and whoever begins again
//! where text was given up reads on as before.

use std::path::Path;
use std::thread;

use sentinel_config::SidecarConfig;
use sentinel_parsers::wire::{OpenStream, RunContext};
use sentinel_sidecar::fs::RealFs;
use sentinel_sidecar::identity::of_stream;
use sentinel_sidecar::segments::{Limits, Lost, SegmentWriter, Spent, StreamInfo, list};
use sentinel_sidecar::ship::Stop;
use sentinel_sidecar::tail::{SegmentSource, Source};
use tempfile::TempDir;
use tokio::sync::watch;

use crate::agent::Agent;
use crate::shipping::ship_as;
use crate::stage::{PATIENCE, check, config, wait_until, wanted};

const CAP: u64 = 2 << 20;
const LIMITS: Limits = Limits {
    segment_bytes: 64 << 10,
    cap_bytes: CAP,
};

/// Real logs of several kinds.
const LOGS: [&str; 3] = [
    include_str!("../../../fuzz/corpus/lines/pytest"),
    include_str!("../../../fuzz/corpus/lines/rspec"),
    include_str!("../../../fuzz/corpus/lines/prove"),
];

/// A recording that is written while it is read.
struct Recorded {
    dir: TempDir,
    writer: SegmentWriter,
}

/// A recording, the stream it is of, and an agent, which is away or there.
fn begin(away: bool) -> (Recorded, OpenStream, Agent) {
    let dir = tempfile::tempdir().unwrap();
    let info = StreamInfo::new("tests".to_owned(), None);
    let open = OpenStream {
        identity: of_stream("capture", "run", &info.epoch),
        run: RunContext::default(),
        command: None,
    };
    let agent = Agent::start();
    agent.state().away = away;
    let writer = SegmentWriter::create(dir.path(), &info, LIMITS).unwrap();
    (Recorded { dir, writer }, open, agent)
}

/// Runs a sidecar to the end of the stream or, with `kill`, as long as something else lasts, and gives what that gives.
fn sidecar<T: Send>(
    recorded: Recorded,
    (open, agent): (&OpenStream, &Agent),
    kill: bool,
    meanwhile: impl FnOnce(Recorded) -> T + Send,
) -> T {
    let (say, stop) = watch::channel(Stop::No);
    let source = Source::Segments(SegmentSource::open(recorded.dir.path()).unwrap());
    let config = SidecarConfig {
        frame_events: 500,
        ..config()
    };
    thread::scope(|scope| {
        let meanwhile = scope.spawn(|| {
            let given = meanwhile(recorded);
            if kill {
                say.send_replace(Stop::Now);
            }
            given
        });
        let outcome = ship_as(source, open, &agent.url(), stop, &config, PATIENCE);
        assert_ne!(outcome.complete, kill);
        meanwhile.join().unwrap()
    })
}

impl Recorded {
    /// Writes as fast as room is made, so that nothing needs to be lost.
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(50_000) {
            let needed = self.writer.total() + chunk.len() as u64;
            wait_until("there is room", || {
                let spent = Spent::read(&RealFs, self.dir.path());
                spent.before + CAP / 8 * 5 > needed
            });
            self.writer.append(chunk);
        }
        assert_eq!(self.writer.losses().list(), [] as [Lost; 0]);
        let held = on_disk(self.dir.path());
        assert!(held <= CAP + (64 << 10), "{held}");
    }

    /// Ends the stream; the directory goes when it is dropped.
    fn end(self) -> TempDir {
        self.writer.finish(Some(3), None).unwrap();
        self.dir
    }
}

/// Bytes of segments and digest.
fn on_disk(dir: &Path) -> u64 {
    let files = std::fs::read_dir(dir).unwrap().map(Result::unwrap);
    let counted = |path: &Path| {
        path.extension()
            .is_some_and(|e| e == "seg" || e == "frames")
    };
    // What is deleted meanwhile takes nothing.
    let sizes = files
        .filter(|file| counted(&file.path()))
        .map(|file| file.metadata());
    sizes.flatten().map(|meta| meta.len()).sum()
}

/// A log many times in a row, with words between that mean nothing.
fn much(log: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < 3 * CAP as usize {
        bytes.extend_from_slice(log.as_bytes());
        for n in 0..200 {
            bytes.extend_from_slice(format!("connection {n} was opened and is warm\n").as_bytes());
        }
    }
    bytes
}

/// One session of pytest, in which the lines that tell so come behind much else, and nowhere again.
fn one_session() -> Vec<u8> {
    let mut text = String::new();
    while text.len() < 300_000 {
        text += "Collecting a package that somebody needs\n";
    }
    text += &format!("{:=^80}\n", " test session starts ");
    text += "platform linux -- Python 3.12.4, pytest-8.2.2, pluggy-1.5.0\nrootdir: /src\n\n";
    let mut n = 0;
    while text.len() < 3 * CAP as usize {
        n += 1;
        text += &format!("tests/test_a.py::test_n{n} PASSED [{:>3}%]\n", n % 100);
        text += "words that nobody asked for, as long as they are many\n";
    }
    text += &format!("{:=^80}\n", format!(" {n} passed in 9.51s "));
    text.into_bytes()
}

/// Every event is there, once and in its place, and how the command ended. Where somebody read on who could not read
/// all that was said before, that is told as well.
fn ended(agent: &Agent, bytes: &[u8], hash: bool) {
    let mut state = agent.state();
    let all = state.stored.events.len();
    state
        .stored
        .events
        .retain(|event| !event.contains("\"forgotten\""));
    assert_eq!(all > state.stored.events.len(), !hash);
    check(&state, bytes);
    let end = state.stored.events.last().unwrap();
    assert!(end.contains("exit_code: Some(3)"), "{end}");
    assert_eq!(end.contains("hash: Some"), hash, "{end}");
}

#[test]
fn three_times_the_cap_with_the_agent_away_from_the_start_loses_no_event() {
    for log in LOGS {
        let (recorded, open, agent) = begin(true);
        let bytes = much(log);
        let _dir = sidecar(recorded, (&open, &agent), false, |mut recorded| {
            recorded.write(&bytes);
            let dir = recorded.end();
            agent.state().away = false;
            dir
        });
        ended(&agent, &bytes, true);
        assert_eq!(agent.state().stored.duplicates, 0);
    }
}

#[test]
fn sidecars_that_are_killed_meanwhile_go_on_where_the_digest_ends() {
    let bytes = one_session();
    let (mut recorded, open, agent) = begin(true);
    let parts: Vec<&[u8]> = bytes.chunks(bytes.len() / 5).collect();
    for part in &parts[..4] {
        recorded = sidecar(recorded, (&open, &agent), true, |mut recorded| {
            recorded.write(part);
            recorded
        });
    }
    let _dir = sidecar(recorded, (&open, &agent), false, |mut recorded| {
        for part in &parts[4..] {
            recorded.write(part);
        }
        let dir = recorded.end();
        agent.state().away = false;
        dir
    });
    ended(&agent, &bytes, false);
}

#[test]
fn a_sidecar_that_begins_again_where_the_first_lines_are_long_deleted_knows_what_is_spoken() {
    let bytes = one_session();
    let (recorded, open, agent) = begin(false);
    let (before, behind) = bytes.split_at(bytes.len() / 3 * 2 + 7);
    let recorded = sidecar(recorded, (&open, &agent), true, |mut recorded| {
        recorded.write(before);
        recorded
    });
    let starts = list(&RealFs, recorded.dir.path()).unwrap();
    assert!(
        starts.windows(2).any(|w| w[1] - w[0] > CAP / 2),
        "{starts:?}"
    );
    let _dir = sidecar(recorded, (&open, &agent), false, |mut recorded| {
        recorded.write(behind);
        recorded.end()
    });
    ended(&agent, &bytes, false);
}

#[test]
fn results_beyond_all_that_the_cap_holds_are_gaps_to_the_byte_and_the_end_is_told() {
    let (recorded, open, agent) = begin(true);
    let line = |n: u64| {
        // Names that cannot be told in fewer bytes.
        let name = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (n << 17);
        format!(
            "TEST_PASS name=t{name:016x}{:016x}\n",
            name.wrapping_mul(name | 1)
        )
    };
    let bytes: Vec<u8> = (1..200_000).flat_map(|n| line(n).into_bytes()).collect();
    let (_dir, lost) = sidecar(recorded, (&open, &agent), false, |mut recorded| {
        for chunk in bytes.chunks(10_000) {
            recorded.writer.append(chunk);
        }
        let lost = recorded.writer.losses().list().to_vec();
        let dir = recorded.end();
        agent.state().away = false;
        (dir, lost)
    });
    assert!(!lost.is_empty());
    let gaps: Vec<(u64, u64)> = lost.iter().map(|lost| lines(lost, &bytes)).collect();
    let is_lost = |at: u64| gaps.iter().any(|(from, to)| (*from..*to).contains(&at));
    let all = wanted(&bytes)
        .into_iter()
        .filter(|event| !is_lost(place(event)));
    let state = agent.state();
    let (told, found): (Vec<&String>, Vec<&String>) = state
        .stored
        .events
        .iter()
        .partition(|event| event.contains(" Gap("));
    assert!(found.last().unwrap().contains("exit_code: Some(3)"));
    assert!(
        found[..found.len() - 1]
            .iter()
            .copied()
            .eq(&all.collect::<Vec<_>>())
    );
    let told: Vec<u64> = told.into_iter().map(|event| place(event)).collect();
    assert_eq!(told, gaps.iter().map(|(from, _)| *from).collect::<Vec<_>>());
    assert!(state.stored.closed && state.stored.committed == bytes.len() as u64);
}

/// The lines that a loss takes with it, which are its bytes and those of half lines.
fn lines(lost: &Lost, bytes: &[u8]) -> (u64, u64) {
    let at = |offset: u64| usize::try_from(offset).unwrap();
    let before = bytes[..at(lost.from)].iter().rposition(|b| *b == b'\n');
    let behind = bytes[at(lost.to)..].iter().position(|b| *b == b'\n');
    let from = before.map_or(0, |n| n as u64 + 1);
    let to = behind.map_or(bytes.len() as u64, |n| lost.to + n as u64 + 1);
    (from, to)
}

/// The offset of an event.
fn place(event: &str) -> u64 {
    event.split('.').next().unwrap().parse().unwrap()
}
