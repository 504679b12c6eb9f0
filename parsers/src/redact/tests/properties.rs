//! What holds of secrets of every kind in any text round them.

use super::*;

/// Secrets of every kind, each with the text round it that makes it one.
fn secrets() -> impl Strategy<Value = (String, String)> {
    let token = |prefix: &'static str, class: &'static str| {
        class
            .prop_map(move |s: String| ("{}".to_owned(), format!("{prefix}{s}")))
            .boxed()
    };
    let named = |context: &'static str, class: &'static str| {
        class
            .prop_map(move |s: String| (context.to_owned(), s))
            .boxed()
    };
    prop_oneof![
        token("AKIA", "[A-Z2-7]{16}"),
        token("ghp_", "[A-Za-z0-9]{36}"),
        token("github_pat_", "[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
        token("glpat-", "[A-Za-z0-9_-]{20}"),
        token("xoxb-", "[0-9]{10}-[0-9]{10}-[A-Za-z0-9]{24}"),
        token("AIza", "[A-Za-z0-9_-]{35}"),
        token("sk_live_", "[A-Za-z0-9]{24}"),
        token("npm_", "[A-Za-z0-9]{36}"),
        token("pypi-Ag", "[A-Za-z0-9_-]{60}"),
        token("hvs.", "[A-Za-z0-9_-]{90}"),
        token("SG.", "[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43}"),
        token(
            "eyJ",
            "[A-Za-z0-9_-]{20}\\.eyJ[A-Za-z0-9_-]{20}\\.[A-Za-z0-9_-]{43}"
        ),
        token("AGE-SECRET-KEY-1", "[AC-HJ-NP-Z02-9]{58}"),
        token("whsec_", "[A-Za-z0-9+/]{32}"),
        token("", "[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{34}"),
        named("password={}", "[A-Za-z0-9!#*+./:?@^_~-]{8,40}[A-Za-z0-9]"),
        named(
            "\"client_secret\": \"{}\"",
            "[A-Za-z0-9 !#()*+,./:;?@_~-]{9,40}[A-Za-z0-9]"
        ),
        named(
            "API_KEY='{}'",
            "[A-Za-z0-9 !#()*+,./:;?@_~-]{9,40}[A-Za-z0-9]"
        ),
        named(
            "Authorization: Bearer {}",
            "[A-Za-z0-9._~+/-]{12,60}[A-Za-z0-9]"
        ),
        named("Authorization: Basic {}", "[A-Za-z0-9+/]{12,60}"),
        named(
            "postgres://app:{}@db:5432/x",
            "[A-Za-z0-9!*+._~-]{6,30}[0-9]"
        ),
        named("AccountKey={};X=1", "[A-Za-z0-9+/]{86}=="),
        named(
            "?access_token={}&page=2",
            "[A-Za-z0-9._~-]{8,40}[A-Za-z0-9]"
        ),
    ]
}

/// What a secret may be inside of.
fn embeddings() -> impl Strategy<Value = fn(&str) -> String> {
    let json = |text: &str| serde_json::to_string(&format!("first\n{text}\nlast")).unwrap();
    let all: Vec<fn(&str) -> String> = vec![
        |text| text.to_owned(),
        |text| format!("2026-01-01 ERROR ({text}) and so on"),
        |text| format!("tests/a.py::test_b[x] FAILED - got {text}"),
        |text| format!("\t{text}\t"),
        |text| format!("é{text}é \u{1f600}"),
        |text| format!("[{text}]"),
        |text| {
            format!(
                "{{\"level\":\"info\",\"msg\":{}}}",
                serde_json::to_string(text).unwrap()
            )
        },
        json,
        |text| {
            let inner = serde_json::to_string(&format!("a\t{text}\n")).unwrap();
            format!(
                "{{\"Action\":\"output\",\"Output\":{}}}",
                serde_json::to_string(&inner).unwrap()
            )
        },
        |text| format!("##teamcity[message text='{}|n']", text.replace('\'', "|'")),
    ];
    proptest::sample::select(all)
}

/// Whether ten bytes in sequence of the secret stand in the text.
fn leaks(text: &str, secret: &str) -> bool {
    let least = secret.len().min(10);
    secret
        .as_bytes()
        .windows(least)
        .any(|part| memchr::memmem::find(text.as_bytes(), part).is_some())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_secret_survives_in_any_embedding((context, secret) in secrets(), embed in embeddings()) {
        let context = match context.contains('"') {
            true => context.replace("{}", &secret.replace(['\\', '"'], "x")),
            false => context.replace("{}", &secret),
        };
        let text = embed(&context);
        let once = redactor().line(&text).into_owned();
        // What JSON or the like escapes is looked for as it stands there.
        prop_assert!(!leaks(&once, &secret), "{text}\n{once}");
        prop_assert_eq!(redactor().line(&once), once.as_str(), "{}", text);
        // A line of JSON stays one.
        if serde_json::from_str::<serde_json::Value>(&text).is_ok() {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&once).is_ok(), "{once}");
        }
    }

    #[test]
    fn redaction_is_idempotent_and_total(
        pieces in proptest::collection::vec(
            prop_oneof![
                proptest::sample::select(NEAR_MISSES).prop_map(str::to_owned),
                secrets().prop_map(|(context, secret)| context.replace("{}", &secret)),
                "[ -~é]{0,12}",
                proptest::sample::select(&["token", "=", ": ", "\"", "\\\"", "'", "@", "://", "4111 1111 1111 1111",
                    "\\n", "Cookie: ", "password", "[redacted:", ":0123abcd]", "-----BEGIN PRIVATE KEY-----"][..])
                    .prop_map(str::to_owned),
            ],
            0..8,
        ),
        open in proptest::bool::ANY,
    ) {
        let line = pieces.join(" ");
        let mut redactor = redactor();
        if open {
            redactor.line("-----BEGIN PRIVATE KEY-----");
        }
        let mut again = redactor.clone();
        let once = redactor.line(&line).into_owned();
        let twice = again.line(&once).into_owned();
        prop_assert_eq!(twice, once, "{}", line);
        redactor.line(&pieces.concat());
    }
}

/// Parts of lines: secrets whole and cut short, what resembles them, words of logs.
fn pieces() -> impl Strategy<Value = String> {
    let cut = (secrets(), 0usize..200, 0usize..200).prop_map(|((context, secret), from, to)| {
        let whole = context.replace("{}", &secret);
        let (from, to) = (from % (whole.len() + 1), to % (whole.len() + 1));
        whole[from.min(to)..from.max(to)].to_owned()
    });
    let needles: Vec<&str> = table::rows()
        .flat_map(|rule| rule.needles.iter().copied())
        .collect();
    let needle = (
        proptest::sample::select(needles),
        "[A-Za-z0-9_.~=:\"-]{0,40}",
    );
    prop_oneof![
        2 => secrets().prop_map(|(context, secret)| context.replace("{}", &secret)),
        3 => cut,
        3 => needle.prop_map(|(needle, rest)| needle.to_owned() + &rest),
        2 => proptest::sample::select(NEAR_MISSES).prop_map(str::to_owned),
        2 => "[ -~é]{0,24}",
        1 => "[0-9 -]{1,40}",
        1 => proptest::sample::select(&["4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005",
            "3782 822463 10005", "30569309025904", "6212345678901265", "secret: ", "--password ", "<token>",
            "</token>", "@tcp(", "//", "\n", "\\n", "[redacted:jwt:0123abcd]"][..]).prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6000))]

    #[test]
    fn the_gate_holds_back_no_secret(
        pieces in proptest::collection::vec(pieces(), 0..6),
        between in proptest::sample::select(&["", " ", "/", "=", "\""][..]),
        before in "[a-z]{0,4}",
    ) {
        let line = before + &pieces.join(between);
        let mut thorough = redactor();
        let expected = thorough.suspicious(&line).into_owned();
        let mut quick = redactor();
        prop_assert_eq!(quick.line(&line), expected);
        prop_assert_eq!(quick.attentive(), thorough.attentive());
        prop_assert_eq!(quick.replaced(), thorough.replaced());
    }
}

/// Wherever a secret stands, and however short the line is.
#[test]
fn the_gate_holds_back_no_secret_at_any_offset() {
    let m = |n| letters(n, MIXED);
    let rules =
        table::rows().flat_map(|rule| rule.needles.iter().map(move |needle| (rule, *needle)));
    let tokens = rules.filter(|(rule, _)| matches!(rule.shape, table::Shape::Token(..)));
    let tokens = tokens.map(|(_, needle)| needle.to_owned() + &letters(64, "0123456789ABCDEF"));
    let others = [
        "4111 1111 1111 1111".to_owned(),
        "30569309025904".to_owned(),
        "token=abcdefgh1".to_owned(),
        "DB_PWD=hunter22".to_owned(),
        format!("eyJhbGci{}.eyJzdWIi{}.{}", m(12), m(20), m(43)),
        format!("sk-{}", m(48)),
        format!("SG.{}.{}", m(22), m(43)),
        format!("{}8Q~{}", m(3), m(34)),
        "x://a:b2@h".to_owned(),
    ];
    for token in tokens.filter(|t| !t.starts_with("AGE")).chain(others) {
        for before in 0..64 {
            for after in [0, 1, 2, 3, 17, 600] {
                let line = format!("{} {token} {}", ".".repeat(before), ".".repeat(after));
                let found = redactor().line(&line) != line;
                let there = redactor().suspicious(&line) != line;
                assert_eq!(found, there, "{line}");
                assert!(found, "{line}");
            }
        }
    }
}
