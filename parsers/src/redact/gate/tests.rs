//! The gate says what a look needle by needle says.

use proptest::prelude::*;

use super::*;

fn needles() -> impl Iterator<Item = &'static [u8]> {
    rows()
        .flat_map(|rule| rule.needles)
        .map(|needle| needle.as_bytes())
}

#[test]
fn every_needle_is_found_by_a_window_or_by_a_rare_byte() {
    for needle in needles() {
        let name = String::from_utf8_lossy(needle);
        match window_of(needle) {
            Some((window, offset)) => {
                let ends = offset + window.len() == needle.len();
                assert!(
                    window.len() == WINDOW || (window.len() == WINDOW - 1 && ends),
                    "{name}"
                );
            }
            None => assert!(
                needle.len() < WINDOW - 1 && RARE.contains(&needle[needle.len() - 1]),
                "{name}"
            ),
        }
    }
}

#[test]
fn every_window_is_one_of_a_needle() {
    let used: Vec<&[u8]> = needles()
        .filter_map(window_of)
        .map(|(window, _)| window)
        .collect();
    for window in GROUPS.iter().flat_map(|windows| *windows) {
        assert!(used.contains(&window.as_bytes()), "{window}");
    }
}

/// Samples of ordinary logs and of the output of tests.
const ORDINARY: [&[u8]; 2] = [
    include_bytes!("../../scan/ordinary.log"),
    include_bytes!("../../scan/tests.log"),
];

#[test]
fn of_ordinary_places_one_of_four_hundred_passes() {
    let (mut all, mut passed) = (0, 0);
    for sample in ORDINARY {
        for piece in sample.array_windows().step_by(PLACES) {
            let passing = dispatch!(Level::new(), simd => {
                let halves = GATE.halves.map(|both| both.map(|half| u8x32::simd_from(simd, half)));
                passing(simd, &halves, piece)
            });
            all += PLACES;
            passed += passing.count_ones() as usize;
        }
    }
    assert!(passed > 0 && 400 * passed <= all, "{passed} of {all}");
}

/// The same, needle by needle.
fn plainly(bytes: &[u8], from: usize) -> Look {
    let windowed = GATE.entries.iter();
    let windowed = windowed.map(|entry| (entry.needle, entry.shape, entry.offset + WINDOW));
    let rare = GATE
        .rare
        .iter()
        .map(|(needle, shape)| (*needle, *shape, needle.len()));
    let stands = |(needle, shape, least): (&[u8], Shape, usize)| {
        (0..bytes.len()).any(|at| {
            bytes[at..].starts_with(needle)
                && at >= from
                && at + least <= bytes.len()
                && match judge(bytes, at..at + needle.len(), shape) {
                    Found::No => false,
                    Found::NoneBefore(place) => needle.len() > 1 && place > at + FAR,
                    Found::Secret(..) => true,
                }
        })
    };
    let digits = bytes[from..].iter().filter(|b| b.is_ascii_digit()).count();
    match windowed.chain(rare).any(stands) {
        true => Look {
            suspects: true,
            digits: 0,
        },
        false => Look {
            suspects: false,
            digits,
        },
    }
}

proptest! {
    #[test]
    fn a_line_is_looked_at_as_needle_by_needle(
        before in "[a-z0-9 =\"é~@]{0,70}",
        needle in prop::sample::select(needles().collect::<Vec<_>>()),
        behind in "[=: \"]{0,2}[a-zA-Z0-9]{0,60}[ ]?[a-z0-9 ]{0,40}",
        from in 0..80_usize,
    ) {
        let line = [before.as_bytes(), needle, behind.as_bytes()].concat();
        // Nothing that counts stands before the place.
        let from = from.min(before.len());
        let look = look(&line, from);
        let expected = plainly(&line, from);
        prop_assert_eq!(look.suspects, expected.suspects);
        prop_assert!(look.suspects || look.digits == expected.digits);
    }
}
