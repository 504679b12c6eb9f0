//! Short lines that are passed over because they repeat would change no event: each short line of many small logs,
//! repeated thousands of times where it stands, against a parser that reads every line.

use std::path::Path;

use sentinel_parsers::{Event, Parser, ParserOptions};

/// Bytes of a line that may be passed over.
const SHORT: usize = 16;
/// More lines than are looked at whatever they hold.
const IDLE: usize = 1100;
/// More than are read before the same are passed over.
const TIMES: usize = 5000;

fn told(mut parser: Parser, pieces: &[&[u8]]) -> (Vec<String>, u64) {
    let mut told = Vec::new();
    let mut emit = |event: &Event<'_>| {
        let (offset, line, dialect) = (event.offset, event.line, event.dialect);
        told.push(format!("{offset} {line} {dialect} {:?}", event.body));
    };
    for piece in pieces {
        parser.feed(piece, &mut emit);
    }
    parser.finish(&mut emit);
    (told, parser.repeated_lines())
}

#[test]
fn lines_that_repeat_are_passed_over_as_if_each_was_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/lines");
    let idle = b"idle\n".repeat(IDLE);
    let (mut shapes, mut passed, mut wrong) = (0, 0, 0);
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        let log = std::fs::read(&file).unwrap();
        let lines: Vec<&[u8]> = log.split_inclusive(|b| *b == b'\n').collect();
        let mut from = 0;
        for (at, line) in lines.iter().enumerate() {
            let before = &log[..from];
            from += line.len();
            let next = lines.get(at + 1).copied().unwrap_or_default();
            for unit in [line.to_vec(), [line, next].concat()] {
                if line.len() > SHORT || next.len() > SHORT || !unit.ends_with(b"\n") {
                    continue;
                }
                let pieces = [&idle, before, &unit.repeat(TIMES), &log[from..]];
                let (fast, few) = told(Parser::new(), &pieces);
                let (slow, _) = told(ParserOptions::new().watch(|_| {}).parser(), &pieces);
                (shapes, passed) = (shapes + 1, passed + few);
                if fast != slow {
                    wrong += 1;
                    let bad = (0..).find(|&i| fast.get(i) != slow.get(i)).unwrap();
                    eprintln!(
                        "{}:{} {:?} {few}\n  {:?}\n  {:?}",
                        file.display(),
                        at + 1,
                        String::from_utf8_lossy(&unit),
                        fast.get(bad),
                        slow.get(bad)
                    );
                }
            }
        }
    }
    eprintln!("{shapes} shapes, {passed} lines passed over, {wrong} wrong");
    assert_eq!(wrong, 0);
    assert!(passed > 0);
}
