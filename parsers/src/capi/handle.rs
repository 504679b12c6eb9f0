//! The handle that C holds, and the options it is made with.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, TryLockError};

use crate::dialect::DIALECTS;
use crate::redact::{Key, Options, Redactor};
use crate::{Parser, ParserOptions};

use super::event::{SentinelText, slice};
use super::{BUSY, FINISHED, OK, OPTIONS, PANICKED};

/// `sentinel_options`: how a parser is set up.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SentinelOptions {
    /// `sizeof(sentinel_options)` as the caller knows it: a later library takes shorter ones too, and none
    /// takes longer ones, for it would not do what they ask.
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// Dialects to recognise, separated by commas; absent or empty for all.
    pub dialects: SentinelText,
    /// Bytes of the key by which secrets are taken out of lines; absent for lines as they come.
    pub redaction_key: SentinelText,
}

/// `sentinel_parser`: a parser behind a lock that is only tried, so that no use of the handle, from
/// whatever thread or callback, makes two references of which one is exclusive.
pub struct SentinelParser(Mutex<State>);

/// What a handle guards.
struct State {
    /// Gone after a panic: what is left of it may be inconsistent.
    parser: Option<Parser>,
    finished: bool,
}

impl SentinelParser {
    pub(super) fn new(options: ParserOptions) -> SentinelParser {
        SentinelParser(Mutex::new(State {
            parser: Some(options.parser()),
            finished: false,
        }))
    }

    /// Uses the parser, unless somebody does or it is over; the flag says whether it is.
    pub(super) fn with(&self, use_it: impl FnOnce(&mut Parser, &mut bool)) -> i32 {
        let mut state = match self.0.try_lock() {
            Ok(state) => state,
            Err(TryLockError::WouldBlock) => return BUSY,
            Err(TryLockError::Poisoned(_)) => return PANICKED,
        };
        let State { parser, finished } = &mut *state;
        let Some(open) = parser.as_mut() else {
            return PANICKED;
        };
        if *finished {
            return FINISHED;
        }
        // After a panic the parser is forgotten below, so nobody sees it inconsistent.
        if catch_unwind(AssertUnwindSafe(|| use_it(open, finished))).is_ok() {
            return OK;
        }
        // Not dropped: its own drop could panic again.
        std::mem::forget(parser.take());
        PANICKED
    }

    /// Whether nobody is using the parser.
    pub(super) fn is_idle(&self) -> bool {
        !matches!(self.0.try_lock(), Err(TryLockError::WouldBlock))
    }
}

/// The options a caller gave, or the code of what is wrong with them.
///
/// # Safety
/// `options` is null or points to `size` bytes of options whose texts can be read.
pub(super) unsafe fn options(options: *const SentinelOptions) -> Result<ParserOptions, i32> {
    let all = ParserOptions::new();
    if options.is_null() {
        return Ok(all);
    }
    // SAFETY: not null; the size is the first field of every version.
    let size = unsafe { options.cast::<u32>().read() };
    if usize::try_from(size) != Ok(size_of::<SentinelOptions>()) {
        return Err(OPTIONS);
    }
    // SAFETY: not null, and as large as this version's.
    let given = unsafe { options.read() };
    if given.reserved != 0 {
        return Err(OPTIONS);
    }
    // SAFETY: the caller lends the texts for the call.
    let (dialects, key) = unsafe {
        (
            slice(given.dialects.data, given.dialects.length)?,
            slice(given.redaction_key.data, given.redaction_key.length)?,
        )
    };
    let dialects = std::str::from_utf8(dialects).map_err(|_| OPTIONS)?;
    let ids: Vec<&str> = dialects.split(',').map(str::trim).collect();
    let wanted = match dialects.trim().is_empty() {
        true => all,
        false if ids.iter().all(|id| DIALECTS.iter().any(|d| d.id == *id)) => {
            all.dialects(|id| ids.contains(&id))
        }
        false => return Err(OPTIONS),
    };
    if key.is_empty() {
        // A key of no bytes would let everybody try secrets.
        return match given.redaction_key.data.is_null() {
            true => Ok(wanted),
            false => Err(OPTIONS),
        };
    }
    let redactor = Redactor::new(&Options::new(Key::new(key))).map_err(|_| OPTIONS)?;
    Ok(wanted.redactor(redactor))
}
