//! Files that will be read next, and what is lost before them.

use super::opened::Opened;

/// A file to read.
#[derive(Debug)]
pub(super) struct Planned {
    /// Which of the record it is; `None` for a new one.
    pub(super) generation: Option<usize>,
    pub(super) file: Opened,
    /// What is lost before it, if nothing else is known to be: files have come and gone, or it was truncated.
    pub(super) loss: Option<Loss>,
}

impl Planned {
    pub(super) fn new(file: Opened) -> Planned {
        Planned {
            generation: None,
            file,
            loss: None,
        }
    }

    /// The same file, to be read from its beginning.
    pub(super) fn again(&self) -> Planned {
        Planned {
            generation: self.generation,
            file: self.file.again(),
            loss: self.loss.clone(),
        }
    }
}

/// A loss of which the end is not known yet.
#[derive(Clone, Debug)]
pub(super) struct Loss {
    /// It reaches at least to here.
    pub(super) to: u64,
    /// Where the file that was truncated stood in the stream, by its first byte.
    pub(super) origin: Option<u64>,
    pub(super) reason: &'static str,
}

impl Loss {
    /// Of what was written between a copy and a truncation, which nobody can know.
    pub(super) fn truncated(origin: Option<u64>) -> Loss {
        Loss {
            to: 0,
            origin,
            reason: "truncated",
        }
    }
}
