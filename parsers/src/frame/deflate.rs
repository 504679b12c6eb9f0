//! Compresses a payload into one gzip member (RFC 1951, 1952), in one pass and little memory: frames are made beside
//! running tests, and each may differ from the last in everything but its words.
//!
//! Each section becomes a block with codes of its own. Repetitions are looked for at one earlier place only, the last
//! with the same four bytes.

use flate2::Crc;

use super::huffman::{Bits, Codes, LENGTHS_MAX};

/// Longest repetition that can be told, and the farthest.
const LENGTH_MAX: usize = 258;
const DISTANCE_MAX: usize = 32 * 1024;
/// A repetition this short is told only if it is near: farther ones take more bits than their bytes.
const SHORT: usize = 5;
const NEAR: usize = 256;
/// Places that are remembered, by hash.
const PLACES: usize = 1 << 12;
/// Most bytes of a block that tells them as they are.
const STORED_MAX: usize = 65_535;

const END: usize = 256;
const LITERALS: usize = 286;
const DISTANCES: usize = 30;
/// Marks a repetition among literals.
const REPEATED: u32 = 1 << 31;

const STORED: u64 = 0;
const FIXED: u64 = 1;
const DYNAMIC: u64 = 2;

/// A gzip member's first bytes: no name, no time, the fastest method, any system.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];

/// Appends the payload as one gzip member; a block ends at each of the breaks.
pub(super) fn compress(payload: &[u8], breaks: &[usize], out: Vec<u8>) -> Vec<u8> {
    let mut out = out;
    out.extend_from_slice(&HEAD);
    let mut bits = Bits::behind(out);
    let mut search = Search {
        places: vec![0; PLACES],
        found: Vec::with_capacity(payload.len() / 2),
    };
    let mut from = 0;
    for to in breaks.iter().copied().chain([payload.len()]) {
        if from < to {
            search.section(payload, from, to, &mut bits);
        }
        from = to;
    }
    // Nothing follows: the end of an empty block whose codes everybody knows.
    bits.put(1 | FIXED << 1, 3);
    bits.put(0, 7);
    trailer(payload, bits.finish())
}

/// Appends the payload as one gzip member that is as long as the payload and a little.
pub(super) fn store(payload: &[u8], out: Vec<u8>) -> Vec<u8> {
    let mut out = out;
    out.extend_from_slice(&HEAD);
    let mut bits = Bits::behind(out);
    for piece in payload.chunks(STORED_MAX) {
        bits.put(STORED << 1, 3);
        bits.align();
        let length = piece.len() as u16;
        bits.bytes(&length.to_le_bytes());
        bits.bytes(&(!length).to_le_bytes());
        bits.bytes(piece);
    }
    bits.put(1 | FIXED << 1, 3);
    bits.put(0, 7);
    trailer(payload, bits.finish())
}

/// Checksum and length.
fn trailer(payload: &[u8], mut out: Vec<u8>) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(payload);
    out.extend_from_slice(&crc.sum().to_le_bytes());
    out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    out
}

struct Search {
    /// Where four bytes of this hash stood last, plus one.
    places: Vec<u32>,
    /// Literals and repetitions of a section.
    found: Vec<u32>,
}

impl Search {
    /// Makes a block of a section.
    fn section(&mut self, payload: &[u8], from: usize, to: usize, bits: &mut Bits) {
        let mut literals = [0u32; LITERALS];
        let mut distances = [0u32; DISTANCES];
        literals[END] = 1;
        self.found.clear();
        let bytes = &payload[..to];
        let (mut at, mut misses) = (from, 0);
        while at < to {
            if let Some((length, distance)) = self.repetition(bytes, at) {
                literals[length_code(length).0] += 1;
                distances[distance_code(distance).0] += 1;
                self.found
                    .push(REPEATED | (length as u32) << 16 | (distance - 1) as u32);
                at += length;
                misses = 0;
                continue;
            }
            // Where nothing repeats itself, ever fewer places are asked.
            misses += 1;
            let plain = &bytes[at..to.min(at + 1 + misses / 8)];
            for byte in plain {
                literals[usize::from(*byte)] += 1;
            }
            self.found.extend(plain.iter().copied().map(u32::from));
            at += plain.len();
        }
        let literals = Codes::<LITERALS>::of(&literals, 15);
        let distances = Codes::<DISTANCES>::of(&distances, 15);
        bits.put(DYNAMIC << 1, 3);
        tell_codes(&literals.lengths, &distances.lengths, bits);
        for found in &self.found {
            if found & REPEATED == 0 {
                literals.put(*found as usize, bits);
                continue;
            }
            let (length, distance) = (found >> 16 & 0x7fff, (found & 0xffff) + 1);
            let (code, extra, width) = length_code(length as usize);
            literals.put(code, bits);
            bits.put(extra, width);
            let (code, extra, width) = distance_code(distance as usize);
            distances.put(code, bits);
            bits.put(extra, width);
        }
        literals.put(END, bits);
    }

    /// Length and distance of what stood before and stands here again.
    fn repetition(&mut self, bytes: &[u8], at: usize) -> Option<(usize, usize)> {
        let four = u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
        let hash = (four.wrapping_mul(0x9e37_79b1) >> 20) as usize;
        let place = std::mem::replace(&mut self.places[hash], at as u32 + 1);
        let before = (place as usize).checked_sub(1)?;
        let distance = at - before;
        if distance > DISTANCE_MAX || bytes[before..].first_chunk() != Some(&four.to_le_bytes()) {
            return None;
        }
        let (here, there) = (&bytes[at..], &bytes[before..]);
        let length = 4 + same(&here[4..], &there[4..]);
        (length > SHORT || distance < NEAR).then_some((length, distance))
    }
}

/// How many bytes two pieces begin with alike, up to what a repetition can be longer than four.
fn same(a: &[u8], b: &[u8]) -> usize {
    let most = a.len().min(LENGTH_MAX - 4);
    let mut length = 0;
    while let (Some(x), Some(y)) = (
        a[length..most].first_chunk::<8>(),
        b[length..].first_chunk::<8>(),
    ) {
        let differ = u64::from_le_bytes(*x) ^ u64::from_le_bytes(*y);
        if differ != 0 {
            return length + differ.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    let rest = a[length..most].iter().zip(&b[length..]);
    length + rest.take_while(|(x, y)| x == y).count()
}

/// Code of a length, and the bits that follow it with their number.
fn length_code(length: usize) -> (usize, u64, u32) {
    if length == LENGTH_MAX {
        return (285, 0, 0);
    }
    let n = length - 3;
    if n < 8 {
        return (257 + n, 0, 0);
    }
    let width = n.ilog2() - 2;
    let code = 257 + 4 * width as usize + (n >> width);
    (code, (n & ((1 << width) - 1)) as u64, width)
}

/// Code of a distance, and the bits that follow it with their number.
fn distance_code(distance: usize) -> (usize, u64, u32) {
    let n = distance - 1;
    if n < 4 {
        return (n, 0, 0);
    }
    let width = n.ilog2() - 1;
    let code = 2 * width as usize + (n >> width);
    (code, (n & ((1 << width) - 1)) as u64, width)
}

/// Tells the lengths of both codes, by a code of their own.
fn tell_codes(literals: &[u8], distances: &[u8], bits: &mut Bits) {
    /// The order in which the lengths of that code's codes stand.
    const ORDER: [usize; LENGTHS_MAX] = [
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
    ];
    let used = |lengths: &[u8], least: usize| {
        let last = lengths.iter().rposition(|l| *l > 0);
        last.map_or(least, |last| (last + 1).max(least))
    };
    let (literals, distances) = (
        &literals[..used(literals, END + 1)],
        &distances[..used(distances, 1)],
    );
    let runs = runs_of(literals.iter().chain(distances).copied());
    let mut counts = [0; LENGTHS_MAX];
    for (symbol, _, _) in &runs {
        counts[*symbol] += 1;
    }
    let codes = Codes::<LENGTHS_MAX>::of(&counts, 7);
    let told = ORDER.iter().rposition(|symbol| codes.lengths[*symbol] > 0);
    let told = told.map_or(4, |last| (last + 1).max(4));
    bits.put((literals.len() - 257) as u64, 5);
    bits.put((distances.len() - 1) as u64, 5);
    bits.put((told - 4) as u64, 4);
    for symbol in &ORDER[..told] {
        bits.put(u64::from(codes.lengths[*symbol]), 3);
    }
    for (symbol, extra, width) in runs {
        codes.put(symbol, bits);
        bits.put(extra, width);
    }
}

/// Code lengths with runs of them drawn together: symbol, and the bits that follow it with their number.
fn runs_of(lengths: impl Iterator<Item = u8>) -> Vec<(usize, u64, u32)> {
    let mut runs = Vec::new();
    let mut lengths = lengths.peekable();
    while let Some(length) = lengths.next() {
        let most = if length == 0 { 138 } else { 7 };
        let mut run = 1;
        while run < most && lengths.next_if_eq(&length).is_some() {
            run += 1;
        }
        match (length, run) {
            (0, 11..) => runs.push((18, run - 11, 7)),
            (0, 3..) => runs.push((17, run - 3, 3)),
            // The first of a run is told itself.
            (_, 4..) => runs.extend([(usize::from(length), 0, 0), (16, run - 4, 2)]),
            _ => runs.extend((0..run).map(|_| (usize::from(length), 0, 0))),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::bufread::GzDecoder;
    use proptest::prelude::*;

    use super::*;

    fn inflated(member: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut gzip = GzDecoder::new(member);
        gzip.read_to_end(&mut bytes).unwrap();
        assert!(gzip.into_inner().is_empty());
        bytes
    }

    /// Pieces that repeat themselves, or do not.
    fn pieces() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            (any::<u8>(), 0usize..600).prop_map(|(byte, n)| vec![byte; n]),
            proptest::collection::vec(any::<u8>(), 0..300),
            (proptest::collection::vec(0u8..4, 1..40), 1usize..60)
                .prop_map(|(word, n)| word.repeat(n)),
        ];
        proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_bytes_come_back_however_they_are_cut(
            bytes in pieces(),
            cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..5),
        ) {
            let mut breaks: Vec<usize> = cuts.iter().map(|c| c.index(bytes.len() + 1)).collect();
            breaks.sort_unstable();
            prop_assert_eq!(&inflated(&compress(&bytes, &breaks, Vec::new())), &bytes);
            prop_assert_eq!(&inflated(&store(&bytes, Vec::new())), &bytes);
        }
    }

    #[test]
    fn every_length_and_distance_has_the_code_of_the_standard() {
        // Its tables: the first length and distance of each code.
        let firsts = [
            3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99,
            115, 131, 163, 195, 227, 258,
        ];
        for length in 3..=LENGTH_MAX {
            let code = firsts.iter().rposition(|first| *first <= length).unwrap();
            let expected = (257 + code, (length - firsts[code]) as u64);
            let (code, extra, _) = length_code(length);
            assert_eq!((code, extra), expected, "{length}");
        }
        let mut first = 1;
        for code in 0..DISTANCES {
            let width = (code as u32 / 2).saturating_sub(1);
            for distance in [first, first + (1 << width) - 1] {
                let expected = (code, (distance - first) as u64, width);
                assert_eq!(distance_code(distance), expected, "{distance}");
            }
            first += 1 << width;
        }
        assert_eq!(first, DISTANCE_MAX + 1);
    }

    #[test]
    fn codes_that_would_be_too_long_are_kept_to_the_limit() {
        // As many of each byte as of all before together: a code of its own length for each.
        let bytes: Vec<u8> = (0..22u32)
            .flat_map(|n| std::iter::repeat_n(n as u8, 1 << n.min(19)))
            .collect();
        let mut state = 1u64;
        let mut shuffled = bytes;
        for i in (1..shuffled.len()).rev() {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            shuffled.swap(i, (state >> 33) as usize % (i + 1));
        }
        assert_eq!(inflated(&compress(&shuffled, &[], Vec::new())), shuffled);
    }
}
