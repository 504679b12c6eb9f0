//! Bits in a row, as DEFLATE has them: the first in a byte's lowest.

use super::SYMBOLS;
use super::codes::Codes;

/// Bytes of bits that are kept before they are appended.
const KEPT: usize = 1024;
/// Bytes whose codes are kept together; no code is longer than two bytes.
const PART: usize = 256;

/// Writes bits, the first in a byte's lowest.
pub(super) struct Bits {
    pub(super) out: Vec<u8>,
    /// What comes behind, of which `whole` bytes are full.
    kept: Box<[u8; KEPT]>,
    whole: usize,
    /// Bits that do not fill a byte.
    bits: u64,
    held: u32,
}

impl Bits {
    pub(super) fn behind(out: Vec<u8>) -> Bits {
        Bits {
            out,
            kept: Box::new([0; KEPT]),
            whole: 0,
            bits: 0,
            held: 0,
        }
    }

    /// Appends bits, at most twenty.
    #[inline]
    pub(super) fn put(&mut self, bits: u32, count: u32) {
        self.bits |= u64::from(bits) << self.held;
        self.held += count;
        self.keep();
    }

    /// Appends the codes of bytes, four at a time: they are at most 56 bits, behind at most seven.
    pub(super) fn bytes(&mut self, bytes: &[u8], codes: &Codes<SYMBOLS>) {
        for part in bytes.chunks(PART) {
            if self.whole + 2 * PART + 8 > KEPT {
                self.spill();
            }
            let (fours, rest) = part.as_chunks::<4>();
            let (mut bits, mut held, mut whole) = (self.bits, self.held, self.whole);
            for four in fours {
                for byte in four {
                    let (code, length) = codes.0[usize::from(*byte)];
                    bits |= u64::from(code) << held;
                    held += length;
                }
                if let Some(room) = self.kept[whole..].first_chunk_mut() {
                    *room = bits.to_le_bytes();
                }
                whole += (held / 8) as usize;
                bits >>= held & !7;
                held &= 7;
            }
            (self.bits, self.held, self.whole) = (bits, held, whole);
            for byte in rest {
                self.symbol(usize::from(*byte), codes);
            }
        }
    }

    /// Appends the code of a symbol.
    #[inline]
    pub(super) fn symbol<const N: usize>(&mut self, symbol: usize, codes: &Codes<N>) {
        let (code, length) = codes.0[symbol];
        self.put(code, length);
    }

    /// Leaves less than a byte of bits.
    #[inline]
    fn keep(&mut self) {
        if self.whole + 8 > KEPT {
            self.spill();
        }
        if let Some(room) = self.kept[self.whole..].first_chunk_mut() {
            *room = self.bits.to_le_bytes();
        }
        self.whole += (self.held / 8) as usize;
        self.bits >>= self.held & !7;
        self.held &= 7;
    }

    #[cold]
    fn spill(&mut self) {
        self.out.extend_from_slice(&self.kept[..self.whole]);
        self.whole = 0;
    }

    /// Appends a block of at most [`STORED_MAX`](super::STORED_MAX) bytes that is stored, from the next whole byte on;
    /// the last of all, or not.
    pub(super) fn stored(&mut self, bytes: &[u8], last: bool) {
        self.put(u32::from(last), 3);
        self.put(0, self.held.wrapping_neg() & 7);
        self.spill();
        let length = bytes.len() as u16;
        self.out.extend_from_slice(&length.to_le_bytes());
        self.out.extend_from_slice(&(!length).to_le_bytes());
        self.out.extend_from_slice(bytes);
    }
}
