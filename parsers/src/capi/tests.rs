//! The C interface called as C calls it: what it refuses, what it hands over, and that it stays whole.

use std::ffi::{CStr, c_void};
use std::ptr::{null, null_mut};

use super::event::{ADOPTS, RECAP, TEARDOWN};
use super::handle::SentinelOptions;
use super::*;

const HEADER: &str = include_str!("../../include/sentinel_parsers.h");

/// A parser made with the options, or the code.
fn made(options: *const SentinelOptions) -> Result<*mut SentinelParser, i32> {
    let mut parser = null_mut();
    // SAFETY: the options are null or the test's own; the place is a local.
    match unsafe { sentinel_parser_new(options, &raw mut parser) } {
        OK => Ok(parser),
        code => {
            assert!(parser.is_null());
            Err(code)
        }
    }
}

fn options(dialects: &str, key: Option<&str>) -> SentinelOptions {
    SentinelOptions {
        size: size_of::<SentinelOptions>() as u32,
        reserved: 0,
        dialects: dialects.into(),
        redaction_key: key.into(),
    }
}

fn text(text: SentinelText) -> Option<String> {
    // SAFETY: the test reads it within the callback.
    let bytes = unsafe { event::slice(text.data, text.length) }.unwrap();
    (!text.data.is_null()).then(|| String::from_utf8(bytes.to_vec()).unwrap())
}

/// Notes kind, name and message of each event.
unsafe extern "C" fn note(user: *mut c_void, event: *const SentinelEvent) {
    // SAFETY: tests pass a vector, and the event is lent for the call.
    let (notes, event) = unsafe { (&mut *user.cast::<Vec<String>>(), &*event) };
    // SAFETY: names are static.
    let kind = unsafe { CStr::from_ptr(sentinel_kind_name(event.kind)) };
    let words = [text(event.name), text(event.message)].map(Option::unwrap_or_default);
    notes.push(format!(
        "{} {}",
        kind.to_str().unwrap(),
        words.join(" ").trim()
    ));
}

fn feed(parser: *mut SentinelParser, bytes: &[u8], notes: &mut Vec<String>) -> i32 {
    let user = (&raw mut *notes).cast();
    // SAFETY: the parser is the test's own and live, the bytes are a slice.
    unsafe { sentinel_parser_feed(parser, bytes.as_ptr(), bytes.len(), Some(note), user) }
}

fn finish(parser: *mut SentinelParser, notes: &mut Vec<String>) -> i32 {
    // SAFETY: the parser is the test's own and live.
    unsafe { sentinel_parser_finish(parser, Some(note), (&raw mut *notes).cast()) }
}

fn free(parser: *mut SentinelParser) -> i32 {
    // SAFETY: the parser is the test's own, and not used afterwards if this succeeds.
    unsafe { sentinel_parser_free(parser) }
}

#[test]
fn chunks_become_events_until_the_stream_is_finished() {
    let (parser, mut notes) = (made(null()).unwrap(), Vec::new());
    for chunk in [
        &b"TEST_START na"[..],
        b"",
        b"me=a\nTEST_FAIL name=a reason=late",
    ] {
        assert_eq!(feed(parser, chunk, &mut notes), OK);
    }
    assert_eq!(notes, ["test_start a"]);
    assert_eq!(finish(parser, &mut notes), OK);
    assert_eq!(notes, ["test_start a", "test_end a late"]);
    assert_eq!(feed(parser, b"x", &mut notes), FINISHED);
    assert_eq!(finish(parser, &mut notes), FINISHED);
    assert_eq!(free(parser), OK);
}

#[test]
fn what_cannot_be_is_refused() {
    let (parser, user) = (made(null()).unwrap(), null_mut());
    // SAFETY: all that is not null is live, and none of the lengths is read.
    unsafe {
        assert_eq!(sentinel_parser_new(null(), null_mut()), NULL);
        assert_eq!(
            sentinel_parser_feed(null(), null(), 0, Some(note), user),
            NULL
        );
        assert_eq!(sentinel_parser_feed(parser, null(), 0, None, user), NULL);
        assert_eq!(
            sentinel_parser_feed(parser, null(), 1, Some(note), user),
            NULL
        );
        let (byte, long) = (b"x".as_ptr(), usize::MAX);
        assert_eq!(
            sentinel_parser_feed(parser, byte, long, Some(note), user),
            LENGTH
        );
        assert_eq!(
            sentinel_parser_feed(parser, null(), 0, Some(note), user),
            OK
        );
        assert_eq!(sentinel_parser_finish(null(), Some(note), user), NULL);
        assert_eq!(sentinel_parser_finish(parser, None, user), NULL);
        assert_eq!(sentinel_parser_free(null_mut()), OK);
    }
    assert_eq!(free(parser), OK);
}

#[test]
fn options_are_understood_or_refused() {
    for (wrong, code) in [
        (options("pytest,klingon", None), OPTIONS),
        (options("", Some("")), OPTIONS),
        (
            SentinelOptions {
                size: 8,
                ..options("", None)
            },
            OPTIONS,
        ),
        (
            SentinelOptions {
                size: 999,
                ..options("", None)
            },
            OPTIONS,
        ),
        (
            SentinelOptions {
                reserved: 1,
                ..options("", None)
            },
            OPTIONS,
        ),
    ] {
        assert_eq!(made(&raw const wrong), Err(code), "{wrong:?}");
    }
    let mut latin = options("", None);
    (latin.dialects.data, latin.dialects.length) = (b"\xe4".as_ptr(), 1);
    assert_eq!(made(&raw const latin), Err(OPTIONS));

    let chosen = options("tap, libtest", Some("of this installation"));
    let (parser, mut notes) = (made(&raw const chosen).unwrap(), Vec::new());
    let log = b"=== RUN   TestA\n--- PASS: TestA (0.00s)\nTEST_FAIL name=a reason=\"password=hunter2222\"\n";
    assert_eq!(feed(parser, log, &mut notes), OK);
    let [only] = &notes[..] else {
        panic!("{notes:?}")
    };
    assert!(
        only.starts_with("test_end a password=[redacted:assignment:"),
        "{only}"
    );
    assert_eq!(free(parser), OK);
}

/// Calls back into the parser that is calling.
unsafe extern "C" fn meddle(user: *mut c_void, _: *const SentinelEvent) {
    // SAFETY: the test passes a pair it owns.
    let (parser, codes) = unsafe { &mut *user.cast::<(*mut SentinelParser, Vec<i32>)>() };
    let mut notes = Vec::new();
    codes.push(feed(*parser, b"TEST_PASS name=b\n", &mut notes));
    codes.push(finish(*parser, &mut notes));
    codes.push(free(*parser));
}

#[test]
fn a_callback_cannot_use_its_own_parser() {
    let parser = made(null()).unwrap();
    let mut pair: (*mut SentinelParser, Vec<i32>) = (parser, Vec::new());
    let (log, user) = (b"TEST_PASS name=a\n", (&raw mut pair).cast());
    // SAFETY: all is live and the test's own.
    let fed = unsafe { sentinel_parser_feed(parser, log.as_ptr(), log.len(), Some(meddle), user) };
    assert_eq!((fed, pair.1), (OK, vec![BUSY, BUSY, BUSY]));
    assert_eq!(free(parser), OK);
}

#[test]
fn a_panic_ends_at_the_boundary_and_breaks_the_handle_only() {
    let (parser, mut notes) = (made(null()).unwrap(), Vec::new());
    // SAFETY: live and the test's own.
    let shared = unsafe { &*parser };
    assert_eq!(shared.with(|_, _| panic!("as a defect would")), PANICKED);
    assert_eq!(feed(parser, b"TEST_PASS name=a\n", &mut notes), PANICKED);
    assert_eq!(finish(parser, &mut notes), PANICKED);
    assert!(notes.is_empty());
    assert_eq!(free(parser), OK);
}

#[test]
fn the_header_tells_the_numbers_that_the_library_uses() {
    let mut told = std::collections::BTreeMap::new();
    for line in HEADER.lines().map(str::trim) {
        let line = line.split("/*").next().unwrap_or_default();
        let pair = match line.strip_prefix("#define ") {
            Some(define) => define.split_once(' '),
            None => line.split_once(" = "),
        };
        if let Some((name, value)) = pair {
            let value = value.trim().trim_matches(['(', ')', ',']);
            told.insert(name.trim(), value.parse::<i64>().unwrap());
        }
    }
    let mut own = vec![
        ("PARSERS_ABI".to_owned(), i64::from(ABI)),
        ("FRAMES".to_owned(), 3),
    ];
    assert_eq!(crate::event::FRAMES, 3);
    for (name, code) in [
        ("OK", OK),
        ("NULL", NULL),
        ("LENGTH", LENGTH),
        ("OPTIONS", OPTIONS),
        ("BUSY", BUSY),
        ("FINISHED", FINISHED),
        ("PANICKED", PANICKED),
    ] {
        own.push((name.to_owned(), i64::from(code)));
    }
    for (name, flag) in [("ADOPTS", ADOPTS), ("RECAP", RECAP), ("TEARDOWN", TEARDOWN)] {
        own.push((name.to_owned(), i64::from(flag)));
    }
    let name = |name: *const c_char| {
        if name.is_null() {
            return None;
        }
        // SAFETY: names are static.
        let name = unsafe { CStr::from_ptr(name) };
        Some(name.to_str().unwrap().to_uppercase())
    };
    let kinds = (1u32..).map_while(|kind| Some((name(sentinel_kind_name(kind))?, i64::from(kind))));
    own.extend(kinds);
    for status in Status::ALL {
        let code = status as i32;
        assert_eq!(
            name(sentinel_status_name(code)),
            Some(status.as_str().to_uppercase())
        );
        own.push((status.as_str().to_uppercase(), i64::from(code)));
    }
    let printed = [
        "TESTS", "PASSED", "FAILED", "ERRORED", "SKIPPED", "XFAIL", "XPASS", "TODO",
    ];
    own.extend(
        printed
            .iter()
            .zip(0..)
            .map(|(word, n)| (format!("PRINTED_{word}"), n)),
    );
    assert_eq!(told.len(), own.len(), "{told:?}\n{own:?}");
    for (name, value) in own {
        assert_eq!(
            told.get(format!("SENTINEL_{name}").as_str()),
            Some(&value),
            "{name}"
        );
    }
    for none in [
        sentinel_kind_name(0),
        sentinel_kind_name(12),
        sentinel_status_name(-1),
    ] {
        assert!(none.is_null());
    }
}
