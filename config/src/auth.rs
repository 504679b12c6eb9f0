//! `[agent.auth]` and `[agent.tls]`: who may speak to the agent, and how it proves who it is.

use std::path::PathBuf;
use std::time::Duration;

use crate::accounts::ServiceAccountsConfig;
use crate::kind::{Choice, Mistake};
use crate::section::section;

section! {
    /// Who may speak to the agent. With no token everybody who can reach it may, so it then stays on
    /// loopback unless told otherwise.
    pub struct AuthConfig {
        /// The tokens that are accepted, by their hashes: this file holds no secret.
        /// `sentinel token create` makes a token and prints what stands here for it.
        pub tokens: Vec<TokenConfig> = checked_sections(TokenConfig::check),
        /// Who proves itself by a token of Kubernetes.
        pub service_accounts: ServiceAccountsConfig = section(),
    }
}

section! {
    /// A token that is accepted.
    pub struct TokenConfig {
        /// Who it stands for, of A-Z, a-z, 0-9, `-`, `_` and `.`. Two tokens of one name are the same
        /// sender, so that one can be replaced by the other without a break.
        pub name: String = text("nightly"),
        /// What it is good for: send (deliver streams, nothing else), read (see what is stored), write
        /// (read and change), admin (write, and read who did what).
        pub scope: Scope = choice(Scope::Send),
        /// `sha256:` and the 64 hex digits of the token's SHA-256.
        pub hash: String =
            text("sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
    }
}

section! {
    /// How the agent proves who it is. Without a certificate it speaks plain HTTP, beyond loopback
    /// only when told so.
    pub struct TlsConfig {
        /// File with the certificate and those that lead to its root, in PEM. Empty: plain HTTP.
        pub certificate: Option<PathBuf> = path_or_none(),
        /// File with the certificate's private key, in PEM.
        pub key: Option<PathBuf> = path_or_none(),
        /// How often both files are looked at; a new pair serves the connections that follow, one that
        /// does not fit is reported and the old one kept.
        pub reload: Duration = duration("30s", "100ms", "1h"),
    }
}

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Deliver streams, nothing else.
    Send,
    /// See what is stored.
    Read,
    /// Read and change.
    Write,
    /// Write, and read who did what.
    Admin,
}

impl Scope {
    /// The word in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Send => "send",
            Scope::Read => "read",
            Scope::Write => "write",
            Scope::Admin => "admin",
        }
    }

    /// Whether somebody with this scope may do what asks for the other.
    #[must_use]
    pub fn covers(self, asked: Scope) -> bool {
        match (self, asked) {
            (Scope::Send, asked) => asked == Scope::Send,
            (_, Scope::Send) => false,
            (held, asked) => held as u8 >= asked as u8,
        }
    }
}

impl Choice for Scope {
    const WORDS: &'static [(&'static str, Scope)] = &[
        ("send", Scope::Send),
        ("read", Scope::Read),
        ("write", Scope::Write),
        ("admin", Scope::Admin),
    ];
}

impl TokenConfig {
    /// The hash as bytes; `None` only for what was not read from a configuration.
    #[must_use]
    pub fn digest(&self) -> Option<[u8; 32]> {
        let hex = self.hash.strip_prefix("sha256:")?;
        if hex.len() != 64 || !hex.is_ascii() {
            return None;
        }
        let mut digest = [0; 32];
        for (n, byte) in digest.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).ok()?;
        }
        Some(digest)
    }

    fn check(&self) -> Result<(), Mistake> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        if self.name.is_empty() || self.name.len() > 64 || !self.name.bytes().all(fits) {
            let why = "expected 1 to 64 of A-Z, a-z, 0-9, `-`, `_` and `.`";
            return Err(("name", why.to_owned()));
        }
        if self.digest().is_none() {
            // Not shown: it may be a token that was put here by mistake.
            let why = "expected `sha256:` and 64 hex digits, as `sentinel token create` prints";
            return Err(("hash", why.to_owned()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_cannot_read_and_a_reader_cannot_send() {
        let all = [Scope::Send, Scope::Read, Scope::Write, Scope::Admin];
        let covered = |held: Scope| all.map(|asked| u8::from(held.covers(asked)));
        assert_eq!(covered(Scope::Send), [1, 0, 0, 0]);
        assert_eq!(covered(Scope::Read), [0, 1, 0, 0]);
        assert_eq!(covered(Scope::Write), [0, 1, 1, 0]);
        assert_eq!(covered(Scope::Admin), [0, 1, 1, 1]);
    }

    #[test]
    fn a_token_in_the_place_of_its_hash_is_refused_and_not_shown() {
        let token = TokenConfig {
            name: "ci".to_owned(),
            scope: Scope::Send,
            hash: "sntl_secret".to_owned(),
        };
        let (key, why) = token.check().unwrap_err();
        assert_eq!(key, "hash");
        assert!(!why.contains("sntl_secret"), "{why}");
    }

    #[test]
    fn a_hash_is_read_to_the_byte() {
        let token = TokenConfig {
            hash: format!("sha256:{}ff", "00".repeat(31)),
            ..TokenConfig::default()
        };
        let mut wanted = [0; 32];
        wanted[31] = 255;
        assert_eq!(token.digest(), Some(wanted));
    }
}
