//! One of a few words.

use serde_json::{Value as Json, json};

use super::{accept, quoted};
use crate::error::Problems;
use crate::node::Node;
use crate::section::{Kind, Sample};
use crate::suggest;

/// An enum that is written as one of a few words.
pub(crate) trait Choice: Copy + PartialEq + 'static {
    /// Each word with its meaning, in the order in which they are listed.
    const WORDS: &'static [(&'static str, Self)];
}

/// One of the words of `T`.
pub(crate) struct Word<T: Choice>(T);

impl<T: Choice> Kind for Word<T> {
    type Value = T;

    fn default(&self) -> T {
        self.0
    }

    fn read(&self, key: &str, node: &Node, problems: &mut Problems) -> Option<T> {
        let words: Vec<&str> = T::WORDS.iter().map(|(word, _)| *word).collect();
        let found = match node.text() {
            Some(text) => T::WORDS
                .iter()
                .find(|(word, _)| *word == text)
                .map(|(_, value)| *value)
                .ok_or_else(|| {
                    let all = words.join(", ");
                    let hint = suggest::near(text, &words);
                    format!("expected one of {all}, found `{text}`{hint}")
                }),
            None => Err(format!(
                "expected one of {}, found {}",
                words.join(", "),
                node.what()
            )),
        };
        accept(key, node, problems, found)
    }

    fn schema(&self) -> Json {
        let words: Vec<&str> = T::WORDS.iter().map(|(word, _)| *word).collect();
        json!({ "type": "string", "enum": words })
    }

    fn sample(&self) -> Sample {
        let words = T::WORDS.iter().map(|(word, _)| *word);
        let word = T::WORDS.iter().find(|(_, value)| *value == self.0);
        Sample::Word {
            value: quoted(word.map_or("", |(word, _)| word)),
            words: words.collect(),
        }
    }
}

/// One of the words of an enum.
pub(crate) const fn choice<T: Choice>(default: T) -> Word<T> {
    Word(default)
}
