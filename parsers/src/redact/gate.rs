//! The gate: one look at a line that says whether any row of the table finds a secret on it, so that
//! the thorough search, which says where they are, sees hardly any line without.
//!
//! Of each needle a window of four bytes is looked for, at thirty-two places at once: the windows are parted into
//! eight groups, and a place passes a group if each of its bytes is, half by half, that of one of the group's windows
//! (after Hyperscan's Teddy: Wang et al., "Hyperscan: A Fast Multi-pattern Regex Matcher for Modern CPUs", 2019). Where
//! one passes its window is looked up, and a needle that stands round it is judged by its rule. Needles of one or two
//! bytes are found by a byte that is rare in logs, and digits are counted for [cards](super::card).

use std::sync::LazyLock;

use fearless_simd::{Level, Simd, SimdBase, SimdFrom, SimdMask, dispatch, u8x32};

use super::table::{Found, Shape, judge, rows};
use crate::places::first_eight;

/// Bytes a line with a secret has at least: of its needle or of what stands round it, and of the secret.
pub(super) const SHORTEST: usize = 4;
/// Bytes of a window; three if a needle has no more.
const WINDOW: usize = 4;
/// Places looked at together.
const PLACES: usize = 32;
/// Bytes they are read from: those of the last place's window too.
const READ: usize = PLACES + WINDOW - 1;
/// Slots of windows.
const SLOTS: usize = 256;
/// Bytes judged at a needle beyond which the thorough search takes over: it judges none twice.
const FAR: usize = 128;

/// By group, the windows that are looked for. Which stand together, and which of a needle's windows is taken, was found by
/// trying for the fewest places of ordinary logs that pass.
const GROUPS: [&[&str]; 8] = [
    &["eyJ", "ck.c", "sk-", "SG.", "3A%2", "3a%2"],
    &[
        "_v1_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "oxa-", "oxb-", "oxr-", "oxs-", "oks/",
        "ive_", "hvs.", "hvb.", "_key", "_KEY", "iKey", "ikey", "IKEY", "eKey",
    ],
    &[
        "sig=", "ypi-", "ygem", ":oci", "toke", "Toke", "TOKE", "-key", "-Key", "sKey", "tKey",
        "tial",
    ],
    &[
        "pat_", "pat-", "lrt-", "ldt-", "ptt-", "cbt-", "lft-", "sv1.", "lsa_", "lin_", "PMAK",
        "hin:", "SSWO", "pwd=", "Pwd=", "pwd:", "pwd\"",
    ],
    &[
        "BEGI", "ya29", "xoxe", "xoxp", "xapp", "ECRE", "hori", "HORI", "eare", "okie", "ecre",
    ],
    &[
        "AKIA", "ASIA", "ABIA", "ACCA", "AIza", "SPX-", "ATAT", "sntl", "sk_t", "rk_t", "sntr",
        "NRAK", "SSWD", "SPHR", "_PWD",
    ],
    &["gnat", "whse", "pss_", "psca", "sswo", "sswd"],
    &["npm_", "offi", "dapi", "sphr"],
];

/// What a look at a line's end says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// A needle stands there that may be a secret by its rule.
    pub(super) suspects: bool,
    /// How many digits stand there, unless it is suspected.
    pub(super) digits: usize,
}

/// Looks at what stands in the line at `from` and behind it.
#[inline]
pub(super) fn look(bytes: &[u8], from: usize) -> Look {
    GATE.look(bytes, from)
}

static GATE: LazyLock<Gate> = LazyLock::new(Gate::new);

struct Gate {
    /// By place in the window and half of a byte, the lower first: for each value a bit by group, twice, for each half of a
    /// vector.
    halves: [[[u8; PLACES]; 2]; WINDOW],
    /// The windows by slot, and where in them those of each begin and end.
    entries: Vec<Entry>,
    slots: [(u8, u8); SLOTS],
    /// Needles that end with a rare byte.
    rare: Vec<(&'static [u8], Shape)>,
}

/// Bytes that are rare in logs.
const RARE: [u8; 2] = *b"~@";

/// A window of a needle.
struct Entry {
    /// Its bytes, the first lowest; and how many bits behind them do not count.
    window: u32,
    beyond: u32,
    /// Where it begins in the needle.
    offset: usize,
    needle: &'static [u8],
    shape: Shape,
}

impl Gate {
    fn new() -> Gate {
        let mut gate = Gate {
            halves: [[[0; PLACES]; 2]; WINDOW],
            entries: Vec::new(),
            slots: [(0, 0); SLOTS],
            rare: Vec::new(),
        };
        for rule in rows() {
            for needle in rule.needles.iter().map(|needle| needle.as_bytes()) {
                match window_of(needle) {
                    Some((window, offset)) => gate.entries.push(Entry {
                        window: first_eight(window) as u32,
                        beyond: u8::BITS * (WINDOW - window.len()) as u32,
                        offset,
                        needle,
                        shape: rule.shape,
                    }),
                    None => gate.rare.push((needle, rule.shape)),
                }
            }
        }
        gate.entries.sort_by_key(|entry| slot(entry.window));
        // There are a hundred.
        for (at, entry) in (0u8..).zip(&gate.entries) {
            let of = &mut gate.slots[slot(entry.window)];
            *of = (if of.1 == 0 { at } else { of.0 }, at + 1);
        }
        for (group, windows) in GROUPS.iter().enumerate() {
            windows
                .iter()
                .for_each(|window| gate.let_pass(group, window.as_bytes()));
        }
        gate
    }

    /// Lets the window pass its group; behind one of three bytes whatever stands.
    fn let_pass(&mut self, group: usize, window: &[u8]) {
        for (place, [low, high]) in self.halves.iter_mut().enumerate() {
            for at in 0..PLACES {
                let is = |half: u8| usize::from(half) == at % 16;
                let byte = window.get(place);
                low[at] |= u8::from(byte.is_none_or(|byte| is(byte & 15))) << group;
                high[at] |= u8::from(byte.is_none_or(|byte| is(byte >> 4))) << group;
            }
        }
    }

    #[inline]
    fn look(&self, line: &[u8], from: usize) -> Look {
        match line.len() {
            ..READ => self.look_at_short(line, from),
            _ => self.look_behind(0, line, (line, from)),
        }
    }

    /// A line too short to be read from stands behind zeros.
    #[inline(never)]
    fn look_at_short(&self, line: &[u8], from: usize) -> Look {
        let zeros = READ - line.len();
        let mut padded = [0; READ];
        padded[zeros..].copy_from_slice(line);
        self.look_behind(zeros, &padded, (line, from))
    }

    /// Looks at the line in bytes, no fewer than are read at once, in which it stands behind so many zeros; what is found
    /// knows nothing of these.
    #[inline(always)]
    fn look_behind(&self, zeros: usize, bytes: &[u8], (line, from): (&[u8], usize)) -> Look {
        let mut course = Course {
            at: zeros + from,
            ..Course::default()
        };
        let passed = self.look_on(bytes, &mut course);
        // Mostly nothing is found.
        let suspects = (passed.1 != 0 && self.suspects(bytes, passed, &mut course, (line, zeros)))
            || (course.is_odd && self.rare_suspects(line, from));
        Look {
            suspects,
            digits: course.digits,
        }
    }

    /// Whether a window that may stand at one of the places, or behind them, belongs to a secret.
    #[cold]
    fn suspects(
        &self,
        bytes: &[u8],
        (mut first, mut passing): (usize, u32),
        course: &mut Course,
        (line, zeros): (&[u8], usize),
    ) -> bool {
        loop {
            while passing != 0 {
                let at = first + passing.trailing_zeros() as usize - zeros;
                if self.is_secret(line, at) {
                    return true;
                }
                passing &= passing - 1;
            }
            if course.at == bytes.len() {
                return false;
            }
            (first, passing) = self.look_on(bytes, course);
        }
    }

    /// Looks on in bytes, no fewer than are read at once, until a window may stand somewhere, or up to their end; at which
    /// places behind the one given.
    #[inline(always)]
    fn look_on(&self, bytes: &[u8], course: &mut Course) -> (usize, u32) {
        dispatch!(Level::new(), simd => self.pass(simd, bytes, course))
    }

    #[inline(always)]
    fn pass<S: Simd>(&self, simd: S, bytes: &[u8], course: &mut Course) -> (usize, u32) {
        let halves = self
            .halves
            .map(|both| both.map(|half| u8x32::simd_from(simd, half)));
        let Course {
            mut at,
            mut digits,
            mut is_odd,
        } = *course;
        let mut passed = (at, 0);
        while let Some(piece) = bytes[at..].first_chunk()
            && passed.1 == 0
        {
            let (digit, odd) = kinds(simd, &piece[..PLACES]);
            digits += digit.count_ones() as usize;
            is_odd |= odd != 0;
            passed = (at, passing(simd, &halves, piece));
            at += PLACES;
        }
        if passed.1 == 0
            && at < bytes.len()
            && let Some(piece) = bytes.last_chunk()
        {
            let first = bytes.len() - READ;
            // What stands before was looked at.
            let before = (at - first) as u32;
            let places = u32::MAX.checked_shl(before).unwrap_or(0);
            passed = (first, passing(simd, &halves, piece) & places);
            let (digit, odd) = kinds(simd, &piece[WINDOW - 1..]);
            let behind = u32::MAX << before.saturating_sub(WINDOW as u32 - 1);
            digits += (digit & behind).count_ones() as usize;
            is_odd |= odd != 0;
            // As many as a window is longer than a byte are left of more than there are places.
            for byte in piece.iter().take(WINDOW - 1).skip(before as usize) {
                digits += usize::from(byte.is_ascii_digit());
                is_odd |= RARE.contains(byte);
            }
            at = bytes.len();
        }
        *course = Course { at, digits, is_odd };
        passed
    }

    /// Whether a secret stands round one of the rare bytes.
    #[cold]
    #[inline(never)]
    fn rare_suspects(&self, bytes: &[u8], from: usize) -> bool {
        // Up to where a needle that ends with the `@` is none.
        let mut clear = 0;
        for end in memchr::memchr2_iter(RARE[0], RARE[1], &bytes[from..]) {
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

    /// Whether the window at the place belongs to a secret.
    #[cold]
    #[inline(never)]
    fn is_secret(&self, line: &[u8], at: usize) -> bool {
        let four = u32::from_le_bytes(std::array::from_fn(|n| line[at + n]));
        let (begin, end) = self.slots[slot(four)];
        let entries = &self.entries[usize::from(begin)..usize::from(end)];
        let stand = |entry: &&Entry| (four ^ entry.window) << entry.beyond == 0;
        entries
            .iter()
            .filter(stand)
            .any(|entry| entry.is_secret(line, at))
    }
}

/// The slot of a window, by its first three bytes.
fn slot(window: u32) -> usize {
    ((window << 8).wrapping_mul(0x9e37_79b1) >> (u32::BITS - SLOTS.ilog2())) as usize
}

/// How far a look at a line came.
#[derive(Default)]
struct Course {
    at: usize,
    digits: usize,
    /// Whether a rare byte was seen.
    is_odd: bool,
}

/// At which of the places a window of a group may stand.
#[inline(always)]
fn passing<S: Simd>(simd: S, halves: &[[u8x32<S>; 2]; WINDOW], piece: &[u8; READ]) -> u32 {
    let mut groups = u8x32::splat(simd, u8::MAX);
    for (place, [low, high]) in halves.iter().enumerate() {
        let bytes = u8x32::from_slice(simd, &piece[place..place + PLACES]);
        groups &=
            low.swizzle_dyn_within_blocks(bytes & 15) & high.swizzle_dyn_within_blocks(bytes >> 4);
    }
    !groups.simd_eq(0).to_bitmask() as u32
}

/// Which bytes of as many as there are places are digits, and which are rare in logs.
#[inline(always)]
fn kinds<S: Simd>(simd: S, bytes: &[u8]) -> (u32, u32) {
    let bytes = u8x32::from_slice(simd, bytes);
    let digits = (bytes - b'0').simd_lt(10);
    let rare = bytes.simd_eq(RARE[0]) | bytes.simd_eq(RARE[1]);
    (digits.to_bitmask() as u32, rare.to_bitmask() as u32)
}

/// A needle's window, and where in the needle it begins; none for needles too short to have one.
fn window_of(needle: &'static [u8]) -> Option<(&'static [u8], usize)> {
    let mut windows = GROUPS.iter().flat_map(|windows| *windows);
    windows.find_map(|window| {
        let offset = memchr::memmem::find(needle, window.as_bytes())?;
        Some((window.as_bytes(), offset))
    })
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

#[cfg(test)]
mod tests;
