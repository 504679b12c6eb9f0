//! The names of the latest faults without frames: a log that says the same again and again is hashed once.

use crate::mask;

/// Faults remembered; a log's lines take turns.
const KNOWN: usize = 8;
/// Bytes of one that is remembered.
const SHORT: usize = 1024;

/// What a fault is, and its names.
#[derive(Debug)]
struct Known {
    class: &'static str,
    exception: Option<String>,
    message: String,
    fingerprint: String,
    group: String,
}

/// The latest faults.
#[derive(Debug, Default)]
pub(super) struct Names {
    known: Vec<Known>,
    /// The one that is forgotten next.
    oldest: usize,
    /// How often a fault's names were made.
    #[cfg(test)]
    pub(super) made: usize,
}

impl Names {
    /// Fingerprint and group of a fault.
    pub(super) fn of<'f>(
        &mut self,
        class: &'static str,
        exception: Option<&str>,
        message: &str,
        functions: impl Iterator<Item = &'f str>,
    ) -> (&str, &str) {
        let mut functions = functions.peekable();
        let short = exception.map_or(0, str::len) + message.len() <= SHORT;
        let lasts = short && functions.peek().is_none();
        let same = |known: &Known| {
            let (of, text) = (known.exception.as_deref(), known.message.as_str());
            (known.class, of, text) == (class, exception, message)
        };
        let found = self.known.iter().position(same).filter(|_| lasts);
        let at = found.unwrap_or_else(|| {
            let known = Known {
                class,
                exception: exception.map(str::to_owned),
                message: message.to_owned(),
                fingerprint: mask::fingerprint(class, exception, message, functions),
                group: mask::group(class, exception, message),
            };
            self.keep(known, lasts)
        });
        let known = &self.known[at];
        (&known.fingerprint, &known.group)
    }

    /// Keeps a fault in the place of the oldest; unless it lasts, it is found by nobody.
    fn keep(&mut self, mut known: Known, lasts: bool) -> usize {
        #[cfg(test)]
        {
            self.made += 1;
        }
        if !lasts {
            // No class has this name.
            known.class = "";
            (known.exception, known.message) = (None, String::new());
        }
        let at = self.oldest;
        match self.known.get_mut(at) {
            Some(old) => *old = known,
            None => self.known.push(known),
        }
        self.oldest = (at + 1) % KNOWN;
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_again_and_again_is_hashed_once() {
        let mut names = Names::default();
        for n in 0..1000 {
            let message = ["connection refused", "disk full", "boom"][n % 3];
            let (exact, group) = names.of("timeout", None, message, std::iter::empty());
            let fresh = mask::fingerprint("timeout", None, message, []);
            assert_eq!(exact, fresh);
            assert_eq!(group, mask::group("timeout", None, message));
        }
        assert_eq!(names.made, 3);
    }

    #[test]
    fn frames_and_exceptions_tell_faults_apart() {
        let mut names = Names::default();
        let framed = |names: &mut Names, function: &str| {
            names
                .of("a", None, "m", [function].into_iter())
                .0
                .to_owned()
        };
        let (f, g) = (framed(&mut names, "f"), framed(&mut names, "g"));
        let bare = names.of("a", None, "m", std::iter::empty()).0.to_owned();
        let thrown = names
            .of("a", Some("E"), "m", std::iter::empty())
            .0
            .to_owned();
        assert!(f != g && f != bare && bare != thrown);
        assert_eq!(names.of("a", None, "m", std::iter::empty()).0, bare);
    }
}
