//! Secrets of webhooks: from a file, which is read again now and then, or from the environment.

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Bytes of a secret: fewer can be guessed, more are none.
const LENGTH: std::ops::RangeInclusive<usize> = 16..=4_096;
/// How often a file is read again.
const FRESH: Duration = Duration::from_secs(60);
/// What a key of Standard Webhooks begins with when the rest of it is base64.
const ENCODED: &str = "whsec_";

/// Why a secret cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("the secret in {} cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It is too short or too long.
    #[error("the secret in {0} must be one line of 16 to 4096 bytes")]
    Length(String),
}

/// A secret, as bytes.
pub(super) type Bytes = Arc<[u8]>;

/// Where a secret is, and what it was when it was last read.
pub(super) struct Secret {
    file: Option<PathBuf>,
    held: Mutex<(Instant, Bytes)>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

impl Secret {
    /// The secret of the file, or without one that of the variable, if it is set.
    pub(super) fn find(file: Option<&Path>, variable: &str) -> Result<Option<Secret>, SecretError> {
        let bytes = match (file, std::env::var(variable)) {
            (Some(path), _) => read(path)?,
            (None, Ok(text)) if !text.is_empty() => checked(&text, || variable.to_owned())?,
            (None, _) => return Ok(None),
        };
        Ok(Some(Secret {
            file: file.map(Path::to_owned),
            held: Mutex::new((Instant::now(), bytes)),
        }))
    }

    /// The secret. If its file cannot be read any more, it is what it was.
    pub(super) fn bytes(&self) -> Bytes {
        // Plain values: they are whole even if a thread panicked while holding the lock.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = &self.file
            && held.0.elapsed() >= FRESH
        {
            held.0 = Instant::now();
            match read(path) {
                Ok(bytes) => held.1 = bytes,
                Err(error) => tracing::warn!(%error, "the old secret is kept"),
            }
        }
        Arc::clone(&held.1)
    }

    /// The secret as a key of Standard Webhooks.
    pub(super) fn key(&self) -> Bytes {
        let bytes = self.bytes();
        let encoded = bytes.strip_prefix(ENCODED.as_bytes());
        match encoded.map(|rest| STANDARD.decode(rest)) {
            Some(Ok(key)) if !key.is_empty() => key.into(),
            _ => bytes,
        }
    }
}

fn read(path: &Path) -> Result<Bytes, SecretError> {
    let mut text = String::new();
    let most = *LENGTH.end() as u64 + 2;
    std::fs::File::open(path)
        .and_then(|file| file.take(most).read_to_string(&mut text))
        .map_err(|source| SecretError::Read {
            path: path.to_owned(),
            source,
        })?;
    checked(&text, || path.display().to_string())
}

fn checked(text: &str, place: impl Fn() -> String) -> Result<Bytes, SecretError> {
    let text = text.trim();
    if !LENGTH.contains(&text.len()) || text.contains(char::is_control) {
        return Err(SecretError::Length(place()));
    }
    Ok(text.as_bytes().into())
}
