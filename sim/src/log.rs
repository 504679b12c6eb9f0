//! What simulated tests print: lines of real frameworks, each with a number of its own, and what must be read in them.

use crate::chance::Chance;

/// Lines of words of a test, fewer than these, if nothing else is said.
pub const WORDS: u64 = 4;

/// How the tests of a stream print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `go test -v`.
    Go,
    /// `pytest -v`.
    Pytest,
    /// Our own markers.
    Markers,
}

/// A test's result, as it was printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    /// Where its line begins and ends in the stream.
    pub from: u64,
    /// The end.
    pub to: u64,
    /// The test.
    pub name: String,
    /// Whether it failed.
    pub failed: bool,
}

/// A stream's text while it is made.
#[derive(Debug)]
pub struct Log {
    format: Format,
    stream: usize,
    next: u64,
    failures: u64,
    /// Everything so far.
    text: Vec<u8>,
    /// The results in it.
    printed: Vec<Printed>,
    /// One in so many tests fails; none for 0.
    failing: u64,
    /// Lines of words that a test prints, fewer than these.
    words: u64,
    /// Where the last line begins.
    line: u64,
    /// In a container runtime's envelopes, which cut lines by this chance.
    runtime: Option<Chance>,
}

impl Log {
    /// The beginning of a stream's text.
    #[must_use]
    pub fn new(format: Format, stream: usize, failing: u64) -> Log {
        Log::wrapped(format, stream, failing, None)
    }

    /// The same as a container runtime writes it, if there is one: it cuts lines now and then.
    #[must_use]
    pub fn wrapped(format: Format, stream: usize, failing: u64, runtime: Option<Chance>) -> Log {
        let mut log = Log {
            format,
            stream,
            next: 0,
            failures: 0,
            text: Vec::new(),
            printed: Vec::new(),
            failing,
            words: WORDS,
            line: 0,
            runtime,
        };
        if format == Format::Pytest {
            log.say(&rule(" test session starts "));
            log.say("platform linux -- Python 3.12.4, pytest-8.2.2, pluggy-1.5.0");
            log.say("rootdir: /src");
            log.say("");
        }
        log
    }

    /// The same with more words: also of tests that print none otherwise.
    #[must_use]
    pub fn wordy(mut self, words: u64) -> Log {
        self.words = words;
        self
    }

    /// Everything so far.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The results so far.
    #[must_use]
    pub fn printed(&self) -> &[Printed] {
        &self.printed
    }

    /// Whether any test failed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.failures > 0
    }

    fn say(&mut self, lines: &str) {
        for line in lines.split('\n') {
            let cut = match &self.runtime {
                Some(chance) if chance.one_in(6) => chance.index(line.len()),
                _ => 0,
            };
            if cut > 0 {
                self.write('P', &line[..cut]);
            }
            self.write('F', &line[cut..]);
        }
    }

    /// A line, or with `tag` P a part of one.
    fn write(&mut self, tag: char, line: &str) {
        self.line = self.text.len() as u64;
        if self.runtime.is_some() {
            let nanos = self.text.len();
            let envelope = format!("2026-11-26T08:00:00.{nanos:09}Z stdout {tag} ");
            self.text.extend_from_slice(envelope.as_bytes());
        }
        self.text.extend_from_slice(line.as_bytes());
        self.text.push(b'\n');
    }

    fn result(&mut self, name: String, failed: bool, line: &str) {
        self.say(line);
        self.printed.push(Printed {
            // A line that was cut is told with the place of its last part.
            from: self.line,
            to: self.text.len() as u64,
            name,
            failed,
        });
    }

    /// One more test, sometimes with words of its own.
    pub fn test(&mut self, chance: &Chance) {
        let n = self.next;
        self.next += 1;
        let failed = self.failing > 0 && chance.one_in(self.failing);
        self.failures += u64::from(failed);
        let stream = self.stream;
        let words = chance.below(self.words);
        match self.format {
            Format::Go => {
                let name = format!("TestS{stream}N{n}");
                self.say(&format!("=== RUN   {name}"));
                for word in 0..words {
                    self.say(&format!("    some_test.go:{n}: word {word} of {name}"));
                }
                let word = if failed { "FAIL" } else { "PASS" };
                let line = format!("--- {word}: {name} (0.0{}s)", n % 10);
                self.result(name, failed, &line);
            }
            Format::Pytest => {
                let name = format!("test_n{n}");
                let words = if self.words > WORDS { words } else { 0 };
                for word in 0..words {
                    self.say(&format!("captured word {word} of {name}"));
                }
                let word = if failed { "FAILED" } else { "PASSED" };
                let line = format!("tests/test_s{stream}.py::{name} {word}  [{:>3}%]", n % 100);
                self.result(name, failed, &line);
            }
            Format::Markers => {
                let name = format!("s{stream}n{n}");
                self.say(&format!("TEST_START name={name}"));
                for word in 0..words {
                    self.say(&format!("word {word} of test {n}"));
                }
                let word = if failed { "TEST_FAIL" } else { "TEST_PASS" };
                let line = format!("{word} name={name} duration=0.25");
                self.result(name, failed, &line);
            }
        }
    }

    /// What stands at the end.
    pub fn close(&mut self) {
        let (failed, all) = (self.failures, self.next);
        match (self.format, failed) {
            (Format::Go, 0) => self.say("PASS\nok  \texample.org/pkg\t0.512s"),
            (Format::Go, _) => self.say("FAIL\nFAIL\texample.org/pkg\t0.512s"),
            (Format::Pytest, 0) => self.say(&rule(&format!(" {all} passed in 0.51s "))),
            (Format::Pytest, _) => {
                let passed = all - failed;
                self.say(&rule(&format!(
                    " {failed} failed, {passed} passed in 0.51s "
                )));
            }
            (Format::Markers, _) => {}
        }
    }
}

/// A heading as pytest prints it.
fn rule(words: &str) -> String {
    format!("{words:=^80}")
}
