//! The token a sender proves itself with: read from its file again and again, as whoever made it may
//! replace it at any time.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hyper::header::HeaderValue;

/// The variable that holds a token where there is no file. What a command under capture prints must
/// not hold it, so the command does not get it.
pub const VARIABLE: &str = "SENTINEL_TOKEN";
/// A token that was read is believed for so long.
const FRESH: Duration = Duration::from_secs(60);
/// Bytes of a token's file at most.
const LONGEST: u64 = 16 * 1024;

/// Why there is no token; retryable, as the file may come.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file cannot be read.
    #[error("cannot read the token in {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// What is in the file or the variable is not what a header can hold.
    #[error("no token in {0}: it is empty or not one line of text")]
    Malformed(String),
}

/// Where the token comes from, and what it was last.
#[derive(Clone, Debug)]
pub struct TokenSource {
    file: Option<PathBuf>,
    held: Option<(Instant, Option<HeaderValue>)>,
}

impl TokenSource {
    /// The file's token, or without a file that of `SENTINEL_TOKEN`, if there is one.
    #[must_use]
    pub fn new(file: Option<&Path>) -> TokenSource {
        TokenSource {
            file: file.map(Path::to_owned),
            held: None,
        }
    }

    /// The value of the `Authorization` header; none if no token was given.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn header(&mut self) -> Result<Option<HeaderValue>, TokenError> {
        if let Some((read, header)) = &self.held
            && read.elapsed() < FRESH
        {
            return Ok(header.clone());
        }
        let header = self.read()?;
        self.held = Some((Instant::now(), header.clone()));
        Ok(header)
    }

    /// Something went wrong that a new token may cure: it is read again before it is used again.
    pub fn doubt(&mut self) {
        self.held = None;
    }

    fn read(&self) -> Result<Option<HeaderValue>, TokenError> {
        let (text, place) = match &self.file {
            Some(path) => {
                let text = read_file(path).map_err(|source| TokenError::Read {
                    path: path.clone(),
                    source,
                })?;
                (text, path.display().to_string())
            }
            None => match env::var(VARIABLE) {
                Ok(text) if !text.is_empty() => (text, VARIABLE.to_owned()),
                _ => return Ok(None),
            },
        };
        let token = text.trim();
        let value = HeaderValue::from_str(&format!("Bearer {token}"));
        let mut value = value
            .ok()
            .filter(|_| !token.is_empty())
            .ok_or(TokenError::Malformed(place))?;
        // Not to be seen in anything that prints headers.
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

fn read_file(path: &Path) -> io::Result<String> {
    use io::Read;
    let mut text = String::new();
    fs::File::open(path)?
        .take(LONGEST)
        .read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_again_once_its_token_is_in_doubt() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        let mut source = TokenSource::new(Some(&path));
        assert!(matches!(source.header(), Err(TokenError::Read { .. })));
        fs::write(&path, "one\n").unwrap();
        assert_eq!(source.header().unwrap().unwrap(), "Bearer one");
        fs::write(&path, "two\n").unwrap();
        assert_eq!(source.header().unwrap().unwrap(), "Bearer one");
        source.doubt();
        assert_eq!(source.header().unwrap().unwrap(), "Bearer two");
        for bad in ["", " \n", "a\nb"] {
            fs::write(&path, bad).unwrap();
            source.doubt();
            assert!(matches!(source.header(), Err(TokenError::Malformed(_))));
        }
    }

    #[test]
    fn a_token_is_not_shown() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        fs::write(&path, "secret").unwrap();
        let mut source = TokenSource::new(Some(&path));
        source.header().unwrap();
        assert!(!format!("{source:?}").contains("secret"));
    }
}
