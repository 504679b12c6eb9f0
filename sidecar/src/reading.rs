//! How output is read, as the configuration has it: which dialects and patterns are recognised, and what
//! is taken out first. Made once; each stream, and each new start of one, gets a parser from it.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sentinel_config::{Config, LinePattern};
use sentinel_parsers::pattern::Patterns;
use sentinel_parsers::redact::{Key, Redactor};
use sentinel_parsers::{Parser, ParserOptions};

use crate::random;

/// Least bytes of a key.
const KEY_MIN: usize = 16;
/// Most bytes of a key file that are read.
const KEY_CAP: u64 = 4096;

/// How output is read.
#[derive(Clone, Debug)]
pub struct Reading {
    dialects: Vec<String>,
    patterns: Option<Patterns>,
    redactor: Option<Redactor>,
}

impl Default for Reading {
    /// Every dialect, no pattern, and nothing taken out.
    fn default() -> Reading {
        Reading {
            dialects: vec!["auto".to_owned()],
            patterns: None,
            redactor: None,
        }
    }
}

/// Where the installation's key is when the configuration names no file.
#[derive(Clone, Copy, Debug)]
pub enum KeyFile<'p> {
    /// Nowhere: the key is of this process only.
    Nowhere,
    /// In this file, if there is one.
    Perhaps(&'p Path),
    /// In this file, which is made if it is missing and can be made.
    Kept(&'p Path),
}

impl Reading {
    /// As the configuration has it.
    ///
    /// # Errors
    /// The key file that the configuration names cannot be used. Not retryable.
    pub fn new(config: &Config, key_file: KeyFile<'_>) -> io::Result<Reading> {
        let key = key(config.redaction.key_file.as_deref(), key_file)?;
        let redactor = config.redaction.redactor(key).map_err(io::Error::other)?;
        let patterns = LinePattern::compile(&config.patterns).map_err(io::Error::other)?;
        Ok(Reading {
            dialects: config.sidecar.dialects.clone(),
            patterns: Some(patterns),
            redactor,
        })
    }

    /// Of these dialects only; `auto` is all of them.
    #[must_use]
    pub fn dialects(mut self, ids: &[String]) -> Reading {
        self.dialects = ids.to_vec();
        self
    }

    /// A parser that reads this way.
    #[must_use]
    pub fn parser(&self) -> Parser {
        self.options().parser()
    }

    /// A line about the stream rather than from it, such as its command, without secrets.
    #[must_use]
    pub fn redacted(&self, line: &str) -> String {
        match &self.redactor {
            Some(redactor) => redactor.fork().line(line).into_owned(),
            None => line.to_owned(),
        }
    }

    /// What makes such a parser.
    #[must_use]
    pub fn options(&self) -> ParserOptions {
        let wanted = |id: &str| {
            self.dialects
                .iter()
                .any(|word| word == "auto" || word == id)
        };
        let mut options = ParserOptions::new().dialects(wanted);
        if let Some(patterns) = &self.patterns {
            options = options.patterns(patterns);
        }
        if let Some(redactor) = &self.redactor {
            options = options.redactor(redactor.fork());
        }
        options
    }
}

/// The key in the file that was named, else where it is kept, else a new one.
///
/// # Errors
/// The named file cannot be read or holds too little.
pub fn key(named: Option<&Path>, otherwise: KeyFile<'_>) -> io::Result<Key> {
    if let Some(path) = named {
        return read_key(path).map_err(|error| {
            let path = path.display();
            io::Error::new(error.kind(), format!("redaction.key_file {path}: {error}"))
        });
    }
    let kept = match otherwise {
        KeyFile::Nowhere => None,
        KeyFile::Perhaps(path) => read_key(path).ok(),
        KeyFile::Kept(path) => read_key(path).or_else(|_| make_key(path)).ok(),
    };
    Ok(kept.unwrap_or_else(|| Key::new(fresh().as_bytes())))
}

fn read_key(path: &Path) -> io::Result<Key> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(KEY_CAP).read_to_end(&mut bytes)?;
    let bytes = bytes.trim_ascii();
    if bytes.len() < KEY_MIN {
        let held = bytes.len();
        let error = format!("holds {held} bytes; a key has at least {KEY_MIN}");
        return Err(io::Error::new(io::ErrorKind::InvalidData, error));
    }
    Ok(Key::new(bytes))
}

/// Writes a new key for its owner only; of two processes at once one makes it and both read it.
fn make_key(path: &Path) -> io::Result<Key> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    match options.open(path) {
        Ok(mut file) => {
            let fresh = fresh();
            file.write_all(format!("{fresh}\n").as_bytes())?;
            Ok(Key::new(fresh.as_bytes()))
        }
        Err(_) => read_key(path),
    }
}

/// 256 random bits in hex.
fn fresh() -> String {
    random::epoch() + &random::epoch()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_key_is_made_once_and_for_its_owner() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("redaction.key");
        let hash = |at: KeyFile<'_>| {
            let key = key(None, at).unwrap();
            sentinel_parsers::redact::HashedValue::of(&key, b"correct horse").unwrap()
        };
        assert_ne!(hash(KeyFile::Perhaps(&path)), hash(KeyFile::Nowhere));
        assert!(!path.exists());
        let made = hash(KeyFile::Kept(&path));
        assert_eq!(hash(KeyFile::Kept(&path)), made);
        assert_eq!(hash(KeyFile::Perhaps(&path)), made);
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(key(Some(&path), KeyFile::Nowhere).is_ok());
        std::fs::write(&path, "short\n").unwrap();
        let error = key(Some(&path), KeyFile::Nowhere).unwrap_err().to_string();
        assert!(
            error.ends_with("holds 5 bytes; a key has at least 16"),
            "{error}"
        );
    }

    #[test]
    fn a_reading_is_what_the_configuration_says() {
        let text = "[sidecar]\ndialects = [\"tap\"]\n[[patterns]]\nname = \"rig\"\nevent = \"test_pass\"\n\
                    regex = \"^< (?P<name>.*) good$\"\n";
        let config = Config::parse(Path::new("x.toml"), text, &[]).unwrap();
        let mut parser = Reading::new(&config, KeyFile::Nowhere).unwrap().parser();
        let mut names = Vec::new();
        let log = b"< with token=abcdefgh1 good\n{\"Action\":\"pass\",\"Package\":\"p\",\"Test\":\"TestA\"}\n";
        parser.feed(log, &mut |event| {
            if let sentinel_parsers::Body::TestEnd(end) = &event.body {
                names.push(format!("{} {}", event.dialect, end.name));
            }
        });
        assert_eq!(names.len(), 1);
        assert!(
            names[0].starts_with("rig with token=[redacted:assignment:"),
            "{names:?}"
        );
    }
}
