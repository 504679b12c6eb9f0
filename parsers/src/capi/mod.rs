//! The C interface: what `include/sentinel_parsers.h` declares, for programs in other languages.
//!
//! Build the libraries with
//! `cargo rustc -p sentinel-parsers --profile capi --features capi --crate-type cdylib,staticlib`; an
//! ordinary build makes neither. The header is the documentation of every function, of who owns what and
//! of threads; here stand only the reasons.
//!
//! The boundary distrusts its caller as far as C lets it. Null where something must stand, lengths no
//! object can have and texts that are not UTF-8 are refused. A handle is only ever reached by a shared
//! reference and guards its parser by a lock that is tried, never waited for: a call from within the
//! handle's own callback, or from a second thread, is told `SENTINEL_BUSY` instead of doing harm. A panic
//! (there is no known one) ends at the boundary as `SENTINEL_PANICKED` and leaves the handle unusable,
//! which is why the profile `capi` unwinds; where panics abort, the process ends instead.

mod event;
mod handle;

#[cfg(test)]
mod tests;

use std::ffi::{CStr, c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::Status;

use event::name_of_kind;
pub use event::{SentinelEvent, SentinelText};
pub use handle::{SentinelOptions, SentinelParser};

/// Version of the interface: it changes when a program built for another one would not work.
pub const ABI: u32 = 1;

/// Done.
pub const OK: i32 = 0;
/// A pointer is null that must not be.
pub const NULL: i32 = -1;
/// A length that no object in memory can have.
pub const LENGTH: i32 = -2;
/// An option that means nothing.
pub const OPTIONS: i32 = -3;
/// The handle is in use, by another thread or by the callback's own caller.
pub const BUSY: i32 = -4;
/// The stream was finished.
pub const FINISHED: i32 = -5;
/// There was a panic, now or earlier.
pub const PANICKED: i32 = -6;

/// Where events go: the caller's own pointer, and the event, valid until the function returns.
pub type OnEvent = unsafe extern "C" fn(user: *mut c_void, event: *const SentinelEvent);

/// See the header.
#[unsafe(no_mangle)]
pub extern "C" fn sentinel_parsers_abi() -> u32 {
    ABI
}

/// See the header.
///
/// # Safety
/// `options` is null or points to options; `parser` is null or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sentinel_parser_new(
    options: *const SentinelOptions,
    parser: *mut *mut SentinelParser,
) -> i32 {
    if parser.is_null() {
        return NULL;
    }
    // SAFETY: not null, and the caller lends it for writing.
    unsafe { parser.write(std::ptr::null_mut()) };
    let made = catch_unwind(|| {
        // SAFETY: the caller's promise of `options` is handed on unchanged.
        unsafe { handle::options(options) }.map(SentinelParser::new)
    });
    match made {
        Ok(Ok(new)) => {
            // SAFETY: as above. The box is the caller's from here on, until it is freed.
            unsafe { parser.write(Box::into_raw(Box::new(new))) };
            OK
        }
        Ok(Err(code)) => code,
        Err(_) => PANICKED,
    }
}

/// See the header.
///
/// # Safety
/// `parser` is null or a handle that was not freed; `length` bytes can be read at `bytes` unless it is
/// null; `on_event` takes what [`OnEvent`] says and does not unwind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sentinel_parser_feed(
    parser: *const SentinelParser,
    bytes: *const u8,
    length: usize,
    on_event: Option<OnEvent>,
    user: *mut c_void,
) -> i32 {
    // SAFETY: null, or a live handle by the caller's promise; it is shared only, see `SentinelParser`.
    let (Some(parser), Some(on_event)) = (unsafe { parser.as_ref() }, on_event) else {
        return NULL;
    };
    // SAFETY: the caller's promise of the bytes is handed on unchanged.
    let chunk = match unsafe { event::slice(bytes, length) } {
        Ok(chunk) => chunk,
        Err(code) => return code,
    };
    parser.with(|open, _| {
        open.feed(chunk, &mut |event| event::hand_over(event, on_event, user));
    })
}

/// See the header.
///
/// # Safety
/// As [`sentinel_parser_feed`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sentinel_parser_finish(
    parser: *const SentinelParser,
    on_event: Option<OnEvent>,
    user: *mut c_void,
) -> i32 {
    // SAFETY: null, or a live handle by the caller's promise; it is shared only, see `SentinelParser`.
    let (Some(parser), Some(on_event)) = (unsafe { parser.as_ref() }, on_event) else {
        return NULL;
    };
    parser.with(|open, finished| {
        *finished = true;
        open.finish(&mut |event| event::hand_over(event, on_event, user));
    })
}

/// See the header.
///
/// # Safety
/// `parser` is null or a handle that was not freed and that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sentinel_parser_free(parser: *mut SentinelParser) -> i32 {
    // SAFETY: null, or a live handle by the caller's promise.
    let Some(idle) = (unsafe { parser.as_ref() }).map(SentinelParser::is_idle) else {
        return OK;
    };
    if !idle {
        return BUSY;
    }
    // SAFETY: made by `sentinel_parser_new`, freed once by the caller's promise, and nobody is in it.
    let owned = unsafe { Box::from_raw(parser) };
    match catch_unwind(AssertUnwindSafe(|| drop(owned))) {
        Ok(()) => OK,
        Err(_) => PANICKED,
    }
}

/// See the header.
#[unsafe(no_mangle)]
pub extern "C" fn sentinel_kind_name(kind: u32) -> *const c_char {
    name_of_kind(kind).map_or(std::ptr::null(), CStr::as_ptr)
}

/// See the header.
#[unsafe(no_mangle)]
pub extern "C" fn sentinel_status_name(status: i32) -> *const c_char {
    let status = u8::try_from(status).ok().and_then(Status::from_code);
    let name = status.map(|status| match status {
        Status::Passed => c"passed",
        Status::Failed => c"failed",
        Status::Errored => c"errored",
        Status::Skipped => c"skipped",
        Status::Xfail => c"xfail",
        Status::Xpass => c"xpass",
        Status::Todo => c"todo",
        Status::TimedOut => c"timed_out",
        Status::Unfinished => c"unfinished",
    });
    name.map_or(std::ptr::null(), CStr::as_ptr)
}
