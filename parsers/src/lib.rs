//! Recognises tests, suites, totals and errors in what test frameworks print.
//!
//! A parser is a total function over bytes: no I/O, no clock, no thread, no error. Text that means nothing
//! is an ordinary line, and any chunking of the same bytes gives the same events. What it tells is borrowed
//! from the line it stood in, and lines without an event cost no allocation. `sentinel parse` and Sentinel's
//! agent are made of this crate; it is as much for other tools that read logs. It needs Rust 1.95.
//!
//! # Bytes in, events out
//!
//! [`Parser::feed`] takes chunks as they come and calls back for each [`Event`] they complete;
//! [`Parser::finish`] tells what was held back until the end. The framework is recognised by itself, and
//! several may share a stream.
//!
//! ```
//! use sentinel_parsers::{Body, Parser};
//!
//! let mut parser = Parser::new();
//! let mut told = Vec::new();
//! for chunk in ["=== RUN   TestCart\n--- FAIL: TestCa", "rt (0.25s)\nFAIL\texample.com/shop\t0.301s\n"] {
//!     parser.feed(chunk.as_bytes(), &mut |event| {
//!         told.push(format!("line {}: {}", event.line, event.body.kind()));
//!     });
//! }
//! parser.finish(&mut |event| told.push(format!("at the end: {}", event.body.kind())));
//! assert_eq!(told, ["line 1: test_start", "line 2: test_end", "line 3: suite_end"]);
//! assert_eq!(parser.dialects().collect::<Vec<_>>(), ["go_test"]);
//! ```
//!
//! An event lives for the call that hands it over. Whoever wants more of it copies what it needs:
//!
//! ```
//! # use sentinel_parsers::{Body, Event, Parser};
//! let mut failed: Vec<(u64, String)> = Vec::new();
//! let mut keep = |event: &Event<'_>| {
//!     if let Body::TestEnd(end) = &event.body && end.status.is_failure() {
//!         failed.push((event.line, end.name.to_owned()));
//!     }
//! };
//! let mut parser = Parser::new();
//! parser.feed(b"1..2\nok 1 - adds\nnot ok 2 - divides\n", &mut keep);
//! parser.finish(&mut keep);
//! assert_eq!(failed, [(3, "divides".to_owned())]);
//! ```
//!
//! # Tests and totals
//!
//! Frameworks tell a result twice, count before they name, retry, name a suite after its tests. [`Ledger`]
//! knows what that means for counting: apply every event and read the tests, their attempts and the totals,
//! at any time.
//!
//! ```
//! use sentinel_parsers::{Ledger, Parser, Status};
//!
//! let (mut parser, mut ledger) = (Parser::new(), Ledger::new());
//! let log = b"TEST_FAIL name=login suite=api attempt=1 reason=slow\nTEST_PASS name=login suite=api attempt=2\n";
//! parser.feed(log, &mut |event| ledger.apply(event));
//! parser.finish(&mut |event| ledger.apply(event));
//!
//! let [test] = ledger.tests() else { panic!("one test, tried twice") };
//! assert_eq!((test.attempts.len(), test.status(), test.is_flaky()), (2, Status::Passed, true));
//! assert_eq!((ledger.totals().total(), ledger.totals().failures()), (1, 0));
//! ```
//!
//! # Envelopes
//!
//! What a container runtime, a CI system, a log shipper or a logger wrapped round the lines is taken off
//! without being asked for: CRI, Docker's JSON, journald, syslog, GitHub and GitLab prefixes, klog, logfmt,
//! JSON lines and more. Times that stand there become [`Event::time_ms`], and writers who share a log become
//! [lanes](Event::lane), read apart.
//!
//! ```
//! # use sentinel_parsers::{Body, Parser};
//! let mut told = Vec::new();
//! Parser::new().feed(
//!     b"2026-03-01T10:00:00.5Z stdout F TEST_PASS name=login\n",
//!     &mut |event| told.push((event.time_ms, event.body.kind())),
//! );
//! assert_eq!(told, [(Some(1_772_359_200_500), "test_end")]);
//! ```
//!
//! # Errors in free text
//!
//! Panics, tracebacks, exceptions, refused connections and the like are told as
//! [signatures](event::Signature) wherever they stand, one per block. Equal faults have equal
//! fingerprints, whatever numbers, paths, hosts and times stand in them; [`mask`] has the parts.
//!
//! ```
//! # use sentinel_parsers::{Body, Parser};
//! let mut prints = Vec::new();
//! for port in [5432, 5433] {
//!     let log = format!("ERROR connect to 10.0.0.7:{port} failed: Connection refused\n");
//!     let mut parser = Parser::new();
//!     let mut tell = |event: &sentinel_parsers::Event<'_>| {
//!         if let Body::Signature(error) = &event.body {
//!             prints.push((error.class.to_owned(), error.fingerprint.to_owned()));
//!         }
//!     };
//!     parser.feed(log.as_bytes(), &mut tell);
//!     parser.finish(&mut tell);
//! }
//! assert_eq!(prints[0].0, "connection_refused");
//! assert_eq!(prints[0], prints[1]);
//! ```
//!
//! # Options
//!
//! [`ParserOptions`] narrows the dialects ([`dialect::DIALECTS`] lists them), adds [patterns](pattern) for
//! lines no dialect knows, and takes [secrets](redact) out of each line before anybody else reads it. A
//! [watcher](ParserOptions::watch) is shown what became of each line.
//!
//! ```
//! use sentinel_parsers::pattern::{Meaning, Pattern, Patterns};
//! use sentinel_parsers::redact::{Key, Options, Redactor};
//! use sentinel_parsers::{Ledger, ParserOptions};
//!
//! let bench = Pattern::new("bench", r"^CHECK (?<name>\S+) (?<status>\w+): (?<message>.*)$", Meaning::TestEnd(None))?;
//! // The key of the installation: 32 random bytes, kept.
//! let redactor = Redactor::new(&Options::new(Key::new(b"of this installation")))?;
//! let mut parser = ParserOptions::new()
//!     .dialects(|id| id != "tap")
//!     .patterns(&Patterns::new(vec![bench])?)
//!     .redactor(redactor)
//!     .parser();
//!
//! let mut ledger = Ledger::new();
//! let log = b"1..1\nok 1 - nobody reads this\nCHECK login failed: password=hunter2222 was refused\n";
//! parser.feed(log, &mut |event| ledger.apply(event));
//! parser.finish(&mut |event| ledger.apply(event));
//! let [test] = ledger.tests() else { panic!("{:?}", ledger.tests()) };
//! let message = test.last().message.as_deref().unwrap_or_default();
//! assert!(message.starts_with("password=[redacted:assignment:"), "{message}");
//! # Ok::<(), String>(())
//! ```
//!
//! # Limits
//!
//! Everything that input controls is bounded, hitting a bound is counted where results could be missing, and
//! time is linear in the input.
//!
//! | of | at most | beyond | counted by |
//! |---|---|---|---|
//! | a line | [`line::LINE_CAP`], 64 KiB; of a report in one line [`line::REPORT_CAP`], 16 MiB | cut off | [`Parser::cut_bytes`] |
//! | writers told apart in one stream | 64 | read as one | [`Parser::shared_lines`] |
//! | lines of at most 16 bytes that are the same, alone or two in turn | 256, of which nothing came | not read | [`Parser::repeated_lines`] |
//! | a text in an event | the line, or the block of lines, it stood in | | |
//! | a signature's message | [`cut::MESSAGE_CAP`], 4 KiB | cut off | |
//! | tests in a ledger | [`ledger::TEST_CAP`], 200,000; [`Ledger::limit`] lowers it | counted without a name | [`Ledger::dropped`] |
//! | attempts of a test | [`ledger::ATTEMPT_CAP`], 64 | the last one is replaced | |
//! | patterns | [`pattern::PATTERNS`], 64 | refused | |
//! | redaction's own expressions | [`redact::EXPRESSIONS`], 64 | refused | |
//!
//! One stream has one parser. It may move between threads, and parsers share nothing that is written to.
//!
//! ```
//! fn may_move_between_threads<T: Send>() {}
//! may_move_between_threads::<sentinel_parsers::Parser>();
//! ```
//!
//! # Features
//!
//! | feature | | what it adds |
//! |---|---|---|
//! | `frame` | default | [`frame`] and [`wire`]: what Sentinel's sidecar and agent say to each other |
//! | `serde` | | `Serialize` for [`Event`], [`Body`] and every body: the flat, snake_case shape of `sentinel parse --format ndjson`; unknown values are left out |
//! | `capi` | | `capi`: the C interface of `include/sentinel_parsers.h` |
//!
//! No dialect depends on a feature.

#![warn(missing_docs)]

#[cfg(feature = "capi")]
#[expect(
    unsafe_code,
    reason = "a C interface takes raw pointers; every use has its proof"
)]
pub mod capi;
pub mod cut;
mod decimal;
pub mod dialect;
mod envelope;
pub mod event;
#[cfg(feature = "frame")]
pub mod frame;
pub mod ledger;
pub mod line;
mod marker;
pub mod mask;
mod parser;
pub mod pattern;
mod places;
pub mod redact;
mod remembered;
mod scan;
mod signature;
#[cfg(feature = "frame")]
pub mod wire;

pub use event::{Body, Counts, Event, Status};
pub use ledger::Ledger;
pub use parser::{Parser, ParserOptions, Seen};
pub use signature::error_class;

/// The README's examples are run like these.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
