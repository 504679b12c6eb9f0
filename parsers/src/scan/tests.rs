//! The search finds what a naive one finds.

use proptest::prelude::*;

use super::{Bits, NeedleSet, built_in};
use crate::dialect::DIALECTS;

/// Anywhere, short, at the beginning, the whole line, with blanks, beyond ASCII, one in another.
const NEEDLES: [&str; 9] = [
    "test result: ",
    "result: ok",
    "panic: ",
    "ab ",
    "\nok ",
    "\nok\n",
    "\n.",
    "\n\u{2713} ",
    "##teamcity[",
];

fn set() -> NeedleSet {
    let mut set = NeedleSet::default();
    for (at, needle) in NEEDLES.iter().enumerate() {
        set.add_all([*needle], 1 << at);
    }
    set.build();
    set
}

fn naive(line: &str) -> Bits {
    let beginning = line.trim_ascii_start();
    let beginning = beginning.strip_suffix('\r').unwrap_or(beginning);
    let holds = |needle: &str| match needle.strip_prefix('\n') {
        None => line.contains(needle),
        Some(start) => match start.strip_suffix('\n') {
            Some(whole) => beginning == whole,
            None => beginning.starts_with(start),
        },
    };
    let found = NEEDLES.iter().enumerate().filter(|(_, n)| holds(n));
    found.fold(0, |bits, (at, _)| bits | 1 << at)
}

/// What lines are made of: needles, halves of them, other text.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(NEEDLES.to_vec()).prop_map(|n| n.trim_matches('\n').to_owned()),
        proptest::sample::select(vec![
            "tes", "t res", "ult: ", "ok", ".", " ", "\t", "a", "b", "x\r", "pani"
        ])
        .prop_map(str::to_owned),
        "[a-z0-9 ]{0,9}",
    ]
}

proptest! {
    #[test]
    fn needles_are_found_wherever_they_stand(pieces in prop::collection::vec(piece(), 0..12)) {
        let line = pieces.concat();
        let (set, mut hits) = (set(), Vec::new());
        prop_assert_eq!(set.line(line.as_bytes()), naive(&line), "{:?}", line);
        set.scan(line.as_bytes(), &mut hits);
        let listed = hits.iter().fold(0, |all, hit| all | hit.bits);
        prop_assert_eq!(listed, set.anywhere(line.as_bytes()), "{:?}", line);
    }

    #[test]
    fn hits_of_a_block_lie_in_their_lines(
        lines in prop::collection::vec(prop::collection::vec(piece(), 0..6), 1..9),
    ) {
        let lines: Vec<String> = lines.iter().map(|l| l.concat()).collect();
        let block = lines.join("\n");
        let (set, mut hits) = (set(), Vec::new());
        set.scan(block.as_bytes(), &mut hits);
        prop_assert!(hits.is_sorted_by_key(|hit| hit.at));
        let mut from = 0;
        for line in &lines {
            let here = hits.iter().filter(|h| (from..from + line.len()).contains(&(h.at as usize)));
            let found = here.fold(0, |bits, hit| bits | hit.bits) | set.starts(line.as_bytes());
            prop_assert_eq!(found, naive(line), "{:?} in {:?}", line, block);
            from += line.len() + 1;
        }
    }
}

#[test]
fn a_reader_without_needles_reads_every_line() {
    let mut set = NeedleSet::default();
    set.add_all([], 4);
    set.build();
    assert_eq!(set.always(), 4);
}

#[test]
fn every_dialect_has_needles_that_leave_ordinary_lines_alone() {
    let set = built_in();
    assert_eq!(set.always(), 0);
    let ordinary = include_str!("ordinary.log");
    for line in ordinary.lines() {
        let bits = set.line(line.as_bytes());
        let whose: Vec<&str> = DIALECTS
            .iter()
            .enumerate()
            .filter(|(at, _)| bits >> at & 1 == 1)
            .map(|(_, info)| info.id)
            .collect();
        assert!(bits == 0, "{whose:?} {bits:x} in {line}");
    }
}

#[test]
fn every_needle_is_long_enough_or_begins_its_line() {
    let mut short = Vec::new();
    for info in DIALECTS {
        let few = info
            .needles
            .iter()
            .filter(|n| !n.starts_with('\n') && n.len() < 7);
        short.extend(few.map(|needle| (info.id, *needle)));
    }
    let words =
        crate::signature::Signatures::needles().filter(|n| !n.starts_with('\n') && n.len() < 7);
    short.extend(words.map(|needle| ("signature", needle)));
    assert!(short.is_empty(), "{short:?}");
}

#[test]
fn a_line_full_of_one_needle_is_told_by_some_thousand_finds_the_last_of_which_stands_at_its_end() {
    let mut set = NeedleSet::default();
    set.add_all(["Feature: "], 1);
    set.build();
    let (line, mut hits) = ("Feature: x ".repeat(50_000), Vec::new());
    set.scan(line.as_bytes(), &mut hits);
    assert!(hits.len() < 5000, "{} finds", hits.len());
    let last = hits.last().unwrap();
    assert!(last.at as usize > line.len() - 20, "{last:?}");
    // The next line is told apart.
    set.scan(format!("{line}\nFeature: y").as_bytes(), &mut hits);
    assert!(hits.last().unwrap().at as usize > line.len());
}
