//! Any cutting of the same bytes gives the same events: every log byte by byte, and in blocks.

use std::hash::{DefaultHasher, Hash, Hasher};

use sentinel_parsers::{Event, Parser};

use crate::truth::Case;
use crate::{at_once, cases, corpora};

/// What identifies each event of a log, everything it says included.
fn events(log: &[u8], chunk: usize) -> Vec<u64> {
    let mut found = Vec::new();
    let mut tell = |event: &Event<'_>| {
        let mut hasher = DefaultHasher::new();
        format!("{event:?}").hash(&mut hasher);
        found.push(hasher.finish());
    };
    let mut parser = Parser::new();
    for piece in log.chunks(chunk.max(1)) {
        parser.feed(piece, &mut tell);
    }
    parser.finish(&mut tell);
    found
}

/// The event of that ordinal, for people.
fn told(log: &[u8], chunk: usize, ordinal: usize) -> String {
    let (mut told, mut count) = (String::from("nothing"), 0);
    let mut tell = |event: &Event<'_>| {
        if count == ordinal {
            told = format!("{event:?}");
        }
        count += 1;
    };
    let mut parser = Parser::new();
    for piece in log.chunks(chunk.max(1)) {
        parser.feed(piece, &mut tell);
    }
    parser.finish(&mut tell);
    told
}

/// Where the events in chunks of that size differ from those of the whole.
fn difference(case: &Case, whole: &[u64], chunk: usize) -> Option<String> {
    let cut = events(&case.log, chunk);
    if cut == whole {
        return None;
    }
    let same = cut.iter().zip(whole).take_while(|(a, b)| a == b).count();
    let (a, b) = (
        told(&case.log, chunk, same),
        told(&case.log, case.log.len(), same),
    );
    let name = &case.name;
    Some(format!("{name} in chunks of {chunk}: {a}\n  whole: {b}"))
}

#[test]
fn any_cutting_gives_the_same_events() {
    let Some(root) = corpora() else { return };
    let differences = at_once(&cases(&root), |case| {
        let whole = events(&case.log, case.log.len());
        let cuts = [1, 4096].into_iter();
        cuts.filter_map(|chunk| difference(case, &whole, chunk))
            .collect()
    });
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
