//! What loggers and journals put round a message, line by line.

use super::peeled;

/// Checks a line's message; `None` if the line has no envelope.
#[track_caller]
fn check(line: &str, want: Option<&str>) {
    let told = peeled(&format!("{line}\n"));
    let text = told[0].splitn(3, '|').nth(2).unwrap_or_default().to_owned();
    assert_eq!(text, want.unwrap_or(line));
}

#[test]
fn prefixes_of_log_libraries() {
    for line in [
        "2026-03-01 00:00:00,123 INFO [main] c.e.Class - text: x",
        "2026-03-01 00:00:00,123 INFO  [main] text: x",
        "2026-03-01 00:00:00.123 [http-nio-8080-exec-1] WARN  c.e.Class - text: x",
        "2026-03-01T12:00:00.123Z  INFO 1 --- [           main] c.e.Class       : text: x",
        "2026-03-01T12:00:00.123+01:00 ERROR 1 --- [app] [main] c.e.Class : text: x",
        "26/03/01 00:00:00 INFO SparkContext: text: x",
        "2026-03-01 00:00:00,123 - name - INFO - text: x",
        "2026-03-01 00:00:00,123 - a.b.c - WARNING - text: x",
        "2026-03-01 00:00:00,123 INFO text: x",
        "2026-03-01 00:00:00,123 INFO  text: x",
        "2026-03-01 00:00:00,123 ERROR text: x",
        "2026-03-01 00:00:00.123 | INFO     | mod:func:12 - text: x",
        "[2026-03-01T00:00:00Z INFO  module::part] text: x",
        "[2026-03-01T00:00:00Z ERROR module] text: x",
        "2026-03-01T00:00:00.123456Z  INFO module::part: text: x",
        "\u{1b}[2m2026-03-01T00:00:00.123456Z\u{1b}[0m \u{1b}[32m INFO\u{1b}[0m \
         \u{1b}[2mmodule::part\u{1b}[0m\u{1b}[2m:\u{1b}[0m text: x",
        "2026-03-01T00:00:00.123Z\tINFO\tname\tdir/file.go:12\ttext: x",
        "2026-03-01T00:00:00.123Z\tINFO\tfile.go:12\ttext: x",
        "2026-03-01T00:00:00.123Z\tINFO\ttext: x",
        "12:00AM INF text: x",
        "\u{1b}[90m12:00AM\u{1b}[0m \u{1b}[32mINF\u{1b}[0m text: x",
        "[12:00:00 INF] text: x",
        "[12:00:00] [INFO] text: x",
        "12:00:00.123 [main] INFO c.e.Class - text: x",
        "INFO[0000] text: x",
        "\u{1b}[36mINFO\u{1b}[0m[0000] text: x",
        "INFO:root:text: x",
        "CRITICAL:a.b-c:text: x",
        "2026/03/01 00:00:00 text: x",
        "2026/03/01 00:00:00.123456 file.go:12: text: x",
        "2026/03/01 00:00:00 [error] 12#12: text: x",
        "2026-03-01 00:00:00.123 UTC [12] ERROR:  text: x",
        "I, [2026-03-01T00:00:00.123456 #12]  INFO -- : text: x",
        "W, [2026-03-01T00:00:00.123456 #12]  WARN -- prog: text: x",
    ] {
        check(line, Some("text: x"));
    }
}

#[test]
fn what_only_begins_like_a_record_stays() {
    for line in [
        "INFO: text",
        "[INFO] Tests run: 1, Failures: 0",
        "[ERROR] text",
        "ERROR text",
        "INFO:a name:text",
        "[2026-03-01] text",
        "2026-03-01 00:00:00 text",
        "2026-03-01 00:00:00 the INFO desk",
        "12:00 text",
        "[12:00:00] text",
        "ERROR tests/test_a.py::test_b - ValueError: x",
        "FAILED tests/test_a.py::test_b",
        "Error: text",
        "W, text",
        "2026-03-01T00:00:00.123456789Z",
        "{\"message\":\"x\",\"name\":\"y\"}",
        "{\"level\":\"info\"}",
        "{\"level\":\"info\",\"msg\":{\"a\":1}}",
        "{\"level\":\"info\",\"msg\":\"torn",
        "{\"Time\":\"2026-03-01T00:00:00Z\",\"Action\":\"output\",\"Output\":\"x\"}",
        "{ \"type\": \"test\", \"event\": \"ok\", \"name\": \"a\" }",
        "key=value msg=text",
        "level=info",
        "level=info msg=\"torn",
        "level = info msg = text",
        "I0301 12:00:00.123456 1 run.go] text",
        "I0301 12:00:00 text",
        "<34>text",
        "Mar  1 12:00:00 host",
        "MESSAGE=text",
    ] {
        check(line, None);
    }
}

#[test]
fn structured_records() {
    for (line, want) in [
        (
            r#"{"level":"info","ts":1772323200.25,"caller":"a.go:1","msg":"a \"b\" \u2713"}"#,
            "a \"b\" ✓",
        ),
        (
            r#"{"a":{"b":["}",1]},"level":30,"time":1772323200000,"msg":"x"}"#,
            "x",
        ),
        (
            r#"{ "@timestamp" : "2026-03-01T00:00:00Z" , "@message" : "x\ty" }"#,
            "x\ty",
        ),
        (
            r#"{"severity":"ERROR","message":"\ud83d\ude00 \ud83d"}"#,
            "\u{1f600} \u{fffd}",
        ),
        (
            r#"time="2026-03-01T00:00:00Z" level=info msg="a \"b\"" n=1"#,
            "a \"b\"",
        ),
        ("level=info ts=1772323200 caller=a.go:1 msg=x", "x"),
        (r#"msg="x y" level=info"#, "x y"),
        (
            r#"I0301 12:00:00.123456       1 a.go:12] "x \"y\"" k="v""#,
            "x \"y\"",
        ),
        (
            r#"E0301 12:00:00.123456   12345 a_b.go:1] "x" err="y""#,
            "x",
        ),
        (
            r#"I0301 12:00:00.123456 1 a.py:1] "x" is quoted"#,
            "\"x\" is quoted",
        ),
        ("F0301 12:00:00.123456 1 a.cc:1] ", ""),
    ] {
        check(line, Some(want));
    }
}

#[test]
fn times_of_records() {
    for (line, want) in [
        (
            r#"{"ts":1772323200.25,"level":"info","msg":"x"}"#,
            "1772323200250",
        ),
        (r#"{"time":1772323200000,"msg":"x"}"#, "1772323200000"),
        (
            r#"{"time":"2026-03-01T00:00:00Z","msg":"x"}"#,
            "1772323200000",
        ),
        (r#"{"ts":1772323200123456789,"msg":"x"}"#, "1772323200123"),
        (
            "ts=2026-03-01T00:00:00.5Z level=info msg=x",
            "1772323200500",
        ),
        ("[2026-03-01T00:00:00Z INFO  a] x", "1772323200000"),
        ("2026-03-01 00:00:00,123 INFO x", ""),
        ("<34>1 2026-03-01T00:00:00Z - - - - - x", "1772323200000"),
    ] {
        let told = peeled(line);
        assert_eq!(told[0].split('|').nth(1), Some(want), "{told:?}");
        assert!(told[0].ends_with("|x"), "{told:?}");
    }
}

#[test]
fn syslog_tells_the_programs_apart() {
    let log = "<34>1 2026-03-01T00:00:00Z host app 12 ID47 [id@1 k=\"a \\\"]\"][b] \u{feff}x\n\
               <34>Mar  1 00:00:00 host app: x\n\
               Mar 01 00:00:00.123456 host app[12]: x\n\
               2026-03-01T00:00:00+0000 host app[12]: x\n\
               Mar  1 00:00:00 host kernel: [1.2] x\n";
    assert_eq!(
        peeled(log),
        [
            "host app 12/|1772323200000|x",
            "host app/||x",
            "host app[12]/||x",
            "host app[12]/|1772323200000|x",
            "host kernel/||[1.2] x",
        ]
    );
    // Without a process the shape is a likely one only.
    let log = "head\nMar  1 00:00:00 host app: a\nMar  1 00:00:00 host app: b\n";
    assert_eq!(peeled(log)[1], "||Mar  1 00:00:00 host app: a");
}

#[test]
fn journal_entries_take_several_lines() {
    let log = "__CURSOR=s=1\n__REALTIME_TIMESTAMP=1772323200000000\n_STREAM_ID=ab\n\
               SYSLOG_IDENTIFIER=app\nMESSAGE=one\n_SOURCE_REALTIME_TIMESTAMP=1772323200500000\n\n\
               __CURSOR=s=2\nMESSAGE\n\x06\0\0\0\0\0\0\0two\n2b\n_COMM=sh\n\n\
               __CURSOR=s=3\nMESSAGE\n\n\0\0\0\0\0\0\0ten bytes!\n\n\
               __CURSOR=s=4\nPRIORITY=6\n\n\
               plain\n\
               __CURSOR=s=5\nMESSAGE=torn\nthen text\n\
               __CURSOR=s=6\nMESSAGE=last\n";
    assert_eq!(
        peeled(log),
        [
            "ab/|1772323200500|one",
            "sh/||two\n2b",
            "||ten bytes!",
            "||plain",
            "||then text",
            "||last",
        ]
    );
}

#[test]
fn a_journal_in_json_may_hold_bytes() {
    let log = r#"{"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"1772323200000000","_STREAM_ID":"ab","MESSAGE":[120,255,10,121]}
{"PRIORITY":"6","SYSLOG_IDENTIFIER":"app","__REALTIME_TIMESTAMP":"1772323200000000","MESSAGE":"x","__CURSOR":"s=2"}
{"__CURSOR":"s=3","__REALTIME_TIMESTAMP":"1772323200000000","MESSAGE":null}
{"PRIORITY":"6","MESSAGE":"x"}
"#;
    assert_eq!(
        peeled(log),
        [
            "ab/|1772323200000|x\u{fffd}\ny",
            "app/|1772323200000|x",
            "|1772323200000|",
            r#"||{"PRIORITY":"6","MESSAGE":"x"}"#,
        ]
    );
}

#[test]
fn envelopes_of_all_kinds_nest() {
    let log = "2026-11-23T07:57:20.6Z stdout F I1123 07:57:20.6 \n\
               2026-11-23T07:57:20Z stdout F I1123 07:57:20.634653 1 a.go:1] x\n\
               api-1  | {\"level\":\"info\",\"msg\":\"INFO:root:x\"}\n\
               {\"log\":\"1970-01-01T00:00:01.0000000Z x\\n\",\"stream\":\"stdout\",\"time\":\"1970-01-01T00:00:02Z\"}\n";
    assert_eq!(
        peeled(log)[1..],
        ["|1795420640000|x", "api-1/||x", "|2000|x"]
    );
}

#[test]
fn times_are_read_to_the_millisecond() {
    for (text, want) in [
        (
            "2026-03-01T00:00:00Z",
            Some((20, 0, Some(1_772_323_200_000))),
        ),
        (
            "2026-03-01T00:00:00.5Z",
            Some((22, 1, Some(1_772_323_200_500))),
        ),
        (
            "2026-03-01T00:00:00.123456789Z",
            Some((30, 9, Some(1_772_323_200_123))),
        ),
        (
            "2026-03-01 00:00:00,099+01:00 x",
            Some((29, 3, Some(1_772_319_600_099))),
        ),
        (
            "2026-03-01T00:00:00-0130",
            Some((24, 0, Some(1_772_328_600_000))),
        ),
        ("2026-03-01 00:00:00.25", Some((22, 2, None))),
        ("2026-13-01T00:00:00Z", Some((20, 0, None))),
        ("2026-03-01T00:00:00.Z", None),
        ("2026-03-01T00:00:00.1234567890Z", None),
        ("2026-03-01T0a:00:00Z", None),
        ("2026-03-01", None),
    ] {
        let stamp = super::super::time::stamp(text.as_bytes());
        let told = stamp.map(|s| (s.length, s.digits, s.ms));
        assert_eq!(told, want, "{text}");
    }
}
