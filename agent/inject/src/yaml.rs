//! Values of ours as lines of YAML in block style, as people write it.

use serde_json::Value;

/// The lines of a mapping or a list.
pub(crate) fn lines(value: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let below = match value {
                    Value::Object(map) if !map.is_empty() => indented(2, &self::lines(value)),
                    Value::Array(items) if !items.is_empty() => self::lines(value),
                    _ => {
                        lines.push(format!("{key}: {}", word(value)));
                        continue;
                    }
                };
                lines.push(format!("{key}:"));
                lines.extend(below);
            }
        }
        Value::Array(items) => {
            for item in items {
                let own = match item {
                    Value::Object(map) if !map.is_empty() => self::lines(item),
                    Value::Array(items) if !items.is_empty() => self::lines(item),
                    _ => vec![word(item)],
                };
                for (n, line) in own.into_iter().enumerate() {
                    lines.push(format!("{}{line}", if n == 0 { "- " } else { "  " }));
                }
            }
        }
        _ => lines.push(word(value)),
    }
    lines
}

/// The lines further to the right.
fn indented(by: usize, lines: &[String]) -> Vec<String> {
    let indent = " ".repeat(by);
    lines.iter().map(|line| format!("{indent}{line}")).collect()
}

/// What stands on one line.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        // As in JSON, which is YAML: numbers, true, false, null, and the empty collections.
        other => other.to_string(),
    }
}

/// A text as YAML: plain where it cannot be read as anything else, quoted otherwise.
pub(crate) fn scalar(text: &str) -> String {
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let begins = text.trim_start_matches("--").trim_start_matches('/');
    let begins = begins.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$');
    let holds = |b: u8| b.is_ascii_alphanumeric() || b"-_./:@$()[]'".contains(&b);
    let plain = begins
        && text.bytes().all(holds)
        && !text.ends_with(':')
        && !words.contains(&text.to_ascii_lowercase().as_str());
    match plain || is_quantity(text) {
        true => text.to_owned(),
        false => quoted(text),
    }
}

/// Whether it is an amount with a unit, as 64Mi, and so no number.
fn is_quantity(text: &str) -> bool {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < text.len() && ["m", "Ki", "Mi", "Gi"].contains(&unit)
}

/// A text in double quotes.
pub(crate) fn quoted(text: &str) -> String {
    let json = Value::from(text).to_string();
    // JSON's strings are YAML's, but for characters that nobody sees, which JSON need not escape.
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\u{7f}'..='\u{9f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_could_be_read_as_something_else_is_quoted() {
        for plain in [
            "a-b.c/d:1@x",
            "/sentinel",
            "--follow",
            "64Mi",
            "10m",
            "$(A)_$(B)",
        ] {
            assert_eq!(scalar(plain), plain);
        }
        for other in [
            "", "1e3", "0x1", "12", "true", "No", "a: b", "a #b", "-x", "a:", "\u{e4}", "'", "~",
            "--", "[a]",
        ] {
            assert_eq!(scalar(other), quoted(other));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_is_written_is_read_back(word in prop_oneof![".{0,12}", "[\u{0}-\u{ff}]{0,4}"], bare in "[-a-z0-9:/.$()'\\[\\]_@]{0,8}", n in any::<i32>()) {
            let value = json!({"a": [{"b": word, "c": {"d": bare}}, n, bare, []], "e": {}, "f": true});
            let text = lines(&value).join("\n");
            let read: Value = serde_saphyr::from_str(&text).map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))?;
            prop_assert_eq!(read, value, "{}", text);
        }
    }
}
