//! The environment: where overrides come from, and how they enter the tree.

use std::collections::BTreeMap;

use crate::error::Problems;
use crate::node::{Entry, Node, Place, Value};

/// Reads environment variables, so that tests need not set any.
pub trait Vars {
    /// Every variable with its value, in any order.
    fn all(&self) -> Vec<(String, String)>;
}

/// The environment of the process. What is not Unicode is read with replacement characters.
#[derive(Clone, Copy, Debug, Default)]
pub struct Environment;

impl Vars for Environment {
    fn all(&self) -> Vec<(String, String)> {
        std::env::vars_os()
            .map(|(name, value)| {
                (
                    name.to_string_lossy().into_owned(),
                    value.to_string_lossy().into_owned(),
                )
            })
            .collect()
    }
}

impl Vars for BTreeMap<String, String> {
    fn all(&self) -> Vec<(String, String)> {
        self.iter().map(|(k, v)| (k.clone(), v.clone())).collect()
    }
}

impl Vars for [(&str, &str)] {
    fn all(&self) -> Vec<(String, String)> {
        self.iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }
}

impl<const N: usize> Vars for [(&str, &str); N] {
    fn all(&self) -> Vec<(String, String)> {
        self.as_slice().all()
    }
}

/// Lays the variables `SENTINEL_SECTION__KEY` over the tree. Variables of Sentinel without a double
/// underscore (`SENTINEL_RUN_ID`) belong to the programs and are none of the configuration's.
pub(crate) fn overlay(tree: &mut Node, vars: &dyn Vars, problems: &mut Problems) {
    let mut all = vars.all();
    all.sort();
    for (name, value) in all {
        let Some(path) = name.strip_prefix("SENTINEL_") else {
            continue;
        };
        if !path.contains("__") {
            continue;
        }
        let path = path.to_ascii_lowercase();
        let keys: Vec<&str> = path.split("__").collect();
        set(tree, &keys, &name, &value, problems);
    }
}

fn set(node: &mut Node, keys: &[&str], name: &str, value: &str, problems: &mut Problems) {
    let at = Place::Variable(name.to_owned());
    let [key, rest @ ..] = keys else {
        node.at = at;
        node.value = Value::Word(value.to_owned());
        return;
    };
    if node.value == Value::Null {
        node.value = Value::Table(Vec::new());
    }
    let Value::Table(entries) = &mut node.value else {
        let what = node.what();
        problems.report(
            &at,
            format!("cannot set `{key}` inside {what}; lists of sections are set in the file only"),
        );
        return;
    };
    let place = match entries.iter().position(|entry| entry.key == *key) {
        Some(place) => place,
        None => {
            entries.push(Entry {
                key: (*key).to_owned(),
                at: at.clone(),
                node: Node {
                    at,
                    value: Value::Null,
                },
            });
            entries.len() - 1
        }
    };
    set(&mut entries[place].node, rest, name, value, problems);
}
