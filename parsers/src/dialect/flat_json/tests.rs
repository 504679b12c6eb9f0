//! The scanner against serde_json as the oracle.

use proptest::prelude::*;

use super::{Value, object};

fn members(text: &str) -> Option<Vec<(String, String)>> {
    let mut all = Vec::new();
    object(text, |key, value| {
        let value = match value {
            Value::Str(s) => s.text().into_owned(),
            Value::Other(s) => s.to_owned(),
        };
        all.push((key.to_owned(), value));
    })?;
    Some(all)
}

#[test]
fn members_come_in_order_with_their_texts() {
    let got =
        members(r#" {"a":"x\n\u00e9\ud83d\ude00\"", "n": -1.5e3 ,"o":{"k":["}"]},"b":true} "#);
    let want = [
        ("a", "x\né😀\""),
        ("n", "-1.5e3"),
        ("o", r#"{"k":["}"]}"#),
        ("b", "true"),
    ];
    let want = want.map(|(k, v)| (k.to_owned(), v.to_owned()));
    assert_eq!(got.as_deref(), Some(&want[..]));
}

#[test]
fn what_is_no_object_is_refused() {
    for bad in [
        "",
        "{",
        "{}x",
        "[1]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":\"x\\\"}",
        "{\"a\":1} {\"b\":2}",
        "{a:1}",
    ] {
        assert_eq!(members(bad), None, "{bad}");
    }
}

#[test]
fn broken_escapes_become_replacement_characters() {
    let got = members(r#"{"a":"\q \ud800 \u12"}"#);
    assert_eq!(
        got,
        Some(vec![("a".into(), "\u{fffd} \u{fffd} \u{fffd}12".into())])
    );
}

proptest! {
    #[test]
    fn strings_read_as_serde_json_wrote_them(values in prop::collection::vec(".*", 0..6)) {
        let mut map = serde_json::Map::new();
        for (i, v) in values.iter().enumerate() {
            map.insert(format!("k{i}"), v.clone().into());
        }
        let text = serde_json::Value::Object(map).to_string();
        let got: Vec<String> = members(&text).expect("an object").into_iter().map(|m| m.1).collect();
        prop_assert_eq!(got, values);
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in r#"[{}\[\]",:\\u0-9a-f ]*"#) {
        let ours = members(&text);
        if let Ok(serde_json::Value::Object(map)) = serde_json::from_str(&text) {
            prop_assert!(ours.is_some_and(|m| m.len() >= map.len()));
        }
    }
}
