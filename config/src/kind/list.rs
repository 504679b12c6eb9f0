//! Lists of words.

use serde_json::{Value as Json, json};

use super::{quoted, refuse};
use crate::error::Problems;
use crate::node::Node;
use crate::section::{Kind, Sample};
use crate::suggest;

/// A list of words each of which passes a check.
pub(crate) struct Words {
    default: &'static [&'static str],
    example: &'static [&'static str],
    check: fn(&str) -> Result<(), String>,
}

impl Kind for Words {
    type Value = Vec<String>;

    fn default(&self) -> Vec<String> {
        self.default.iter().map(|&word| word.to_owned()).collect()
    }

    fn read(&self, key: &str, node: &Node, problems: &mut Problems) -> Option<Vec<String>> {
        let Some(items) = node.list() else {
            let what = node.what();
            refuse(
                key,
                node,
                problems,
                &format!("expected a list of text, found {what}"),
            );
            return None;
        };
        let mut words = Vec::with_capacity(items.len());
        for item in &items {
            let checked = match item.text() {
                Some(text) => (self.check)(text).map(|()| text.to_owned()),
                None => Err(format!("expected text in the list, found {}", item.what())),
            };
            match checked {
                Ok(word) => words.push(word),
                Err(why) => refuse(key, item, problems, &why),
            }
        }
        Some(words)
    }

    fn schema(&self) -> Json {
        json!({ "type": "array", "items": { "type": "string" } })
    }

    fn sample(&self) -> Sample {
        let show = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
            format!("[{}]", words.join(", "))
        };
        if self.example.is_empty() {
            Sample::Line {
                value: show(self.default),
                bounds: None,
            }
        } else {
            Sample::Example(show(self.example))
        }
    }
}

/// Globs (see [`crate::glob_match`]), none by default.
pub(crate) const fn globs(example: &'static [&'static str]) -> Words {
    list(example)
}

/// Words, none by default.
pub(crate) const fn list(example: &'static [&'static str]) -> Words {
    Words {
        default: &[],
        example,
        check: not_empty,
    }
}

/// Words, some of them by default.
pub(crate) const fn words(default: &'static [&'static str]) -> Words {
    Words {
        default,
        example: &[],
        check: not_empty,
    }
}

fn not_empty(word: &str) -> Result<(), String> {
    match word {
        "" => Err("empty text in the list".to_owned()),
        _ => Ok(()),
    }
}

/// Service accounts as `NAMESPACE/NAME`, none by default.
pub(crate) const fn accounts(example: &'static [&'static str]) -> Words {
    Words {
        default: &[],
        example,
        check: |word| {
            let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
            let name = |part: &str| (1..=253).contains(&part.len()) && part.bytes().all(fits);
            let both = word.split_once('/');
            match both.is_some_and(|(namespace, account)| name(namespace) && name(account)) {
                true => Ok(()),
                false => Err(format!("expected NAMESPACE/NAME, found `{word}`")),
            }
        },
    }
}

/// Ids of dialects, or `auto`.
pub(crate) const fn dialects(default: &'static [&'static str]) -> Words {
    Words {
        default,
        example: &[],
        check: |word| {
            let known: Vec<&str> = std::iter::once("auto")
                .chain(sentinel_parsers::dialect::DIALECTS.iter().map(|d| d.id))
                .collect();
            if known.contains(&word) {
                Ok(())
            } else {
                let hint = suggest::hint(word, &known);
                Err(format!("no dialect `{word}`{hint}"))
            }
        },
    }
}

/// Ids of redaction rules, none by default.
pub(crate) const fn redaction_rules(example: &'static [&'static str]) -> Words {
    Words {
        default: &[],
        example,
        check: |word| {
            let known: Vec<&str> = sentinel_parsers::redact::rules()
                .map(|(id, _)| id)
                .collect();
            if known.contains(&word) {
                Ok(())
            } else {
                let hint = suggest::hint(word, &known);
                Err(format!("no rule `{word}`{hint}"))
            }
        },
    }
}

/// Hashes of secret values, none by default.
pub(crate) const fn hashed_values(example: &'static [&'static str]) -> Words {
    Words {
        default: &[],
        example,
        check: |word| {
            let hashed = word.parse::<sentinel_parsers::redact::HashedValue>();
            hashed.map(drop)
        },
    }
}
