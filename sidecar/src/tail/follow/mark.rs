//! What is remembered of a file's content, to know it again under another name, gzipped, or after a restart.
//! Never an identity: it only tells which of the files at hand is the one that was read before.

use std::io::{self, Read};

use serde::{Deserialize, Serialize};

/// Bytes of the beginning that are looked at first.
pub(super) const HEAD: usize = 4096;

/// Checksums of a file's first bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// How many bytes are covered.
    pub(super) read: u64,
    /// CRC-32C of the first [`HEAD`] of them: tells most files apart at the cost of one small read.
    pub(super) head: u32,
    /// CRC-32C of all of them: tells files apart that begin alike.
    pub(super) sum: u32,
}

impl Mark {
    /// Takes what was read at an offset that is covered, or just after; what is covered already is passed over.
    pub(super) fn extend(&mut self, offset: u64, bytes: &[u8]) {
        let known = usize::try_from(self.read.saturating_sub(offset)).unwrap_or(usize::MAX);
        let Some(new) = bytes.get(known..).filter(|new| !new.is_empty()) else {
            return;
        };
        let room = (HEAD as u64).saturating_sub(self.read);
        let head = usize::try_from(room).unwrap_or(HEAD).min(new.len());
        self.head = crc32c::crc32c_append(self.head, &new[..head]);
        self.sum = crc32c::crc32c_append(self.sum, new);
        self.read += new.len() as u64;
    }

    /// Bytes that the head covers.
    pub(super) fn head_len(&self) -> usize {
        usize::try_from(self.read).unwrap_or(HEAD).min(HEAD)
    }

    /// Whether a file begins with exactly these bytes.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn is_of(&self, file: &mut dyn Read) -> io::Result<bool> {
        let mut found = Mark::default();
        let mut buffer = vec![0; 64 * 1024];
        while found.read < self.read {
            let left = self.read - found.read;
            let head = self.head_len() as u64;
            // The head by itself first.
            let want = if found.read < head {
                head - found.read
            } else {
                left
            };
            let want = usize::try_from(want).map_or(buffer.len(), |n| n.min(buffer.len()));
            let n = match file.read(&mut buffer[..want]) {
                Ok(0) => return Ok(false),
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            found.extend(found.read, &buffer[..n]);
            if found.read == head && found.head != self.head {
                return Ok(false);
            }
        }
        Ok(found == *self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_of_what_begins_with_its_bytes_and_of_nothing_else() {
        let bytes: Vec<u8> = (0..10_000u32).map(|n| (n % 251) as u8).collect();
        for cut in [1, 100, HEAD, HEAD + 1, 9_999] {
            let mut mark = Mark::default();
            for chunk in bytes[..cut].chunks(777) {
                mark.extend(mark.read, chunk);
            }
            // Read again, as after a restart.
            mark.extend(0, &bytes[..cut]);
            assert!(mark.is_of(&mut &bytes[..]).unwrap(), "{cut}");
            assert!(!mark.is_of(&mut &bytes[..cut - 1]).unwrap(), "{cut}");
            let mut other = bytes.clone();
            other[cut - 1] ^= 1;
            assert!(!mark.is_of(&mut &other[..]).unwrap(), "{cut}");
        }
        assert!(Mark::default().is_of(&mut &b""[..]).unwrap());
    }
}
