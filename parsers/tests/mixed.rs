//! Mixtures of the lines of many small logs give the same events whether every line is looked at or those that hold
//! no needle are passed over. Fuzzing changes bytes; this puts lines where no run would print them. More of it:
//! `SENTINEL_MIXTURES=1000000 cargo test --release -p sentinel-parsers --test mixed`.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use proptest::sample::Index;
use sentinel_parsers::line::visible;
use sentinel_parsers::{Event, ParserOptions};

/// Mixtures tried if nothing else is wanted.
const MIXTURES: u32 = 1000;
/// Lines that put what follows behind those that are always looked at.
const IDLE: &[u8] = b"idle\n";
const IDLE_LINES: usize = 1100;
/// Dialects that need lines before one that holds a needle: what another claims is not shown to them, so each is
/// tried alone.
const LOOKING_BACK: [&str; 8] = [
    "bats", "doctest", "exunit", "mocha", "prove", "robot", "rspec", "tap",
];

/// The lines of the small logs, one log after the other.
static LOGS: LazyLock<Vec<Vec<Vec<u8>>>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/lines");
    let found = std::fs::read_dir(folder).expect("the small logs are part of the project");
    let mut files: Vec<_> = found.flatten().map(|file| file.path()).collect();
    files.sort();
    let lines = |log: Vec<u8>| log.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
    let logs = files
        .iter()
        .map(|file| lines(std::fs::read(file).expect("it can be read")));
    logs.collect()
});

/// What is done to a line.
#[derive(Clone, Debug)]
enum Change {
    Nothing,
    Indent(usize),
    Flush,
    Cut(Index),
    Lose(Index),
    Insert(Index, &'static [u8]),
    /// Stands behind the beginning of another line.
    After(Index, Index),
}

impl Change {
    fn apply(&self, mut line: Vec<u8>) -> Vec<u8> {
        match self {
            Change::Nothing => {}
            Change::Indent(blanks) => drop(line.splice(0..0, vec![b' '; *blanks])),
            Change::Flush => line = line.trim_ascii_start().to_vec(),
            Change::Cut(at) => line.truncate(at.index(line.len() + 1)),
            Change::Lose(at) if !line.is_empty() => drop(line.remove(at.index(line.len()))),
            Change::Lose(_) => {}
            Change::Insert(at, bytes) => {
                let at = at.index(line.len() + 1);
                line.splice(at..at, bytes.iter().copied());
            }
            Change::After(other, at) => {
                let lines: Vec<&Vec<u8>> = LOGS.iter().flatten().collect();
                let other = lines[other.index(lines.len())];
                line.splice(0..0, other[..at.index(other.len() + 1)].to_vec());
            }
        }
        line
    }
}

fn change() -> impl Strategy<Value = Change> {
    const INSERTED: &[&[u8]] = &[b"\x1b[0m", b"\r", b"\xff", b"\t", b" ", b"0", b":"];
    prop_oneof![
        24 => Just(Change::Nothing),
        1 => (1usize..5).prop_map(Change::Indent),
        1 => Just(Change::Flush),
        1 => any::<Index>().prop_map(Change::Cut),
        1 => any::<Index>().prop_map(Change::Lose),
        2 => (any::<Index>(), proptest::sample::select(INSERTED)).prop_map(|(at, b)| Change::Insert(at, b)),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(other, at)| Change::After(other, at)),
    ]
}

/// A few lines of one of the logs.
fn piece() -> impl Strategy<Value = (Index, Index, Vec<Change>)> {
    let changes = proptest::collection::vec(change(), 1..6);
    (any::<Index>(), any::<Index>(), changes)
}

/// Pieces of a few logs, in any order.
fn mixture() -> impl Strategy<Value = Vec<u8>> {
    let logs = proptest::collection::vec(any::<Index>(), 1..5);
    let pieces = proptest::collection::vec(piece(), 3..28);
    (logs, pieces).prop_map(|(logs, pieces)| {
        let mut text = Vec::new();
        for (log, at, changes) in pieces {
            let log = &LOGS[logs[log.index(logs.len())].index(LOGS.len())];
            let lines = log.iter().skip(at.index(log.len()));
            for (line, change) in lines.zip(changes) {
                text.extend(change.apply(line.clone()));
                text.push(b'\n');
            }
        }
        text
    })
}

/// Every event without its offset: a line that was passed over at first is told of where the line is that gave it a
/// meaning.
fn told(text: &[u8], options: ParserOptions) -> Vec<String> {
    let mut told = Vec::new();
    let mut parser = options.parser();
    let mut emit = |event: &Event<'_>| {
        let (line, lane, dialect) = (event.line, event.lane, event.dialect);
        told.push(format!("{line} of {lane}, {dialect}: {:?}", event.body));
    };
    parser.feed(text, &mut emit);
    parser.finish(&mut emit);
    told
}

/// Whether lines that are passed over would change no event, were they looked at. Not so by design: the head of a Ruby
/// exception without a needle is found by the stack below it, and a long line is kept for nobody.
fn is_plain(text: &[u8]) -> bool {
    let heads = |line: &str| line.contains(":in '") || line.contains(":in `");
    let mut lines = text.split(|b| *b == b'\n');
    lines.all(|line| line.len() <= 1000 && !heads(&visible(line)))
}

/// What is told by a parser that looks at every line, and by one that does not; the same if there are envelopes, which
/// are looked for only here and there.
fn both(text: &[u8], wanted: impl Fn(&str) -> bool) -> (Vec<String>, Vec<String>) {
    let enveloped = Arc::new(AtomicBool::new(false));
    let noted = Arc::clone(&enveloped);
    let options = ParserOptions::new().dialects(&wanted).thorough();
    let every = told(
        text,
        options.watch(move |seen| {
            if seen.waits || !seen.envelopes.is_empty() {
                noted.store(true, Ordering::Relaxed);
            }
        }),
    );
    let some = told(text, ParserOptions::new().dialects(&wanted));
    let of_one = |event: &String| event.contains(" of 0, ");
    match enveloped.load(Ordering::Relaxed) || !some.iter().all(of_one) {
        true => (Vec::new(), Vec::new()),
        false => (every, some),
    }
}

fn mixtures() -> u32 {
    let wanted = std::env::var("SENTINEL_MIXTURES").ok();
    wanted.map_or(MIXTURES, |n| n.parse().expect("a number of mixtures"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: mixtures(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lines_without_needles_mean_nothing_in_any_mixture(text in mixture(), late in 0u8..4) {
        prop_assume!(is_plain(&text));
        let idle = if late == 0 { IDLE.repeat(IDLE_LINES) } else { Vec::new() };
        let text = [idle, text].concat();
        let (every, some) = both(&text, |id| !LOOKING_BACK.contains(&id));
        prop_assert_eq!(every, some, "{}", String::from_utf8_lossy(&text));
    }

    #[test]
    fn dialects_that_look_back_are_shown_enough_in_any_mixture(text in mixture(), only in 0..LOOKING_BACK.len()) {
        prop_assume!(is_plain(&text));
        let (every, some) = both(&text, |id| id == LOOKING_BACK[only]);
        prop_assert_eq!(every, some, "{}: {}", LOOKING_BACK[only], String::from_utf8_lossy(&text));
    }
}
