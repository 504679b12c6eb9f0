//! `[log]`: what the programs say about themselves, on standard error.

use crate::kind::Choice;
use crate::section::section;

section! {
    /// What the programs say about themselves, on standard error.
    pub struct LogConfig {
        /// Least important message shown.
        pub level: LogLevel = choice(LogLevel::Info),
        /// Lines for people, or one JSON object per line.
        pub format: LogFormat = choice(LogFormat::Text),
    }
}

/// How important a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// The program could not do what it is for.
    Error,
    /// Something was lost, refused or degraded; a person may have to act.
    Warn,
    /// Starts, stops and changes of state.
    Info,
    /// What was done for each request and frame.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// The word in the configuration, which is also a filter directive of `tracing`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
    }
}

impl Choice for LogLevel {
    const WORDS: &'static [(&'static str, LogLevel)] = &[
        ("error", LogLevel::Error),
        ("warn", LogLevel::Warn),
        ("info", LogLevel::Info),
        ("debug", LogLevel::Debug),
        ("trace", LogLevel::Trace),
    ];
}

/// How messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object per line.
    Json,
}

impl Choice for LogFormat {
    const WORDS: &'static [(&'static str, LogFormat)] =
        &[("text", LogFormat::Text), ("json", LogFormat::Json)];
}
