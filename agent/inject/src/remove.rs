//! What is cut out, so that an injected workload is again what it was.

use std::ops::Range;

use crate::edit::Edits;
use crate::pieces;
use crate::tree::{Entry, Node, line_end, line_start, lines_of};
use crate::workload::Workload;

/// Cuts everything that was put in out of one workload; whether there was anything.
pub(crate) fn remove(text: &str, edits: &mut Edits<'_>, workload: &Workload<'_>) -> bool {
    let Some(metadata) = workload.metadata else {
        return false;
    };
    let Some(annotations) = metadata.value.entry("annotations") else {
        return false;
    };
    let Some(injected) = annotations.value.entry(pieces::INJECTED) else {
        return false;
    };
    // What was put in only to hold it goes with it.
    edits.cut(if annotations.value.entries().len() > 1 {
        lines(text, injected)
    } else if metadata.value.entries().len() > 1 {
        lines(text, annotations)
    } else {
        lines(text, metadata)
    });
    let spec = &workload.spec.value;
    cut_items(
        text,
        edits,
        spec,
        "initContainers",
        &[pieces::INSTALL, pieces::SIDECAR],
    );
    cut_items(
        text,
        edits,
        spec,
        "volumes",
        &[pieces::SHARED, pieces::POD_LOGS, pieces::TOKEN],
    );
    cut_items(text, edits, spec, "containers", &[pieces::SIDECAR]);
    for container in spec.at_path(&["containers"]).map_or(&[][..], Node::items) {
        cut_items(text, edits, container, "volumeMounts", &[pieces::SHARED]);
        if let Some(command) = container.at_path(&["command"]) {
            unwrap_command(text, edits, command);
        }
    }
    true
}

/// The lines of an entry, with its key.
fn lines(text: &str, entry: &Entry) -> Range<usize> {
    let end = lines_of(text, &entry.value).end;
    line_start(text, entry.key.at)..end.max(line_end(text, entry.key.at))
}

/// Cuts the items with these names out of a list, and the list if nothing else is in it.
fn cut_items(text: &str, edits: &mut Edits<'_>, map: &Node, key: &str, names: &[&str]) {
    let Some(entry) = map.entry(key) else {
        return;
    };
    let (ours, others): (Vec<&Node>, Vec<&Node>) = entry
        .value
        .items()
        .iter()
        .partition(|item| item.name().is_some_and(|name| names.contains(&name)));
    if ours.is_empty() {
        return;
    }
    if others.is_empty() {
        edits.cut(lines(text, entry));
        return;
    }
    for item in ours {
        edits.cut(lines_of(text, item));
    }
}

/// Cuts the words before a command out.
fn unwrap_command(text: &str, edits: &mut Edits<'_>, command: &Node) {
    let items = command.items();
    if items.first().and_then(Node::text) != Some(pieces::PROGRAM) {
        return;
    }
    let last = items
        .iter()
        .position(|item| item.text() == Some(pieces::SEPARATOR));
    let Some(last) = last else {
        return;
    };
    if command.is_flow() {
        let end = items[last].end;
        let comma = text[end..].strip_prefix(", ").map_or(0, |_| 2);
        edits.cut(command.at + 1..end + comma);
        return;
    }
    for item in &items[..=last] {
        edits.cut(lines_of(text, item));
    }
}
