//! Which blocks and lines are occurrences of which class, and where they end.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use super::*;
use crate::Parser;

/// The signatures of a text, one a line.
fn told(text: &str) -> String {
    let mut told = String::new();
    let mut write = |event: &crate::Event<'_>| {
        if let Body::Signature(s) = &event.body {
            let exception = s.exception.map_or(String::new(), |e| format!("{e}: "));
            let _ = writeln!(
                told,
                "{}-{} {} {exception}{}",
                event.line, s.end_line, s.class, s.message
            );
        }
    };
    let mut parser = Parser::with_dialects(|_| false);
    parser.feed(text.as_bytes(), &mut write);
    parser.finish(&mut write);
    told
}

#[test]
fn a_traceback_ends_with_its_exception() {
    insta::assert_snapshot!(told(r#"before
ERROR:app:Traceback (most recent call last):
  File "/srv/a.py", line 4, in load
    return json.loads(p)
           ^^^^^^^^^^^^^
json.decoder.JSONDecodeError: Expecting value: line 1

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/a.py", line 9, in main
    connect()
ConnectionRefusedError: [Errno 111] Connection refused
after
"#), @r"
    2-6 python_traceback json.decoder.JSONDecodeError: Expecting value: line 1
    10-13 python_traceback ConnectionRefusedError: [Errno 111] Connection refused
    13-13 connection_refused ConnectionRefusedError: [Errno 111] Connection refused
    ");
}

#[test]
fn tracebacks_of_groups_and_reports_keep_their_bars() {
    insta::assert_snapshot!(told(r#"  + Exception Group Traceback (most recent call last):
  |   File "/srv/a.py", line 3, in <module>
  |     raise ExceptionGroup("two", errors)
  | ExceptionGroup: two (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/srv/a.py", line 1, in f
    | ValueError: one
    +---------------- 2 ----------------
E   Traceback (most recent call last):
E     File "/srv/b.py", line 1, in g
E   KeyError
"#), @r"
    1-4 python_traceback ExceptionGroup: two (2 sub-exceptions)
    6-8 python_traceback ValueError: one
    10-12 python_traceback KeyError: 
    ");
}

#[test]
fn a_traceback_cut_short_still_counts() {
    insta::assert_snapshot!(told("Traceback (most recent call last):\n  File \"a.py\", line 1\n"), @"1-2 python_traceback ");
    insta::assert_snapshot!(told("Traceback (most recent call last):\n2026-01-01 INFO on we go\n"), @"1-1 python_traceback ");
    assert_eq!(
        told("it prints Traceback (most recent call last): and goes on\n"),
        ""
    );
}

#[test]
fn a_syntax_error_names_a_fault_of_its_own() {
    insta::assert_snapshot!(told(r#"  File "main.py", line 1
    x = = 1
        ^
SyntaxError: invalid syntax
Traceback (most recent call last):
  File "a.py", line 2, in <module>
    import b
  File "b.py", line 3
    def f(
         ^
SyntaxError: '(' was never closed
  File "c.py", line 4
is nothing by itself
"#), @r"
    1-4 python_traceback SyntaxError: invalid syntax
    5-11 python_traceback SyntaxError: '(' was never closed
    11-11 python_traceback SyntaxError: '(' was never closed
    ");
}

#[test]
fn a_go_panic_holds_all_its_goroutines() {
    insta::assert_snapshot!(told("panic: runtime error: index out of range [5] with length 3 [recovered]
\tpanic: runtime error: index out of range [5] with length 3
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x1]

goroutine 7 [running]:
testing.tRunner.func1.2({0x512ea0, 0xc000012345})
\t/usr/lib/go/src/testing/testing.go:1545 +0x238
created by testing.(*T).Run in goroutine 1
\t/usr/lib/go/src/testing/testing.go:1648 +0x3ad

goroutine 1 [chan receive]:
main.main()
\t./main.go:3 +0x65
exit status 2
after
panic: at the disco
"), @"1-14 go_panic runtime error: index out of range [5] with length 3 [recovered]");
}

#[test]
fn rust_panics_of_both_spellings() {
    insta::assert_snapshot!(told("
thread 'main' (5046) panicked at src/a.rs:1:45:
assertion `left == right` failed: sums
  left: 1
 right: 2
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
after
thread 'worker' panicked at 'boom', src/a.rs:3:4
stack backtrace:
   0: std::panicking
             at /rustc/1/library.rs:1:2
note: Some details are omitted.
thread '<unnamed>' panicked at src/b.rs:1:2:
dial: Connection refused (os error 111)
the thread panicked at noon
"), @r"
    2-6 rust_panic assertion `left == right` failed: sums
    8-12 rust_panic boom
    13-14 rust_panic dial: Connection refused (os error 111)
    14-14 connection_refused dial: Connection refused (os error 111)
    ");
}

#[test]
fn java_exceptions_and_their_causes() {
    insta::assert_snapshot!(told("
2026-01-01 10:00:00 ERROR c.e.App - java.lang.IllegalStateException: bad value
\tat com.example.App.load(App.java:10)
\tat java.base/java.lang.Thread.run(Thread.java:840) ~[na:na]
Caused by: java.lang.NumberFormatException: For input string: \"x\"
\tat com.example.App.depth(App.java:3)
\t... 2 more
java.net.ConnectException: Connection refused
\tat java.base/sun.nio.ch.Net.connect0(Native Method)
java.io.IOException: only mentioned
nothing
to
see
here
Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space
"), @r#"
    2-4 java_exception java.lang.IllegalStateException: bad value
    5-7 java_exception java.lang.NumberFormatException: For input string: "x"
    8-9 connection_refused java.net.ConnectException: Connection refused
    15-15 java_exception java.lang.OutOfMemoryError: Java heap space
    "#);
}

#[test]
fn node_exceptions_with_properties_and_long_messages() {
    insta::assert_snapshot!(told("
Uncaught TypeError: cannot read config
    at f (/srv/app/rej.js:1:50)
    at node:internal/main:28:49

Error: connect ECONNREFUSED 127.0.0.1:1
    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16)
Emitted 'error' event on Socket instance at:
    at emitErrorNT (node:internal/streams/destroy:169:8) {
  errno: -111,
  [cause]: RangeError: inner
      at g (/srv/app/x.js:1:2)
}
AssertionError [ERR_ASSERTION]: Expected values to be equal:

1 !== 2

    at TestContext.<anonymous> (file:///srv/a.test.mjs:5:10)
Error: connect ECONNREFUSED 127.0.0.1:2
done
"), @r"
    2-4 node_exception TypeError: cannot read config
    6-13 connection_refused Error: connect ECONNREFUSED 127.0.0.1:1
    14-18 node_exception AssertionError: Expected values to be equal:
    19-19 connection_refused Error: connect ECONNREFUSED 127.0.0.1:2
    ");
}

#[test]
fn single_lines_have_one_class_each() {
    for (line, class) in [
        (
            "dial tcp 127.0.0.1:1: connect: connection refused",
            "connection_refused",
        ),
        ("context deadline exceeded", "timeout"),
        ("upstream timed out (110: Connection timed out)", "timeout"),
        ("Segmentation fault (core dumped)", "segfault"),
        ("Aborted (core dumped)", "segfault"),
        (
            "bash: line 1:  6512 Aborted                 ./c_free",
            "segfault",
        ),
        ("Out of memory: Killed process 1 (java)", "oom"),
        ("2026-01-01 UTC [7] ERROR:  deadlock detected", "db_error"),
        (
            "ERROR:  canceling statement due to statement timeout",
            "timeout",
        ),
        ("ORA-00001: unique constraint violated", "db_error"),
        ("1.2.3.4 - - \"GET / HTTP/1.1\" 502 157 \"-\"", "http_5xx"),
        ("{\"level\":\"error\",\"status\":503}", "http_5xx"),
        ("got 500 Internal Server Error", "http_5xx"),
    ] {
        let told = told(line);
        assert_eq!(told.split(' ').nth(1), Some(class), "{line:?}: {told}");
    }
}

#[test]
fn ordinary_lines_have_no_class() {
    for line in [
        "0 timed out, 3 passed",
        "timeout: 30s",
        "request Aborted by client",
        "GET / HTTP/1.1\" 200 5023",
        "HTTP/5.500",
        "took 500 ms",
        "status: 5000 rows",
        "detected deadlock while waiting",
        "ERROR: pip is old",
        "Error: no such file",
        "FLAIR-00001: x",
        "panic: at the disco",
        "thread 'x' panicked at noon",
        "1 error, 2 warnings",
    ] {
        assert_eq!(told(line), "", "{line:?}");
    }
}

#[test]
fn a_block_without_end_is_cut() {
    let mut text = "Traceback (most recent call last):\n".to_owned();
    text.push_str(&"  File \"a.py\", line 1, in f\n".repeat(5000));
    assert_eq!(told(&text), format!("1-{BLOCK_CAP} python_traceback \n"));
}

#[test]
fn every_word_of_a_class_is_found_by_one_of_its_keywords() {
    let words = network::REFUSED_WORDS
        .iter()
        .chain(&network::TIMEOUT_WORDS)
        .chain(&native::SEGFAULT_WORDS)
        .chain(&native::OOM_WORDS)
        .chain(&database::WORDS)
        .chain(&database::POSTGRES)
        .chain(&http::BEFORE)
        .chain(&http::AFTER);
    for word in words {
        assert_ne!(KEYWORDS.classes(word), 0, "{word}");
    }
}

#[test]
#[cfg(target_arch = "x86_64")]
fn keywords_are_few_enough_for_vector_instructions() {
    assert!(KEYWORDS.any.is_some());
}

/// `(line, class)` pairs of the truth.
type Occurrences = Vec<(u64, String)>;

fn corpora() -> Option<PathBuf> {
    let given = std::env::var_os("SENTINEL_CORPORA").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora");
    let folder = given.unwrap_or(beside).join("_noise");
    folder.is_dir().then_some(folder)
}

fn truth(json: &str) -> Occurrences {
    let truth: serde_json::Value = serde_json::from_str(json).expect("truth is JSON");
    let listed = truth["error_signatures"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let pair = |s: &serde_json::Value| Some((s["line"].as_u64()?, s["class"].as_str()?.to_owned()));
    listed.iter().filter_map(pair).collect()
}

fn found(log: &[u8]) -> Occurrences {
    let mut found = Vec::new();
    let mut keep = |event: &crate::Event<'_>| {
        if let Body::Signature(s) = &event.body {
            found.push((event.line, s.class.to_owned()));
        }
    };
    let mut parser = Parser::new();
    parser.feed(log, &mut keep);
    parser.finish(&mut keep);
    found
}

#[test]
fn application_logs_give_the_occurrences_their_truth_lists() {
    let Some(folder) = corpora() else {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "corpora are missing"
        );
        println!("SKIPPED: no corpora beside the workspace");
        return;
    };
    // Of each class: right, missed, invented.
    let mut score: BTreeMap<String, [u32; 3]> = BTreeMap::new();
    let mut wrong = String::new();
    let mut logs = 0;
    for entry in std::fs::read_dir(folder).expect("readable").flatten() {
        let log = std::fs::read(entry.path().join("stdout.log")).expect("log");
        let json = std::fs::read_to_string(entry.path().join("truth.json")).expect("truth");
        let (truth, found) = (truth(&json), found(&log));
        logs += 1;
        for (of, other, column, word) in [
            (&truth, &found, 1, "missed"),
            (&found, &truth, 2, "invented"),
        ] {
            for (line, class) in of {
                let hit = other.iter().any(|(l, c)| l == line && c == class);
                let slot = score.entry(class.clone()).or_default();
                if !hit {
                    slot[column] += 1;
                    let _ = writeln!(wrong, "{word} {class} at {:?}:{line}", entry.file_name());
                } else if column == 1 {
                    slot[0] += 1;
                }
            }
        }
    }
    println!("{logs} logs\n{:20} right missed invented", "class");
    for (class, [right, missed, invented]) in &score {
        println!("{class:20} {right:5} {missed:6} {invented:8}");
    }
    assert!(wrong.is_empty(), "{wrong}");
}
