//! From file and environment to a validated [`Config`].

use std::path::Path;

use crate::error::{ConfigError, ConfigErrors, Problems};
use crate::node::{Node, Place, Value};
use crate::section::read_section;
use crate::units::{format_duration, format_size};
use crate::vars::{Vars, overlay};
use crate::{Config, Role, read};

/// Bytes of a configuration file; more is refused unread.
const FILE_CAP: u64 = 4 << 20;

impl Config {
    /// Reads the file, if one is given, lays the variables `SENTINEL_SECTION__KEY` over it, and
    /// takes the default for everything else. The file is TOML, or YAML with the same keys when its
    /// name ends in `.yaml` or `.yml`.
    ///
    /// # Errors
    /// Every mistake found: an unreadable file, wrong syntax, unknown keys, values of the wrong kind
    /// or out of bounds, values that contradict each other.
    pub fn load(path: Option<&Path>, vars: &dyn Vars) -> Result<Config, ConfigErrors> {
        let Some(path) = path else {
            return Config::resolve(empty(), "", vars);
        };
        let file = path.display().to_string();
        let text = read_file(path).map_err(|error| {
            ConfigErrors(vec![ConfigError {
                origin: file.clone(),
                position: None,
                message: format!("cannot be read: {error}"),
            }])
        })?;
        Config::parse(path, &text, vars)
    }

    /// As [`Config::load`], of a text that stands for the file.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(path: &Path, text: &str, vars: &dyn Vars) -> Result<Config, ConfigErrors> {
        let file = path.display().to_string();
        let tree = read::read(path, text).map_err(|errors| {
            let errors = errors.into_iter().map(|error| ConfigError {
                origin: file.clone(),
                position: error.position,
                message: error.message,
            });
            ConfigErrors::sorted(errors.collect())
        })?;
        Config::resolve(tree, &file, vars)
    }

    fn resolve(mut tree: Node, file: &str, vars: &dyn Vars) -> Result<Config, ConfigErrors> {
        let mut problems = Problems::default();
        overlay(&mut tree, vars, &mut problems);
        let config: Config = read_section(&tree, &mut problems).unwrap_or_default();
        if problems.is_empty() {
            check_order(&config, &tree, &mut problems);
        }
        problems.into_errors(file)?;
        Ok(config)
    }
}

fn read_file(path: &Path) -> std::io::Result<String> {
    use std::io::Read;
    let mut text = String::new();
    let file = std::fs::File::open(path)?;
    file.take(FILE_CAP + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_CAP {
        return Err(std::io::Error::other(
            "over 4 MiB, which no configuration is",
        ));
    }
    Ok(text)
}

fn empty() -> Node {
    Node {
        at: Place::File { line: 1, column: 1 },
        value: Value::Null,
    }
}

/// Keys that must not exceed another key of their section.
fn check_order(config: &Config, tree: &Node, problems: &mut Problems) {
    let (agent, sidecar) = (&config.agent, &config.sidecar);
    if agent.tls.certificate.is_some() != agent.tls.key.is_some() {
        let at = find(tree, &["agent", "tls"]).unwrap_or(tree);
        let why = "`certificate` and `key` in [agent.tls] go together: one of them is missing";
        problems.report(&at.at, why.to_owned());
    }
    if agent.role == Role::Node && agent.forward.hub.is_none() {
        let at = find(tree, &["agent", "role"]).unwrap_or(tree);
        let why = "`role` in [agent] is \"node\", so `hub` in [agent.forward] must be set";
        problems.report(&at.at, why.to_owned());
    }
    if let Some(word) = config.webhooks.generic.ambiguous() {
        let at = find(tree, &["webhooks", "generic"]).unwrap_or(tree);
        let why = format!("`{word}` in [webhooks.generic] must have one meaning, it has several");
        problems.report(&at.at, why);
    }
    check(
        tree,
        problems,
        ["agent", "max_body", "max_inflated"],
        [agent.max_body, agent.max_inflated].map(format_size),
        agent.max_body <= agent.max_inflated,
    );
    check(
        tree,
        problems,
        ["agent", "max_body", "max_in_flight"],
        [agent.max_body, agent.max_in_flight].map(format_size),
        agent.max_body <= agent.max_in_flight,
    );
    check(
        tree,
        problems,
        ["sidecar", "segment_size", "capture_cap"],
        [sidecar.segment_size, sidecar.capture_cap].map(format_size),
        sidecar.segment_size <= sidecar.capture_cap,
    );
    check(
        tree,
        problems,
        ["sidecar", "retry_min", "retry_max"],
        [sidecar.retry_min, sidecar.retry_max].map(format_duration),
        sidecar.retry_min <= sidecar.retry_max,
    );
    check(
        tree,
        problems,
        ["agent.forward", "retry_min", "retry_max"],
        [agent.forward.retry_min, agent.forward.retry_max].map(format_duration),
        agent.forward.retry_min <= agent.forward.retry_max,
    );
}

/// Reports two keys of a section that are not `in_order`, with their values.
fn check(
    tree: &Node,
    problems: &mut Problems,
    [section, less, more]: [&str; 3],
    [low, high]: [String; 2],
    in_order: bool,
) {
    if in_order {
        return;
    }
    // At least one of them was written down: the defaults are in order.
    let place = |key| section.split('.').chain([key]).collect::<Vec<_>>();
    let at = find(tree, &place(less)).or_else(|| find(tree, &place(more)));
    problems.report(
        &at.unwrap_or(tree).at,
        format!("`{less}` ({low}) in [{section}] must not exceed `{more}` ({high})"),
    );
}

fn find<'a>(node: &'a Node, keys: &[&str]) -> Option<&'a Node> {
    let [key, rest @ ..] = keys else {
        return Some(node);
    };
    let Value::Table(entries) = &node.value else {
        return None;
    };
    let entry = entries.iter().find(|entry| entry.key == *key)?;
    find(&entry.node, rest)
}
