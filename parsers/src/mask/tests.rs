//! What is masked and what stays, as tables.

use std::borrow::Cow;

use proptest::prelude::*;

use super::*;

fn check(mask: fn(&str) -> Cow<'_, str>, table: &[(&str, &str)]) {
    for (text, expected) in table {
        assert_eq!(mask(text), *expected, "of {text:?}");
    }
}

fn unchanged(mask: fn(&str) -> Cow<'_, str>, texts: &[&str]) {
    for text in texts {
        assert!(
            matches!(mask(text), Cow::Borrowed(same) if same == *text),
            "{text:?}: {}",
            mask(text)
        );
    }
}

#[test]
fn what_a_person_needs_stays() {
    unchanged(
        anonymise,
        &[
            "",
            "assert 3 == 4",
            "AssertionError: expected 12345, got 99.5 (3 of 7)",
            "GET /api/v1/users/17 returned HTTP 503",
            "exit code 137",
            "error at src/api/login.rs:12:5",
            "/health answered late",
            "ratio 1/2, and/or, a / b",
            "thread 'main' panicked at de::add::parse",
            "std::collections::HashMap",
            "TestParseHTTP2RequestWithBodyAndTrailers failed",
            "v1.2.3.4.5 and 1.22",
            "react@18.2.0",
            "unexpected token: identifier",
            "SyntaxError: Unexpected token } in JSON at position 4",
            "facade decade",
            "https://example.org/a/b/c",
            "größer als 3 — naïve",
            "12:30",
            "</div></body>",
            "sk-learn-is-not-a-secret-at-all",
        ],
    );
}

#[test]
fn identities_and_moments_are_masked() {
    check(
        anonymise,
        &[
            ("at 2026-01-02T03:04:05.678Z done", "at <time> done"),
            ("2026-01-02 03:04:05,123 ERROR x", "<time> ERROR x"),
            ("2026/01/02 03:04:05 x", "<time> x"),
            ("on 2026-01-02.", "on <time>."),
            ("03:04:05.1 x", "<time> x"),
            ("03:04:05,172938337e1fa2540 x", "<time>,<hex> x"),
            ("2026-01-02T03:04:05+01:00", "<time>"),
            ("id 0b9f1a52-7c1e-4f7e-9d5c-0a1b2c3d4e5f!", "id <uuid>!"),
            ("commit 3f2a9bc1d", "commit <hex>"),
            ("request deadbeef", "request <hex>"),
            ("pid 123456 of 12345", "pid <n> of 12345"),
            ("0.30000000000000004", "<n>"),
            ("10.0.0.7:5432 and 192.168.1.1", "<addr> and <addr>"),
            (
                "[::1]:8080, fe80::1%eth0, ::1",
                "[<addr>]:8080, <addr>%eth0, <addr>",
            ),
            ("2001:db8:0:0:0:0:0:1", "<addr>"),
            ("from aa:bb:cc:dd:ee:0f", "from <addr>"),
            ("::ffff:10.0.0.1.", "<addr>."),
            ("to ann.lee+x@mail.example.org.", "to <email>."),
            ("<Foo object at 0x7f3a9c0d>", "<Foo object at <ptr>>"),
            ("0x1F stays", "0x1F stays"),
            ("tmp1234567 x", "tmp<n> x"),
            (
                "1.2.3.4 - - [23/Nov/2026:07:41:26 +0000] x",
                "<addr> - - [<time>] x",
            ),
            ("Nov 23 07:41:26 web", "<time> web"),
            ("Mon, 23 Nov 2026 07:41:26 GMT x", "<time> x"),
            ("Mon Jan  2 15:04:05 2006", "<time>"),
            ("Jan 2, 2006. May 5 people", "<time>. May 5 people"),
        ],
    );
}

#[test]
fn absolute_paths_keep_their_last_component() {
    check(
        anonymise,
        &[
            (
                "File \"/home/ann/app/x.py\", line 3",
                "File \"<path>/x.py\", line 3",
            ),
            ("/srv/app/test.js:10:5", "<path>/test.js:10:5"),
            ("in file:///srv/app/test.mjs", "in file://<path>/test.mjs"),
            ("(/a/b/)", "(<path>/b/)"),
            (r"C:\Users\ann\x.cs:line 4", "<path>/x.cs:line 4"),
            ("~/src/app/main.go", "<path>/main.go"),
            ("/tmp/0b9f1a52-7c1e-4f7e-9d5c-0a1b2c3d4e5f", "<path>/<uuid>"),
            ("path=/var/lib/x", "path=<path>/x"),
            ("/häuser/größe/maß.py", "<path>/maß.py"),
        ],
    );
}

#[test]
fn secrets_are_masked() {
    check(
        anonymise,
        &[
            ("password=hunter2222 next", "password=<secret> next"),
            ("DB_PASSWORD: s3cretvalue", "DB_PASSWORD: <secret>"),
            (
                "{\"api_key\": \"abcd1234efgh\"}",
                "{\"api_key\": \"<secret>\"}",
            ),
            (
                "Authorization: Bearer abc.def-123456",
                "Authorization: Bearer <secret>",
            ),
            ("ghp_abcdefghijklmnop0123456789", "<secret>"),
            ("key AKIAIOSFODNN7EXAMPLE1", "key <secret>"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc", "<secret>"),
            ("got aB3dE5fG7hJ9kL1mN3pQ5r", "got <secret>"),
            ("postgres://ann:s3@db/x", "postgres://<secret>@db/x"),
            ("body aGVsbG8gd29ybGQsIGhvdyBhcmU= end", "body <b64> end"),
            ("password=None token=x", "password=None token=<secret>"),
        ],
    );
}

#[test]
fn templates_lose_numbers_and_quoted_text() {
    check(
        template,
        &[
            ("assert 3 == 4", "assert <n> == <n>"),
            (
                "expected \"a b\" but was 'c'",
                "expected <str> but was <str>",
            ),
            ("can't open 'x' or `y`", "can't open <str> or <str>"),
            ("it's 5 o'clock", "it's <n> o'clock"),
            ("'a then \"b\" and \"c\"", "'a then <str> and <str>"),
            ("a 'quote that never ends", "a 'quote that never ends"),
            ("took 12ms, 1.5s", "took <dur>, <dur>"),
            (
                "table users_12, worker-3, utf8",
                "table users_<n>, worker-<n>, utf<n>",
            ),
            ("shard7 and shard12345", "shard<n> and shard<n>"),
            ("user=ann id=a7 x==y", "user=<str> id=<str> x==y"),
            ("big 1234567 and small 12", "big <n> and small <n>"),
        ],
    );
}

#[test]
fn the_exact_form_keeps_names_and_loses_what_runs_differ_in() {
    check(
        exact,
        &[
            ("assert 3 == 4", "assert <n> == <n>"),
            (
                "expected 'a b' but was \"c\"",
                "expected 'a b' but was \"c\"",
            ),
            ("took 1m30.5s, 12 ms, 3d", "took <dur>, <n> ms, <dur>"),
            ("1,234,567 rows, HTTP 503", "<n> rows, HTTP 503"),
            ("pod web-7d9f8b6c5d-x2x9z", "pod web-<hex>-<id>"),
            (
                "commit 3f2a9bc by utf8 and v1beta1",
                "commit <id> by utf8 and v1beta1",
            ),
            (
                "GET http://ann:x@api:8080/v1/orders/17 failed",
                "GET http://<addr>/v1/orders/<n> failed",
            ),
            ("exit code 137, pid 4711", "exit code 137, pid <n>"),
            (
                "users_12 in shard7 of table1234",
                "users_<n> in shard7 of table<n>",
            ),
        ],
    );
}

#[test]
fn templates_keep_status_and_exit_codes() {
    check(
        template,
        &[
            ("HTTP 503 after 3 tries", "HTTP 503 after <n> tries"),
            ("status code 404, 17 bytes", "status code 404, <n> bytes"),
            ("\"GET /x HTTP/1.1\" 502 157", "<status> 502 <n>"),
            ("HTTP/1.1 500 1234", "HTTP/1.1 500 <n>"),
            ("{\"status\":503,\"n\":4}", "{<status>:503,<str>:<n>}"),
            ("exit code 1 in 3", "exit code 1 in <n>"),
            ("exited with 137", "exited with 137"),
            ("exit status 12345", "exit status <n>"),
        ],
    );
}

#[test]
fn one_fault_has_one_fingerprint_and_two_have_two() {
    let of = |message| fingerprint("python_traceback", Some("KeyError"), message, []);
    assert_eq!(of("row 17 of /tmp/a/x.py"), of("row 4 of /srv/b/x.py "));
    assert_ne!(of("row 17"), of("column 17"));
    assert_ne!(of("x"), fingerprint("python_traceback", None, "x", []));
    assert_ne!(of("HTTP 500"), of("HTTP 503"));
    assert_eq!(of("\u{1b}[31mbad\u{1b}[0m  thing"), of("bad thing"));
    assert_ne!(of("no 'a'"), of("no 'b'"));
    let group = |message| group("python_traceback", Some("KeyError"), message);
    assert_eq!(group("no 'a' in shard7"), group("no 'b' in shard8"));
    assert_ne!(group("no 'a'"), group("one 'a'"));
}

#[test]
fn fingerprints_never_change() {
    assert_eq!(
        fingerprint("go_panic", None, "index out of range [5]", []),
        "f1:799c901a6221f033"
    );
    assert_eq!(
        group("go_panic", None, "index out of range [5]"),
        "g1:799c901a6221f033"
    );
}

#[test]
fn hostile_text_takes_linear_time() {
    // Twice the length of the longest line; a quadratic pass would take minutes.
    for unit in [
        "/a", "'", "\"x ", "a@", "::", "1.", "1:", "token:", "0x", "a-", "é/", "bearer ", "sk-",
        "a+", "/+", "A1a+", "a=", "://", "http://", "1h", "1,000,", "Nov ", "<n>", "<", "'a'b",
    ] {
        let text = unit.repeat((1 << 17) / unit.len());
        assert!(!anonymise(&text).is_empty());
        assert!(!exact(&text).is_empty());
        assert!(!template(&text).is_empty());
    }
}

/// Digits in a row that are no HTTP status or exit code.
fn longest_digits(text: &str) -> usize {
    let runs = text.split(|c: char| !c.is_ascii_digit());
    runs.map(str::len).max().unwrap_or(0)
}

/// Text that holds something of everything that is looked for, run together at random.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{0,6}",
        "[-0-9a-zA-Z:./@'\"` =x_,<>~+&]{0,12}",
        prop::sample::select(vec![
            "status ",
            "HTTP/1.1 ",
            "password=",
            "token: ",
            "bearer ",
            "http://",
            "file://",
            "GET ",
            "/srv/a/b",
            "C:\\\\a\\\\",
            "<n>",
            "<path>/",
            "<status>",
            "2026-01-02T03:04:05Z",
            "Nov 23 07:41:26",
            "10.0.0.1:80",
            "0x1f2e",
            "deadbeef99",
            "a@b.co",
            "1m30s",
            "exit code ",
            "12345",
            "::1",
            "'",
            "\"",
            "`",
            "=",
            "sk-",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// A message with a place for each of what differs from run to run.
fn message(of: &Varying) -> String {
    let Varying {
        id,
        number,
        dir,
        minute,
        millis,
    } = of;
    let hex: String = id.iter().map(|b| format!("{b:02x}")).collect();
    let uuid = format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    );
    format!(
        "2026-01-{:02} 10:{minute:02}:07,{millis:03} order {number} of {uuid} in /{dir}/w/orders.db took {millis}ms: \
         peer 10.0.{minute}.7:{number} said HTTP 503, mail {dir}@example.org, 0x{hex} at 12:{minute:02}:59",
        minute % 28 + 1,
    )
}

#[derive(Clone, Debug)]
struct Varying {
    id: [u8; 16],
    number: u16,
    dir: String,
    minute: u8,
    millis: u16,
}

fn varying() -> impl Strategy<Value = Varying> {
    (
        any::<[u8; 16]>(),
        any::<u16>(),
        "[a-z]{1,12}",
        0u8..60,
        0u16..1000,
    )
        .prop_map(|(id, number, dir, minute, millis)| Varying {
            id,
            number,
            dir,
            minute,
            millis,
        })
}

#[test]
fn what_the_fuzzer_found_settles_at_once() {
    for text in [
        "127.0.0.1 - - [23/Nov/2026:07:41:28 +00002026-11-23T02:13:20.510Z INFO",
        "[23/Nov/2026:07:41:2026-11-23T02:13:20.510Z INFO  x",
        "row 17 of 'users' at 2026-03-01T10:00:00.456-426614174000",
        "2026-11-23 07:4127.0.0.1, server",
        "2026-11-23 07:41:3::241 UTC",
        "2026-03-01 00:00:00,172938337e1fa2540 and 00:00:00,172938337e1fa2540 and 00:00:00.12Z4f5g6h",
    ] {
        for mask in [anonymise, exact, template] {
            let once = mask(text).into_owned();
            assert_eq!(mask(&once), once, "of {text:?}");
        }
    }
}

proptest! {
    #[test]
    fn masking_twice_is_masking_once(text in soup()) {
        for mask in [anonymise, exact, template] {
            let once = mask(&text).into_owned();
            prop_assert_eq!(mask(&once), &*once, "of {:?}", text);
        }
    }

    #[test]
    fn no_long_number_survives(text in soup()) {
        for mask in [exact, template] {
            let masked = mask(&text);
            prop_assert!(longest_digits(&masked) <= 3, "{:?} of {:?}", masked, text);
        }
    }

    #[test]
    fn ids_paths_and_times_do_not_change_the_fingerprint(a in varying(), b in varying()) {
        let (a, b) = (message(&a), message(&b));
        prop_assert_eq!(exact(&a), exact(&b));
        prop_assert_eq!(fingerprint("c", Some("T"), &a, ["f"]), fingerprint("c", Some("T"), &b, ["f"]));
        prop_assert_eq!(group("c", Some("T"), &a), group("c", Some("T"), &b));
    }

    #[test]
    fn any_text_is_masked_without_panic_and_masking_settles(text in "\\PC{0,60}|[-0-9a-f:./@'\" =x]{0,60}") {
        let once = anonymise(&text).into_owned();
        let _ = template(&once);
        prop_assert!(once.len() <= text.len() * 8 + 8);
    }

    #[test]
    fn addresses_and_ids_never_survive(a in 1u8.., b in any::<u8>(), id in any::<[u8; 16]>()) {
        let hex: String = id.iter().map(|b| format!("{b:02x}")).collect();
        let text = format!("peer {a}.{b}.{b}.{a}:80 id={hex} end");
        let masked = anonymise(&text).into_owned();
        prop_assert!(!masked.contains(&hex) && !masked.contains(&format!("{a}.{b}")), "{}", masked);
    }
}

#[test]
fn what_was_redacted_stays() {
    let text = "login with token=[redacted:assignment:01234567] of [redacted:jwt:89abcdef] failed";
    assert_eq!(anonymise(text), text);
    let same = "login with token=[redacted:assignment:76543210] of [redacted:card:89abcdef] failed";
    assert_eq!(template(text), template(same));
    assert_eq!(anonymise("[redacted:x 123456"), "[redacted:x <n>");
}
