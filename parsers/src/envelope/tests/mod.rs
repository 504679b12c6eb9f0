//! Each envelope, nesting, and what must not be taken for one.

mod bytes;
mod loggers;
mod speed;

use std::cell::OnceCell;

use super::{ENVELOPES, Envelopes, Look};
use crate::line::LineSplitter;

/// Each line without its envelopes: writer, time, text, `!` for an envelope's own word.
fn peeled(log: &str) -> Vec<String> {
    let (mut envelopes, mut told) = (Envelopes::default(), Vec::new());
    let mut splitter = LineSplitter::new();
    let mut note = |item: &super::Item<'_>| {
        let key = String::from_utf8_lossy(&item.said.key).replace('\n', "/");
        let time = item.said.time_ms.map_or(String::new(), |ms| ms.to_string());
        let own = if item.said.own { "!" } else { "" };
        let text = String::from_utf8_lossy(&item.text);
        told.push(format!("{key}|{time}|{own}{text}"));
    };
    let mut read = |raw: crate::line::RawLine<'_>| {
        if let Some(item) = envelopes.line(&raw) {
            note(&item);
        }
    };
    splitter.feed(log.as_bytes(), &mut read);
    splitter.finish(&mut read);
    while let Some(item) = envelopes.finish() {
        note(&item);
    }
    told
}

#[test]
fn pieces_are_joined_per_stream_and_an_unended_one_is_told_at_the_end() {
    let log = "2026-11-23T07:57:20.634653131Z stdout P one \n\
               2026-11-23T07:57:20.7Z stderr P err\n\
               2026-99-23T07:57:20.7Z stdout F two\n\
               2026-11-23T08:57:21+01:00 stdout F \n";
    assert_eq!(
        peeled(log),
        [
            "|1795420640634|one two",
            "|1795420641000|",
            "|1795420640700|err"
        ]
    );
}

#[test]
fn docker_pieces_without_line_feed_are_joined() {
    let log = "{\"log\":\"a\\u001b[0m\",\"stream\":\"stdout\",\"time\":\"1970-01-01T00:00:01Z\"}\n\
               {\"log\":\"b\\n\",\"stream\":\"stdout\",\"time\":\"1970-01-01T00:00:02Z\"}\n\
               {\"log\":\"b\\n\",\"size\":1}\n";
    assert_eq!(
        peeled(log),
        ["|2000|a\u{1b}[0mb", "||{\"log\":\"b\\n\",\"size\":1}"]
    );
}

#[test]
fn envelopes_are_taken_off_one_another() {
    let log = "[pod/x-1/c] 1970-01-01T00:00:01.000000000Z api-1  | text\n\
               [pod/x-1/c] text\n\
               [pods] text\n";
    assert_eq!(
        peeled(log),
        [
            "pod/x-1/c/api-1/|1000|text",
            "pod/x-1/c/||text",
            "||[pods] text"
        ]
        .map(|t| t.replacen("pod/", "", 1))
    );
}

#[test]
fn the_runners_own_words_are_told_apart() {
    let log = "\u{feff}1970-01-01T00:00:01.0000000Z ##[group]Run x\r\n\
               1970-01-01T00:00:01.0000000Z ::error file=x,line=1::4 failed\n\
               1970-01-01T00:00:01.0000000Z ::x\n\
               section_start:1:x\r\u{1b}[0Khead\n";
    assert_eq!(
        peeled(log),
        [
            "|1000|!##[group]Run x\r",
            "|1000|!::error file=x,line=1::4 failed",
            "|1000|::x",
            "|1000|head"
        ]
    );
}

#[test]
fn likely_shapes_count_only_in_sequence() {
    let log = "go\ta\ngo\tb\ngo\tc\nplain\ngo\td\ngo\te\ngo\tf\ngo\tg\nok\tp\n";
    let told = peeled(log);
    assert_eq!(
        told[..7],
        [
            "||go\ta", "||go\tb", "||go\tc", "||plain", "||go\td", "||go\te", "||go\tf"
        ]
    );
    assert_eq!(told[7..], ["go/||g", "||ok\tp"]);
}

#[test]
fn what_only_resembles_an_envelope_stays() {
    let log = "ok  \tnet/url\t0.1s\n\
               ok  \tnet/url\t0.1s\n\
               ok  \tnet/url\t0.1s\n\
               ok  \tnet/url\t0.1s\n\
               16 | #[cfg(x)]\n\
               index.js  |  100 |  100 |\n\
               index.js  |  100 |  100 |\n\
               index.js  |  100 |  100 |\n\
               1970-01-01T00:00:01Z late\n\
               {\"log\":1}\n";
    let want: Vec<String> = log.lines().map(|l| format!("||{l}")).collect();
    assert_eq!(peeled(log), want);
}

#[test]
fn no_envelope_takes_less_than_two_bytes() {
    for byte in 0..=u8::MAX {
        let text = [byte];
        let look = Look {
            text: &text,
            stamp: OnceCell::new(),
        };
        for info in ENVELOPES.iter().filter(|info| (info.begins)(byte)) {
            assert!((info.peel)(&look).is_none(), "{}: {byte:#x}", info.id);
        }
    }
}
