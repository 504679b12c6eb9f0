//! Recognises tests, suites, totals and errors in what test frameworks print.
//!
//! The parser is a total function over bytes: no I/O, no clock, no failure, any chunking gives the
//! same events. See [`Parser`] for the streaming interface, [`event`] for the vocabulary and
//! [`ledger`] for the fold from events to a list of tests with totals.

pub mod dialect;
mod envelope;
pub mod event;
pub mod frame;
pub mod ledger;
pub mod line;
mod marker;
pub mod mask;
mod parser;
pub mod pattern;
pub mod redact;
mod signature;
pub mod wire;

pub use event::{Body, Counts, Event, Status};
pub use ledger::Ledger;
pub use parser::{Parser, ParserOptions, Seen};
