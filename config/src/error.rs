//! What can be wrong with a configuration, each mistake with its place and the way out.

use std::fmt;

use crate::node::Place;

/// One mistake in the configuration. Not retryable: a person has to change something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, or the environment variable.
    pub origin: String,
    /// 1-based line and column in the file, where they are known.
    pub position: Option<(u32, u32)>,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.origin)?;
        if let Some((line, column)) = self.position {
            write!(f, "{line}:{column}:")?;
        }
        write!(f, " {}", self.message)
    }
}

impl std::error::Error for ConfigError {}

/// Every mistake found in a configuration, in the order of the file, at least one. Displays as one
/// line per mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl ConfigErrors {
    /// The file in reading order, then the variables by name.
    pub(crate) fn sorted(mut errors: Vec<ConfigError>) -> ConfigErrors {
        errors.sort_by(|a, b| {
            let key = |e: &ConfigError| (e.position.is_none(), e.position);
            key(a).cmp(&key(b)).then_with(|| a.origin.cmp(&b.origin))
        });
        ConfigErrors(errors)
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, error) in self.0.iter().enumerate() {
            let end = if n == 0 { "" } else { "\n" };
            write!(f, "{end}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// Collects mistakes while the tree is read, knowing which section and key is being read.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: Vec<(Place, String)>,
    section: Vec<String>,
}

impl Problems {
    pub(crate) fn report(&mut self, at: &Place, message: String) {
        self.found.push((at.clone(), message));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Runs `read` inside the section `name`.
    pub(crate) fn within<T>(&mut self, name: &str, read: impl FnOnce(&mut Problems) -> T) -> T {
        self.section.push(name.to_owned());
        let value = read(self);
        self.section.pop();
        value
    }

    /// The section being read, as a suffix for messages: ` in [rules.hanging_test]`, or nothing at
    /// the top.
    pub(crate) fn place(&self) -> String {
        if self.section.is_empty() {
            String::new()
        } else {
            format!(" in [{}]", self.section.join("."))
        }
    }

    /// The errors, if there are any.
    pub(crate) fn into_errors(self, file: &str) -> Result<(), ConfigErrors> {
        if self.is_empty() {
            return Ok(());
        }
        let errors = self.found.into_iter().map(|(at, message)| match at {
            Place::File { line, column } => ConfigError {
                origin: file.to_owned(),
                position: Some((line, column)),
                message,
            },
            Place::Variable(name) => ConfigError {
                origin: name,
                position: None,
                message,
            },
        });
        Err(ConfigErrors::sorted(errors.collect()))
    }
}
