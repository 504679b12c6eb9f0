//! Tokens of our own: how one is made, and how it is known again by its hash alone.

use std::fmt::Write as _;

use sentinel_config::TokenConfig;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{Authenticate, Identifying, Identity};

/// What every token begins with, so that people and scanners of secrets know one when they see it.
const PREFIX: &str = "sntl_";
/// Characters after it: 62^43 is more than 2^256.
const LENGTH: usize = 43;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A token that was just made; it is kept nowhere.
pub struct Token(String);

/// Why no token could be made; retryable.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random bytes: {0}")]
pub struct TokenError(#[source] getrandom::Error);

impl Token {
    /// A new token of 256 random bits.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn new() -> Result<Token, TokenError> {
        let mut text = String::with_capacity(PREFIX.len() + LENGTH);
        text.push_str(PREFIX);
        let mut random = [0; 64];
        while text.len() < PREFIX.len() + LENGTH {
            getrandom::fill(&mut random).map_err(TokenError)?;
            // Bytes from 4 * 62 on are left out, or some characters would be likelier than others.
            let even = random.iter().filter(|byte| **byte < 248);
            let room = PREFIX.len() + LENGTH - text.len();
            text.extend(
                even.take(room)
                    .map(|b| char::from(BASE62[usize::from(b % 62)])),
            );
        }
        Ok(Token(text))
    }

    /// The token itself, to be shown once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What stands in the configuration for it.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut text = "sha256:".to_owned();
        for byte in digest(self.0.as_bytes()) {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

/// One round is enough: there is nothing to guess in 256 random bits.
pub(super) fn digest(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// The tokens of the configuration.
#[derive(Debug, Default)]
pub struct StaticTokens(Vec<([u8; 32], Identity)>);

impl StaticTokens {
    /// Knows these.
    #[must_use]
    pub fn new(tokens: &[TokenConfig]) -> StaticTokens {
        let known = tokens.iter().filter_map(|token| {
            let identity = Identity {
                name: token.name.as_str().into(),
                scope: token.scope,
                pod_uid: None,
                offline: false,
            };
            // A configuration that was read has digests only.
            Some((token.digest()?, identity))
        });
        StaticTokens(known.collect())
    }

    /// Compares with every hash to its end, so that time tells nothing.
    fn find(&self, token: &[u8]) -> Option<Identity> {
        let digest = digest(token);
        let mut found = None;
        for (hash, identity) in &self.0 {
            if bool::from(hash.ct_eq(&digest)) {
                found = Some(identity);
            }
        }
        found.cloned()
    }
}

impl Authenticate for StaticTokens {
    fn identify<'a>(&'a self, token: &'a [u8]) -> Identifying<'a> {
        let found = self.find(token);
        Box::pin(std::future::ready(Ok(found)))
    }
}

#[cfg(test)]
mod tests {
    use sentinel_config::Scope;

    use super::*;

    #[test]
    fn a_token_is_known_by_its_hash_and_no_other_is() {
        let (token, other) = (Token::new().unwrap(), Token::new().unwrap());
        let known = StaticTokens::new(&[TokenConfig {
            name: "ci".to_owned(),
            scope: Scope::Send,
            hash: token.hash(),
        }]);
        let name = |text: &str| known.find(text.as_bytes()).map(|id| id.name.to_string());
        assert_eq!(name(token.reveal()).as_deref(), Some("ci"));
        assert_eq!(name(other.reveal()), None);
        assert_eq!(name(&token.reveal()[1..]), None);
        assert_eq!(name(&token.hash()), None, "the hash is no token");
    }

    #[test]
    fn a_token_is_a_prefix_and_43_characters_of_base_62() {
        let tokens: Vec<Token> = (0..100).map(|_| Token::new().unwrap()).collect();
        for token in &tokens {
            let random = token.reveal().strip_prefix("sntl_").unwrap();
            assert_eq!(random.len(), 43);
            assert!(random.bytes().all(|b| b.is_ascii_alphanumeric()));
        }
        let seen = |c: char| tokens.iter().any(|token| token.0.contains(c));
        assert!(BASE62.iter().all(|c| seen(char::from(*c))));
    }
}
