//! What happened, as lines for a person who looks into a seed, and as one number that tells two runs apart.

use std::cell::{Cell, RefCell};
use std::fmt;

use tokio::time::Instant;

/// What happened so far, and what must not have.
#[derive(Debug)]
pub struct Trace {
    begun: Instant,
    print: bool,
    hash: Cell<u64>,
    violations: RefCell<Vec<String>>,
}

/// Violations kept: the first tells the most.
const KEPT: usize = 20;

impl Trace {
    /// Nothing yet; with `print` each line goes to standard output.
    #[must_use]
    pub fn new(print: bool) -> Trace {
        Trace {
            begun: Instant::now(),
            print,
            hash: Cell::new(0xcbf2_9ce4_8422_2325),
            violations: RefCell::default(),
        }
    }

    /// Something happened.
    pub fn note(&self, what: fmt::Arguments<'_>) {
        let at = self.begun.elapsed().as_millis();
        let mut hash = Fold(self.hash.get());
        // Folding cannot fail.
        let _ = fmt::write(&mut hash, format_args!("{at} {what}\n"));
        self.hash.set(hash.0);
        if self.print {
            println!("{at:>8} {what}");
        }
    }

    /// Something that must never happen did.
    pub fn violation(&self, what: fmt::Arguments<'_>) {
        self.note(format_args!("VIOLATION: {what}"));
        let mut violations = self.violations.borrow_mut();
        if violations.len() < KEPT {
            violations.push(what.to_string());
        }
    }

    /// What must not have happened and did.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.violations.borrow().clone()
    }

    /// A number for all that happened (FNV-1a).
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.hash.get()
    }
}

struct Fold(u64);

impl fmt::Write for Fold {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Ok(())
    }
}
