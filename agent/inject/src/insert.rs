//! What is put where in a text, so that a workload is injected.

use serde_json::{Map, Value, json};

use crate::edit::Edits;
use crate::plan::plan;
use crate::tree::{Entry, Node, column, line_end, line_start, lines_of};
use crate::workload::{Workload, solid};
use crate::{Options, Problem, pieces, yaml};

/// Where new entries of a mapping go: behind the line at which they may begin, as far to the right as its others.
struct Place<'a> {
    map: Option<&'a Node>,
    at: usize,
    column: usize,
}

/// Puts everything into one workload; what people should know about it.
pub(crate) fn insert(
    text: &str,
    edits: &mut Edits<'_>,
    workload: &Workload<'_>,
    options: &Options,
) -> Result<Option<String>, Problem> {
    let plan = plan(workload, options)?;
    annotate(text, edits, workload, &plan.annotation)?;
    let list = workload.spec.value.entry("containers");
    let hang = list.map_or(0, |list| hang(text, list));
    let spec = inside(text, workload.spec);
    let mut add_to = |place: &Place<'_>, key: &str, items: Vec<Value>| {
        let lines = yaml::lines(&Value::Array(items));
        add(text, edits, place, key, hang, &lines)
    };
    if !plan.init_containers.is_empty() {
        add_to(&spec, "initContainers", plan.init_containers.clone())?;
    }
    add_to(&spec, "volumes", plan.volumes.clone())?;
    if plan.wraps() {
        let own = Place {
            map: Some(plan.container),
            at: line_end(text, plan.name.end.max(plan.name.at + 1) - 1),
            column: first_column(text, plan.container),
        };
        add_to(&own, "volumeMounts", vec![pieces::shared_mount()])?;
        wrap(text, edits, plan.container)?;
    }
    if let Some(list) = list.filter(|_| !plan.containers.is_empty()) {
        append(text, edits, list, &Value::Array(plan.containers))?;
    }
    Ok(plan.told)
}

/// Adds to a list, behind all that is in it.
fn append(text: &str, edits: &mut Edits<'_>, list: &Entry, items: &Value) -> Result<(), Problem> {
    let Some(last) = list.value.items().last() else {
        return Ok(());
    };
    let lines = lines_of(text, last);
    // A block of text that keeps the empty lines behind it would lose them.
    let keeps = |line: &str| {
        let line = line.split(" #").next().unwrap_or_default().trim_end();
        line.ends_with('+') && line.contains(['|', '>'])
    };
    if text[lines.clone()].lines().any(keeps) {
        let line = "the last container ends with text that keeps its empty lines: end it with `|` or `>` alone";
        return Err(Problem::at(last.at, line));
    }
    edits.lines(lines.end, indent(text, last.at), &yaml::lines(items));
    Ok(())
}

fn annotate(
    text: &str,
    edits: &mut Edits<'_>,
    workload: &Workload<'_>,
    annotation: &Map<String, Value>,
) -> Result<(), Problem> {
    let lines = yaml::lines(&Value::Object(annotation.clone()));
    match (workload.metadata, workload.template) {
        (Some(metadata), _) => add(
            text,
            edits,
            &inside(text, metadata),
            "annotations",
            2,
            &lines,
        ),
        (None, Some(template)) => {
            let lines = yaml::lines(&json!({"annotations": annotation}));
            add(text, edits, &inside(text, template), "metadata", 2, &lines)
        }
        (None, None) => Err(Problem::at(
            workload.spec.key.at,
            "this Pod has no `metadata`",
        )),
    }
}

/// The place for new entries of the mapping that an entry holds.
fn inside<'a>(text: &str, entry: &'a Entry) -> Place<'a> {
    Place {
        map: Some(&entry.value),
        at: line_end(text, entry.key.at),
        column: first_column(text, &entry.value),
    }
}

fn first_column(text: &str, map: &Node) -> usize {
    map.entries()
        .first()
        .map_or(0, |first| column(text, first.key.at))
}

/// How much further to the right than its key a list begins.
fn hang(text: &str, list: &Entry) -> usize {
    let dash = list
        .value
        .items()
        .first()
        .map_or(0, |first| indent(text, first.at));
    dash.saturating_sub(column(text, list.key.at))
}

/// Where the line of a byte has its first character that is no space.
fn indent(text: &str, at: usize) -> usize {
    let line = &text[line_start(text, at)..];
    line.len() - line.trim_start_matches(' ').len()
}

/// Adds to the collection under a key of a mapping, as its first; the key too if there is none. A list of which there is
/// none yet hangs so far to the right of its key.
fn add(
    text: &str,
    edits: &mut Edits<'_>,
    place: &Place<'_>,
    key: &str,
    hang: usize,
    lines: &[String],
) -> Result<(), Problem> {
    let Some(entry) = place.map.and_then(|map| map.entry(key)) else {
        edits.lines(place.at, place.column, &[format!("{key}:")]);
        edits.lines(place.at, place.column + hang, lines);
        return Ok(());
    };
    solid(entry.key.at, &entry.value, key)?;
    let column = match entry.value.items().first() {
        Some(first) => indent(text, first.at),
        None => first_column(text, &entry.value),
    };
    edits.lines(line_end(text, entry.key.at), column, lines);
    Ok(())
}

/// Puts our words before the command.
fn wrap(text: &str, edits: &mut Edits<'_>, container: &Node) -> Result<(), Problem> {
    let Some(command) = container.entry("command") else {
        return Ok(());
    };
    let list = &command.value;
    if list.is_flow() && !list.anchored {
        let words = pieces::wrapper().map(yaml::quoted);
        let words: String = words.iter().map(|word| format!("{word}, ")).collect();
        edits.words(list.at + 1, words);
        return Ok(());
    }
    solid(command.key.at, list, "command")?;
    let lines = pieces::wrapper().map(|word| format!("- {}", yaml::scalar(word)));
    let first = list
        .items()
        .first()
        .map_or(0, |first| indent(text, first.at));
    edits.lines(line_end(text, command.key.at), first, &lines);
    Ok(())
}
