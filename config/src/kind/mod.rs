//! The kinds of values a key can take, as `const fn`s so that a default that is none is a compile
//! error.

mod choice;
mod list;
mod nested;
mod number;
mod scalar;

pub(crate) use choice::{Choice, choice};
pub(crate) use list::{accounts, dialects, globs, hashed_values, list, redaction_rules, words};
pub(crate) use nested::{Mistake, checked_sections, range, ranges, section, sections};
pub(crate) use number::{count, count_or_none, duration, duration_or_none, share, size};
pub(crate) use scalar::{
    address, agent_url, agent_url_or_none, glob, image_or_none, name_or_none, path_or_none,
    pointer, switch, text,
};

use crate::error::Problems;
use crate::node::Node;

/// Reports why a value is not acceptable: a fragment that reads after the key.
fn refuse(key: &str, node: &Node, problems: &mut Problems, why: &str) {
    let place = problems.place();
    problems.report(&node.at, format!("`{key}`{place}: {why}"));
}

/// Gives the value, or reports why there is none.
fn accept<T>(
    key: &str,
    node: &Node,
    problems: &mut Problems,
    result: Result<T, String>,
) -> Option<T> {
    result.map_err(|why| refuse(key, node, problems, &why)).ok()
}

/// Text in double quotes, as TOML and JSON write it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
