//! What lines hold besides text, in each envelope: the line inside is the same as without one.

use super::super::Envelopes;
use crate::line::{LineSplitter, visible};

/// How an envelope wraps a line.
type Wrap = (&'static str, fn(&[u8]) -> Vec<u8>);

fn before(head: &str, line: &[u8]) -> Vec<u8> {
    [head.as_bytes(), line].concat()
}

/// The line inside quotes, with the escapes that JSON asks for.
fn quoted(head: &str, line: &[u8], tail: &str) -> Vec<u8> {
    let mut out = head.as_bytes().to_vec();
    for byte in line {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', *byte]),
            b'\r' => out.extend(b"\\r"),
            0..=0x1f => out.extend(format!("\\u{byte:04x}").bytes()),
            other => out.push(*other),
        }
    }
    out.extend(tail.as_bytes());
    out
}

pub(super) const WRAPS: [Wrap; 21] = [
    ("cri", |l| {
        before("2026-11-23T07:57:20.634653131Z stdout F ", l)
    }),
    ("docker_json", |l| {
        quoted(
            "{\"log\":\"",
            l,
            "\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-23T07:57:20Z\"}",
        )
    }),
    ("journal_json", |l| {
        quoted(
            "{\"__CURSOR\":\"s=1\",\"MESSAGE\":\"",
            l,
            "\",\"__REALTIME_TIMESTAMP\":\"1795420640634653\"}",
        )
    }),
    ("journal_export", |l| {
        let head = "__CURSOR=s=1\n__REALTIME_TIMESTAMP=1795420640634653\nMESSAGE=";
        [before(head, l), b"\nPRIORITY=6\n".to_vec()].concat()
    }),
    ("json_lines", |l| {
        quoted("{\"level\":\"info\",\"msg\":\"", l, "\",\"n\":1}")
    }),
    ("kubectl", |l| before("[pod/api-1/app] ", l)),
    ("github_actions", |l| {
        before("2026-11-23T07:57:20.6346531Z ", l)
    }),
    ("gitlab", |l| {
        before("section_start:1795420640:test\r\x1b[0K", l)
    }),
    ("syslog_new", |l| {
        before("<34>1 2026-11-23T07:57:20Z host app 12 - [a@1 k=\"]\"] ", l)
    }),
    ("syslog", |l| {
        before("<34>Nov 23 07:57:20 host app[12]: ", l)
    }),
    ("journal_short", |l| {
        before("Nov 23 07:57:20 host app[12]: ", l)
    }),
    ("klog", |l| {
        before("I1123 07:57:20.634653       1 run.go:12] ", l)
    }),
    ("klog_structured", |l| {
        quoted(
            "I1123 07:57:20.634653       1 run.go:12] \"",
            l,
            "\" pod=\"api-1\"",
        )
    }),
    ("python", |l| {
        before("2026-11-23 07:57:20,634 - app - INFO - ", l)
    }),
    ("logback", |l| {
        before("2026-11-23 07:57:20.634 [main] INFO  c.e.App - ", l)
    }),
    ("env_logger", |l| {
        before("[2026-11-23T07:57:20Z INFO  app::run] ", l)
    }),
    ("timestamp", |l| {
        before("2026-11-23T07:57:20.634653131Z ", l)
    }),
    ("logfmt", |l| {
        quoted("ts=2026-11-23T07:57:20Z level=info msg=\"", l, "\" n=1")
    }),
    ("compose", |l| before("api-1   | ", l)),
    ("compose_colour", |l| before("\x1b[33mapi-1   |\x1b[0m ", l)),
    ("json_in_cri", |l| {
        let inside = quoted("{\"msg\":\"", l, "\",\"time\":\"2026-11-23T07:57:20Z\"}");
        before("2026-11-23T07:57:20.634653131Z stderr F ", &inside)
    }),
];

/// The visible lines inside.
fn inside(log: &[u8]) -> Vec<String> {
    let (mut envelopes, mut told) = (Envelopes::default(), Vec::new());
    let mut splitter = LineSplitter::new();
    let mut read = |raw: crate::line::RawLine<'_>| {
        if let Some(item) = envelopes.line(&raw) {
            told.push(visible(&item.text).into_owned());
        }
    };
    splitter.feed(log, &mut read);
    splitter.finish(&mut read);
    told.extend(
        envelopes
            .finish()
            .map(|item| visible(&item.text).into_owned()),
    );
    told
}

#[test]
fn a_line_is_the_same_in_each_envelope() {
    let lines: [(&[u8], &str); 9] = [
        (b"text", "text"),
        (b"    ok 1 - adds  \"x\" \\n", "    ok 1 - adds  \"x\" \\n"),
        (b"windows\r", "windows"),
        (b"nul\0nul", "nul\0nul"),
        (b"not \xff utf-8", "not \u{fffd} utf-8"),
        (b"\x1b]0;a title\x07text", "text"),
        (b"\x1b[32mPASS\x1b[0m one", "PASS one"),
        (b"10%\r55%\rdone", "done"),
        (b"[ RUN      ] Suite.Test", "[ RUN      ] Suite.Test"),
    ];
    for (name, wrap) in WRAPS {
        for (line, want) in lines {
            for (begin, end) in [("", "\n"), ("", "\r\n"), ("\u{feff}", "\n"), ("", "")] {
                let log = [begin.as_bytes(), &wrap(line), end.as_bytes()].concat();
                assert_eq!(
                    inside(&log),
                    [want],
                    "{name}: {:?}",
                    String::from_utf8_lossy(&log)
                );
            }
        }
    }
}

#[test]
fn pieces_are_whole_again_per_stream_and_never_joined_over_a_loss() {
    let at = "2026-11-23T07:57:20Z";
    let log = format!("{at} stdout P one \n{at} stderr P err\n{at} stdout P two \n");
    let rest = format!("{at} stdout F three\n{at} stderr F or\n");
    let want = [["one two three", "error"], ["three", "or"]];
    for (lost, want) in [false, true].into_iter().zip(want) {
        let (mut envelopes, mut told) = (Envelopes::default(), Vec::new());
        let mut splitter = LineSplitter::new();
        for (lost, part) in [(false, &log), (lost, &rest)] {
            if lost {
                splitter.skip_to(1000);
                envelopes.forget();
            }
            splitter.feed(part.as_bytes(), &mut |raw| {
                if let Some(item) = envelopes.line(&raw) {
                    told.push(String::from_utf8_lossy(&item.text).into_owned());
                }
            });
        }
        assert_eq!(told, want);
    }
}

#[test]
fn no_beginning_of_a_line_is_a_danger() {
    for (_, wrap) in WRAPS {
        let line = wrap(b"text \"quoted\" \x1b[1m");
        for end in 0..line.len() {
            let _ = inside(&line[..end]);
            let _ = inside(&line[end..]);
        }
    }
}
