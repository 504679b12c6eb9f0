//! What is put where, so that a workload is injected.

use super::edit::Edits;
use super::pieces::{self, Told};
use super::tree::{Entry, Node, column, line_end, line_start};
use super::workload::{Workload, mode_of, solid};
use super::{Options, Problem};

/// Where new entries of a mapping go: behind the line at which they may begin, as far to the right as its others.
struct Place<'a> {
    map: Option<&'a Node>,
    at: usize,
    column: usize,
}

/// Puts everything into one workload; what people should know about it.
pub(super) fn insert(
    text: &str,
    edits: &mut Edits<'_>,
    workload: &Workload<'_>,
    options: &Options,
) -> Result<Option<String>, Problem> {
    let container = workload.test_container(options.container.as_deref())?;
    let name = container
        .at_path(&["name"])
        .and_then(|name| Some((name, name.text()?)));
    let (named, name) =
        name.ok_or_else(|| Problem::at(container.at, "this container has no name"))?;
    vacant(workload, container)?;
    let (mode, why) = mode_of(container, options.mode);
    let run_id = workload.field_of("run-sentinel.dev/run-id");
    let pipeline = workload.field_of("run-sentinel.dev/pipeline");
    let told = Told {
        options,
        mode,
        container: name,
        run_id: run_id.as_deref().unwrap_or(workload.run_id),
        pipeline: pipeline.as_deref(),
    };
    annotate(text, edits, workload, &pieces::annotation(mode))?;
    let list = workload.spec.value.entry("containers");
    let hang = list.map_or(0, |list| hang(text, list));
    let spec = inside(text, workload.spec);
    add(
        text,
        edits,
        &spec,
        "initContainers",
        hang,
        &pieces::init_containers(&told),
    )?;
    add(text, edits, &spec, "volumes", hang, &pieces::volumes(&told))?;
    if mode == super::Mode::Capture {
        let own = Place {
            map: Some(container),
            at: line_end(text, named.end.max(named.at + 1) - 1),
            column: first_column(text, container),
        };
        add(
            text,
            edits,
            &own,
            "volumeMounts",
            hang,
            &pieces::shared_mount(),
        )?;
        wrap(text, edits, container)?;
    }
    Ok(why.map(|why| format!("container `{name}` {why}: its log is read from the node (cri)")))
}

/// Complains where something of the user's has a name or a place of ours.
fn vacant(workload: &Workload<'_>, container: &Node) -> Result<(), Problem> {
    let spec = &workload.spec.value;
    let taken = |list: &str, names: &[&str]| {
        let list = spec.at_path(&[list]).map_or(&[][..], Node::items);
        let clash = list
            .iter()
            .find(|item| item.name().is_some_and(|n| names.contains(&n)));
        clash.map(|item| (item.at, item.name().unwrap_or_default().to_owned()))
    };
    let containers = [pieces::INSTALL, pieces::SIDECAR];
    let volumes = [pieces::SHARED, pieces::POD_LOGS, pieces::TOKEN];
    let clash = taken("initContainers", &containers)
        .or_else(|| taken("containers", &containers))
        .or_else(|| taken("volumes", &volumes));
    if let Some((at, name)) = clash {
        let line = format!(
            "`{name}` is a name that injecting needs, and this was not injected: rename it"
        );
        return Err(Problem::at(at, line));
    }
    let mounts = container
        .at_path(&["volumeMounts"])
        .map_or(&[][..], Node::items);
    let mounted = mounts.iter().find(|mount| {
        let path = mount.at_path(&["mountPath"]).and_then(Node::text);
        path.is_some_and(|path| path.trim_end_matches('/') == pieces::DIR)
    });
    match mounted {
        Some(mount) => {
            let line = format!(
                "{} is where injecting mounts its volume: mount this elsewhere",
                pieces::DIR
            );
            Err(Problem::at(mount.at, line))
        }
        None => Ok(()),
    }
}

fn annotate(
    text: &str,
    edits: &mut Edits<'_>,
    workload: &Workload<'_>,
    annotation: &str,
) -> Result<(), Problem> {
    let lines = [annotation.to_owned()];
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
            let lines = ["annotations:".to_owned(), format!("  {annotation}")];
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
        let words = pieces::wrapper().map(pieces::quoted);
        let words: String = words.iter().map(|word| format!("{word}, ")).collect();
        edits.words(list.at + 1, words);
        return Ok(());
    }
    solid(command.key.at, list, "command")?;
    let lines = pieces::wrapper().map(|word| format!("- {}", pieces::scalar(word)));
    let first = list
        .items()
        .first()
        .map_or(0, |first| indent(text, first.at));
    edits.lines(line_end(text, command.key.at), first, &lines);
    Ok(())
}
