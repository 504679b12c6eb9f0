//! Reads Rust panics out of text: whose thread, the first line of the message, where.

/// Bytes kept of a message or a position.
const TEXT_CAP: usize = 512;

/// One panic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::dialect) struct Panic {
    pub(in crate::dialect) thread: String,
    pub(in crate::dialect) message: String,
    /// `src/lib.rs:10`.
    pub(in crate::dialect) location: Option<String>,
    /// Number of its first line.
    pub(in crate::dialect) line: u64,
}

/// What the next lines complete.
#[derive(Debug, Default)]
enum Awaits {
    #[default]
    Nothing,
    /// The message stands on the next line (since Rust 1.73).
    Message(Panic),
    /// The message goes on; a quote and the position end it (before Rust 1.73).
    Position(Panic),
}

/// Reads panics line by line.
#[derive(Debug, Default)]
pub(in crate::dialect) struct PanicReader {
    awaits: Awaits,
}

impl PanicReader {
    /// Reads a line; gives the panic it completes.
    pub(in crate::dialect) fn line(&mut self, text: &str, number: u64) -> Option<Panic> {
        if let Some(begun) = begin(text, number) {
            return self.begun(begun);
        }
        match std::mem::take(&mut self.awaits) {
            Awaits::Nothing => None,
            Awaits::Message(panic) if text.trim().is_empty() => {
                self.awaits = Awaits::Message(panic);
                None
            }
            Awaits::Message(panic) => Some(Panic {
                message: cap(text.trim()),
                ..panic
            }),
            Awaits::Position(panic) => match text.rsplit_once("', ") {
                Some((_, at)) => Some(Panic {
                    location: position(at),
                    ..panic
                }),
                None => {
                    self.awaits = Awaits::Position(panic);
                    None
                }
            },
        }
    }

    /// The text is over: gives a panic whose rest never came.
    pub(in crate::dialect) fn finish(&mut self) -> Option<Panic> {
        match std::mem::take(&mut self.awaits) {
            Awaits::Nothing => None,
            Awaits::Message(panic) | Awaits::Position(panic) => Some(panic),
        }
    }

    fn begun(&mut self, (panic, complete): (Panic, bool)) -> Option<Panic> {
        self.awaits = match (complete, panic.location.is_some()) {
            (true, _) => {
                self.awaits = Awaits::Nothing;
                return Some(panic);
            }
            (false, true) => Awaits::Message(panic),
            (false, false) => Awaits::Position(panic),
        };
        None
    }
}

/// `thread 'NAME' (12) panicked at src/lib.rs:10:5:` or `thread 'NAME' panicked at 'text', ...`, and
/// whether the line says all.
fn begin(text: &str, line: u64) -> Option<(Panic, bool)> {
    // Old versions indent the line by a tab.
    let rest = text.trim_start().strip_prefix("thread '")?;
    let at = rest.find("panicked at ")?;
    let thread = rest[..at].rsplit_once('\'')?.0;
    let said = &rest[at + "panicked at ".len()..];
    let panic = Panic {
        thread: cap(thread),
        line,
        ..Panic::default()
    };
    let Some(quoted) = said.strip_prefix('\'') else {
        let location = position(said.trim_end().strip_suffix(':')?)?;
        return Some((
            Panic {
                location: Some(location),
                ..panic
            },
            false,
        ));
    };
    Some(match quoted.rsplit_once("', ") {
        Some((message, at)) => (
            Panic {
                message: cap(message),
                location: position(at),
                ..panic
            },
            true,
        ),
        None => (
            Panic {
                message: cap(quoted),
                ..panic
            },
            false,
        ),
    })
}

/// `src/lib.rs:10` of `src/lib.rs:10:5`.
pub(super) fn position(text: &str) -> Option<String> {
    let (place, column) = text.trim_end().rsplit_once(':')?;
    let (path, row) = place.rsplit_once(':')?;
    let number = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
    (number(column) && number(row) && !path.is_empty()).then(|| cap(place))
}

pub(super) fn cap(text: &str) -> String {
    text[..text.floor_char_boundary(TEXT_CAP)].to_owned()
}
