//! Numbers of the payload: LEB128 varints, zigzag, exact decimals; and a bounded reader of them.

use super::FrameError;

/// Powers of ten that a double holds exactly and that durations need.
const POWERS: [f64; 10] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/// Marks a double that is no short decimal.
const RAW_DOUBLE: u8 = 255;

pub(super) fn put(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n as u8) | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

pub(super) fn put_signed(out: &mut Vec<u8>, n: i64) {
    put(out, ((n << 1) ^ (n >> 63)) as u64);
}

/// Writes a double; short decimals, as logs print them, take two to four bytes.
pub(super) fn put_double(out: &mut Vec<u8>, x: f64) {
    /// More than two roundings change of a product.
    const NEAR: f64 = 4.5e-16;
    /// From here on doubles are whole numbers: what is added to this and taken away again is rounded.
    const WHOLE: f64 = 4_503_599_627_370_496.0;
    for (digits, power) in POWERS.iter().enumerate() {
        let product = x * power;
        if !(0.0..9.0e15).contains(&product) {
            break;
        }
        let rounded = match product < WHOLE {
            true => (product + WHOLE) - WHOLE,
            false => product,
        };
        // What is further from a whole number is none divided; that is known without dividing.
        let is_near = (product - rounded).abs() <= product * NEAR;
        if is_near && (rounded / power).to_bits() == x.to_bits() {
            out.push(digits as u8);
            return put(out, rounded as u64);
        }
    }
    out.push(RAW_DOUBLE);
    out.extend_from_slice(&x.to_le_bytes());
}

/// Number of bytes [`put`] writes.
pub(super) fn len(n: u64) -> usize {
    (64 - (n | 1).leading_zeros() as usize).div_ceil(7)
}

/// Reads forward through bytes; every read past the end is an error, never a panic.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn byte(&mut self) -> Result<u8, FrameError> {
        let (first, rest) = self.rest.split_first().ok_or(CUT)?;
        self.rest = rest;
        Ok(*first)
    }

    /// The next `n` bytes; `n` may lie.
    pub(super) fn take(&mut self, n: u64) -> Result<&'a [u8], FrameError> {
        let n = usize::try_from(n).map_err(|_| CUT)?;
        let (head, rest) = self.rest.split_at_checked(n).ok_or(CUT)?;
        self.rest = rest;
        Ok(head)
    }

    pub(super) fn number(&mut self) -> Result<u64, FrameError> {
        let mut n = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            n |= bits << shift;
            if byte < 0x80 {
                return Ok(n);
            }
        }
        Err(FrameError::Malformed { what: "number" })
    }

    /// A number that is written as [`put`] writes it, in no more bytes than it needs.
    #[inline(always)]
    pub(super) fn shortest(&mut self) -> Result<u64, FrameError> {
        match self.rest {
            [small @ ..0x80, rest @ ..] => {
                self.rest = rest;
                Ok(u64::from(*small))
            }
            [low, high @ 1..0x80, rest @ ..] => {
                self.rest = rest;
                Ok(u64::from(*high) << 7 | u64::from(*low & 0x7f))
            }
            _ => self.shortest_of_many(),
        }
    }

    fn shortest_of_many(&mut self) -> Result<u64, FrameError> {
        let before = self.rest.len();
        let n = self.number()?;
        match before - self.rest.len() == len(n) {
            true => Ok(n),
            false => Err(FrameError::Malformed { what: "number" }),
        }
    }

    /// Copies a number as it is written.
    #[inline]
    pub(super) fn copy_number(&mut self, out: &mut Vec<u8>) -> Result<(), FrameError> {
        loop {
            let byte = self.byte()?;
            out.push(byte);
            if byte < 0x80 {
                return Ok(());
            }
        }
    }

    pub(super) fn small(&mut self) -> Result<u32, FrameError> {
        u32::try_from(self.number()?).map_err(|_| FrameError::Malformed { what: "number" })
    }

    pub(super) fn signed(&mut self) -> Result<i64, FrameError> {
        let n = self.number()?;
        Ok((n >> 1) as i64 ^ -((n & 1) as i64))
    }

    pub(super) fn double(&mut self) -> Result<f64, FrameError> {
        let digits = self.byte()?;
        if digits == RAW_DOUBLE {
            let raw = self.take(8)?;
            let raw = raw.try_into().map_err(|_| CUT)?;
            return Ok(f64::from_le_bytes(raw));
        }
        let power = POWERS
            .get(usize::from(digits))
            .ok_or(FrameError::Malformed { what: "duration" })?;
        Ok(self.number()? as f64 / power)
    }
}

/// The inflated payload ends inside a value: not [`FrameError::Incomplete`], more bytes won't help.
const CUT: FrameError = FrameError::Malformed { what: "length" };
