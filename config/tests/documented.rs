//! What is checked in beside the code says the same as the code.

#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

use std::path::{Path, PathBuf};

use sentinel_config::{Config, sample, schema};

/// A checked-in file of this package. `UPDATE=1` rewrites it first.
fn checked_in(name: &str, fresh: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, fresh).unwrap();
    }
    std::fs::read_to_string(&path).unwrap()
}

#[test]
fn the_documented_file_is_up_to_date() {
    assert!(
        checked_in("sentinel.toml", &sample()) == sample(),
        "config/sentinel.toml differs from the code; UPDATE=1 rewrites it"
    );
}

#[test]
fn the_schema_is_up_to_date() {
    let read = |text: &str| -> serde_json::Value { serde_json::from_str(text).unwrap() };
    assert!(
        read(&checked_in("sentinel.schema.json", &schema())) == read(&schema()),
        "config/sentinel.schema.json differs from the code; UPDATE=1 rewrites it"
    );
}

#[test]
fn the_documented_file_holds_the_defaults() {
    let text = checked_in("sentinel.toml", &sample());
    let config = Config::parse(Path::new("sentinel.toml"), &text, &[]).unwrap();
    assert_eq!(config, Config::default());
}

/// Examples are commented out as `#key = value`, prose as `# Text.`
#[test]
fn the_examples_of_the_documented_file_are_valid() {
    let text: String = checked_in("sentinel.toml", &sample())
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.is_empty() && !rest.starts_with(' ') => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let config = Config::parse(Path::new("sentinel.toml"), &text, &[]).unwrap();
    insta::assert_debug_snapshot!(config.pipelines);
}

#[test]
fn every_key_of_the_schema_is_documented() {
    let text = checked_in("sentinel.toml", &sample());
    let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
    let mut keys = Vec::new();
    collect(&schema, &mut keys);
    assert!(keys.len() > 60, "{}", keys.len());
    for key in keys {
        let written = text.lines().any(|line| {
            let line = line.trim_start_matches('#');
            line.starts_with(&format!("{key} = "))
                || line
                    .trim_matches(['[', ']'])
                    .split('.')
                    .any(|word| word == key)
                || line.contains(&format!("{{ {key} = "))
                || line.contains(&format!(", {key} = "))
        });
        assert!(written, "`{key}` is not in config/sentinel.toml");
    }
}

/// The names of all properties, at any depth.
fn collect(schema: &serde_json::Value, keys: &mut Vec<String>) {
    if let Some(properties) = schema["properties"].as_object() {
        for (key, inner) in properties {
            keys.push(key.clone());
            collect(inner, keys);
        }
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get(inner) {
            collect(inner, keys);
        }
    }
}
