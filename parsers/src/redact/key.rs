//! The key of an installation, and what is hashed with it: without the key nobody can try a list of likely
//! secrets against what was stored.

use sha2::{Digest, Sha256};

/// Bytes in which SHA-256 works.
const BLOCK: usize = 64;

/// The secret by which an installation hashes what it redacts: the same secret value gives the same hash
/// under one key, and says nothing without it.
#[derive(Clone)]
pub struct Key {
    inner: Sha256,
    outer: Sha256,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// The key made of these bytes, of any number: 32 random ones are right.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Key {
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        let padded = |pad: u8| {
            let mut block = [pad; BLOCK];
            block.iter_mut().zip(digest).for_each(|(b, d)| *b ^= d);
            Sha256::new().chain_update(block)
        };
        Key {
            inner: padded(0x36),
            outer: padded(0x5c),
        }
    }

    /// HMAC-SHA256 of the parts, one after the other.
    pub(super) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut inner = self.inner.clone();
        parts.iter().for_each(|part| inner.update(part));
        let digest = inner.finalize();
        self.outer.clone().chain_update(digest).finalize().into()
    }

    /// What stands for a secret in redacted text: eight hex digits.
    pub(super) fn short(&self, secret: &[u8]) -> u32 {
        let mac = self.mac(&[b"shown\0", secret]);
        u32::from_be_bytes([mac[0], mac[1], mac[2], mac[3]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_secrets_have_equal_hashes_under_one_key_only() {
        let (one, other) = (Key::new(b"one"), Key::new(b"other"));
        assert_eq!(one.short(b"hunter22"), one.clone().short(b"hunter22"));
        assert_ne!(one.short(b"hunter22"), one.short(b"hunter23"));
        assert_ne!(one.short(b"hunter22"), other.short(b"hunter22"));
        assert_eq!(format!("{one:?}"), "Key");
    }

    /// Test case 2 of RFC 4231 with its key hashed first, as every key is here.
    #[test]
    fn the_mac_is_hmac() {
        let key = Key::new(b"Jefe");
        let padded: [u8; 32] = Sha256::digest(b"Jefe").into();
        let mut inner = [0x36u8; BLOCK];
        let mut outer = [0x5cu8; BLOCK];
        for (i, b) in padded.iter().enumerate() {
            inner[i] ^= b;
            outer[i] ^= b;
        }
        let text = b"what do ya want for nothing?";
        let digest = Sha256::digest([&inner[..], text].concat());
        let expected: [u8; 32] = Sha256::digest([&outer[..], &digest[..]].concat()).into();
        assert_eq!(key.mac(&[b"what do ya ", b"want for nothing?"]), expected);
    }
}
