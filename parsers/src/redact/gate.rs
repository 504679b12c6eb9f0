//! The gate: one look at a line that says whether any row of the table finds a secret on it, so that
//! the thorough search, which says where they are, sees hardly any line without.
//!
//! Two windows of three bytes are taken from each needle, the second one byte behind the first: one of
//! them is at an even offset of the line, so only every second offset is looked up in a table of marks
//! (after Wu and Manber, "A fast algorithm for multi-pattern searching", 1994). A window that is marked is
//! compared with its needles, and a needle that stands there is judged by its rule. Needles that end with a
//! byte that is rare in logs are found by that byte.

use std::sync::LazyLock;

use super::table::{Found, Shape, judge, rows, word_dash};
use crate::places::holds_any;

/// Bytes a line with a secret has at least: of its needle or of what stands round it, and of the secret.
pub(super) const SHORTEST: usize = 4;
/// Bytes of a window.
const WINDOW: usize = 3;
/// Bytes from one window looked up to the next.
const STRIDE: usize = 2;
/// Bytes looked up before it is asked whether any of them is marked.
const GROUP: usize = 16;
/// Bytes of the line a group is read from: those of its last window, and one more.
const READ: usize = GROUP - STRIDE + 4;
/// Size of the table of marks, as a power of two: 8 KiB, which stay in the first cache.
const BITS: u32 = 13;
const SIZE: usize = 1 << BITS;
/// Groups of entries, far more than there are entries.
const SLOTS: usize = 1024;
/// Bytes judged at a needle beyond which the thorough search takes over: it judges none twice.
const FAR: usize = 128;

/// Whether the line holds what may be a secret by the rules of the table: of needles that stand at `from` or behind it.
pub(super) fn suspects(bytes: &[u8], from: usize) -> bool {
    GATE.suspects(bytes, from)
}

static GATE: LazyLock<Gate> = LazyLock::new(Gate::new);

struct Gate {
    marks: Marks,
    /// By the upper bits of a window's hash, where in `entries` those with these begin and end.
    slots: Box<[(u16, u16); SLOTS]>,
    entries: Vec<Entry>,
    /// Needles that end with a rare byte.
    rare: Vec<(&'static [u8], Shape)>,
}

/// Bytes that are rare in logs.
const RARE: [u8; 3] = *b"J~@";

/// A window of a needle.
#[derive(Clone, Copy)]
struct Entry {
    window: [u8; WINDOW],
    /// Where it begins in the needle.
    offset: usize,
    needle: &'static [u8],
    shape: Shape,
}

impl Gate {
    fn new() -> Gate {
        let needles = || {
            let of = |(needle, shape): (&&'static str, _)| (needle.as_bytes(), shape);
            rows().flat_map(move |rule| rule.needles.iter().map(move |n| of((n, rule.shape))))
        };
        let is_rare = |(needle, _): &(&[u8], Shape)| {
            needle.len() <= WINDOW && needle.last().is_some_and(|b| RARE.contains(b))
        };
        let mut entries: Vec<Entry> = needles()
            .filter(|row| !is_rare(row))
            .flat_map(|(needle, shape)| windows(needle, shape))
            .collect();
        let marks = Marks::of(&entries, FACTOR);
        entries.sort_by_key(|entry| marks.hash(four(entry.window)));
        let mut slots = Box::new([(0, 0); SLOTS]);
        // The needles are a few hundred bytes, and their windows a few hundred.
        for (at, entry) in (0u16..).zip(&entries) {
            let slot = &mut slots[marks.slot(entry.window)];
            slot.0 = if slot.1 == 0 { at } else { slot.0 };
            slot.1 = at + 1;
        }
        Gate {
            marks,
            slots,
            entries,
            rare: needles().filter(is_rare).collect(),
        }
    }

    fn suspects(&self, bytes: &[u8], from: usize) -> bool {
        bytes.len() >= SHORTEST
            && (self.rare_suspects(bytes, from) || self.windows_suspect(bytes, from))
    }

    /// Whether a secret stands round one of the rare bytes.
    fn rare_suspects(&self, bytes: &[u8], from: usize) -> bool {
        // Most lines have none, and are too short to set up a search.
        if !holds_any(&bytes[from..], RARE) {
            return false;
        }
        // Up to where a needle that ends with the `@` is none.
        let mut clear = 0;
        for end in memchr::memchr3_iter(RARE[0], RARE[1], RARE[2], &bytes[from..]) {
            let end = from + end;
            for (needle, shape) in &self.rare {
                if !bytes[..=end].ends_with(needle) || (needle.len() == 1 && end < clear) {
                    continue;
                }
                let start = end + 1 - needle.len();
                match judge(bytes, start..end + 1, *shape) {
                    Found::No => {}
                    Found::NoneBefore(place) if needle.len() == 1 => clear = place,
                    Found::NoneBefore(place) if place <= start + FAR => {}
                    Found::NoneBefore(_) | Found::Secret(..) => return true,
                }
            }
        }
        false
    }

    fn windows_suspect(&self, bytes: &[u8], mut from: usize) -> bool {
        while let Some(group) = bytes[from..].first_chunk() {
            if self.marks.any(group) && self.group_suspects(bytes, from, group) {
                return true;
            }
            from += GROUP;
        }
        if let Some(group) = bytes.last_chunk() {
            // It begins before the last group's end, so that no two neighbours are left out.
            let from = bytes.len() - READ;
            return self.marks.any(group) && self.group_suspects(bytes, from, group);
        }
        let mut group = [0; READ];
        group[..bytes.len()].copy_from_slice(bytes);
        self.marks.any(&group) && self.group_suspects(bytes, 0, &group)
    }

    /// Whether one of the windows of a group, which begins at `from`, belongs to a secret.
    #[cold]
    fn group_suspects(&self, bytes: &[u8], from: usize, group: &[u8; READ]) -> bool {
        let mut may = self.marks.all(group);
        while may != 0 {
            let at = may.trailing_zeros() as usize * STRIDE;
            may &= may - 1;
            let window = [group[at], group[at + 1], group[at + 2]];
            let (begin, end) = self.slots[self.marks.slot(window)];
            let entries = &self.entries[usize::from(begin)..usize::from(end)];
            let mut there = entries.iter().filter(|entry| entry.window == window);
            if there.any(|entry| entry.is_secret(bytes, from + at)) {
                return true;
            }
        }
        false
    }
}

impl Entry {
    /// Whether the needle stands round the window at `at`, and its rule takes it for a secret.
    fn is_secret(&self, bytes: &[u8], at: usize) -> bool {
        let Some(start) = at.checked_sub(self.offset) else {
            return false;
        };
        let at = start..start + self.needle.len();
        if bytes.get(at.clone()) != Some(self.needle) {
            return false;
        }
        match judge(bytes, at, self.shape) {
            Found::No => false,
            Found::NoneBefore(place) => place > start + FAR,
            Found::Secret(..) => true,
        }
    }
}

/// The windows of a needle, of which one is at an even offset wherever a secret stands: of a long one two
/// neighbours, of one of three bytes the second with whatever goes on with the secret.
fn windows(needle: &'static [u8], shape: Shape) -> Vec<Entry> {
    let entry = |window, offset| Entry {
        window,
        offset,
        needle,
        shape,
    };
    match *needle {
        [a, b, c] => {
            let next = (0..=u8::MAX).filter(|b| word_dash(*b));
            let next = next.map(|x| entry([b, c, x], 1));
            next.chain([entry([a, b, c], 0)]).collect()
        }
        _ => {
            let exact = needle.array_windows().zip(0..);
            let from = rarest(needle);
            let exact = exact.skip(from).take(STRIDE);
            exact.map(|(window, at)| entry(*window, at)).collect()
        }
    }
}

/// Where the neighbours among a needle's windows begin that are rarest in ordinary logs.
fn rarest(needle: &[u8]) -> usize {
    let often = |from: &usize| {
        let windows = needle[*from..=from + WINDOW].windows(WINDOW);
        let often = |w| ORDINARY.map(|sample| memchr::memmem::find_iter(sample, w).count());
        windows.flat_map(often).sum::<usize>()
    };
    let last = needle.len().saturating_sub(WINDOW + 1);
    (0..=last).min_by_key(often).unwrap_or(0)
}

/// Samples of ordinary logs and of the output of tests.
const ORDINARY: [&[u8]; 2] = [
    include_bytes!("../scan/ordinary.log"),
    include_bytes!("../scan/tests.log"),
];

/// Which windows occur, hardly any other among them.
struct Marks {
    /// By hash, the first byte of the window that has it; those of several begin with the same. 0 for none.
    marks: Box<[u8; SIZE]>,
    /// What four bytes are multiplied by for the hash of the first three.
    factor: u32,
}

/// What four bytes are multiplied by for the hash of their first three: of those tried that leave each window its mark, the
/// one that lets the fewest windows of ordinary logs through.
const FACTOR: u32 = 0x14c5_c700;

impl Marks {
    /// The windows of the entries, by the hash with this factor.
    fn of(entries: &[Entry], factor: u32) -> Marks {
        let mut marks = Marks {
            marks: Box::new([0; SIZE]),
            factor,
        };
        for entry in entries {
            let hash = marks.hash(four(entry.window));
            marks.marks[hash] = entry.window[0];
        }
        marks
    }

    /// The hash of the first three bytes: the factor's low byte is zero, which leaves out the fourth.
    #[inline]
    fn hash(&self, window: [u8; 4]) -> usize {
        (u32::from_le_bytes(window).wrapping_mul(self.factor) >> (32 - BITS)) as usize
    }

    /// Where the entries of the window are.
    fn slot(&self, window: [u8; WINDOW]) -> usize {
        self.hash(four(window)) * SLOTS / SIZE
    }

    #[inline]
    fn are_of(&self, window: [u8; 4]) -> bool {
        self.marks[self.hash(window)] == window[0]
    }

    /// Whether one of the windows looked up in a group is marked.
    #[inline]
    fn any(&self, group: &[u8; READ]) -> bool {
        let windows = group.array_windows().step_by(STRIDE);
        windows.fold(false, |all, window| all | self.are_of(*window))
    }

    /// Which of the windows looked up in a group are marked.
    fn all(&self, group: &[u8; READ]) -> u32 {
        let windows = group.array_windows().step_by(STRIDE);
        windows.zip(0..).fold(0, |all, (window, n)| {
            all | u32::from(self.are_of(*window)) << n
        })
    }
}

fn four([a, b, c]: [u8; WINDOW]) -> [u8; 4] {
    [a, b, c, 0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_needle_is_found_by_windows_or_by_a_rare_byte() {
        for needle in rows().flat_map(|rule| rule.needles) {
            let rare = GATE.rare.iter().any(|(n, _)| *n == needle.as_bytes());
            assert!(rare || needle.len() >= WINDOW, "{needle}");
        }
    }

    /// Factors tried.
    fn factors() -> impl Iterator<Item = u32> {
        (0..4096u32).map(|n| 0x9e37_79b1u32.wrapping_add(n.wrapping_mul(0x3779_b1c2)) << 8)
    }

    #[test]
    fn the_factor_lets_fewest_ordinary_windows_through() {
        let through = |factor: &u32| {
            let marks = Marks::of(&GATE.entries, *factor);
            let windows = ORDINARY.iter().flat_map(|sample| sample.array_windows());
            windows.filter(|w| marks.are_of(**w)).count()
        };
        let factors = factors().filter(|factor| holds_all(&Marks::of(&GATE.entries, *factor)));
        assert_eq!(factors.min_by_key(through), Some(FACTOR));
    }

    /// Whether no window has the hash of one that begins with another byte.
    fn holds_all(marks: &Marks) -> bool {
        let mut windows = GATE.entries.iter().map(|entry| four(entry.window));
        windows.all(|window| marks.are_of(window))
    }

    #[test]
    fn every_window_of_a_needle_has_its_mark() {
        assert!(holds_all(&GATE.marks));
    }

    #[test]
    fn what_goes_on_with_a_needle_of_three_bytes_is_in_its_windows() {
        let short = |needle: &&str| needle.len() == WINDOW && !needle.ends_with('J');
        let rows = rows().flat_map(|rule| rule.needles.iter().map(move |n| (*n, rule.shape)));
        for (needle, shape) in rows.filter(|(n, _)| short(n)) {
            for b in (0..=u8::MAX).filter(|b| !word_dash(*b)) {
                let mut line = [needle.as_bytes(), &[b]].concat();
                line.extend([b"a1b2c3d4".repeat(8), b"a1b2c3d4".repeat(8)].join(&b'.'));
                let found = judge(&line, 0..WINDOW, shape);
                assert!(!matches!(found, Found::Secret(..)), "{needle} {b}");
            }
        }
    }
}
