//! Where in a document the pod is, which of its containers runs the tests, and what may be edited.

use crate::pieces::INJECTED;
use crate::tree::{Entry, Kind, Node};
use crate::{Mode, Problem};

/// What a document is to us.
#[derive(Debug)]
pub(crate) enum Found<'a> {
    /// Pods are made from it, and it can be injected.
    Workload(Workload<'a>),
    /// Pods are made from it, but it is left alone.
    LeftAlone(&'a str),
    /// Something else.
    Other,
}

/// A pod, or what pods are made from.
#[derive(Debug)]
pub(crate) struct Workload<'a> {
    /// The way to the template.
    pub(crate) path: &'static [&'static str],
    /// The pod's template; of a Pod itself there is none.
    pub(crate) template: Option<&'a Entry>,
    pub(crate) metadata: Option<&'a Entry>,
    pub(crate) spec: &'a Entry,
    /// Where the run's identifier stands unless the template says so.
    pub(crate) run_id: &'static str,
}

/// A label that the Job controller puts on its pods: the Job's uid.
const JOB_UID: &str = "batch.kubernetes.io/controller-uid";
pub(crate) const OF_JOB: &str = "metadata.labels['batch.kubernetes.io/controller-uid']";
const OF_POD: &str = "metadata.uid";

/// Kind, beginning of `apiVersion`, the way to the template, where the run's identifier stands.
const KINDS: &[(&str, &str, &[&str], &str)] = &[
    ("Job", "batch/", &["spec", "template"], OF_JOB),
    (
        "CronJob",
        "batch/",
        &["spec", "jobTemplate", "spec", "template"],
        OF_JOB,
    ),
    ("Pod", "v1", &[], OF_POD),
    ("Deployment", "apps/", &["spec", "template"], OF_POD),
];

const LEFT_ALONE: &[&str] = &[
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "List",
];

/// Says what a document is.
pub(crate) fn find(root: &Node) -> Result<Found<'_>, Problem> {
    let word = |key| root.at_path(&[key]).and_then(Node::text).unwrap_or("");
    let (kind, version) = (word("kind"), word("apiVersion"));
    let row = KINDS
        .iter()
        .find(|(name, group, ..)| *name == kind && version.starts_with(group));
    let Some((_, _, path, run_id)) = row else {
        return Ok(match LEFT_ALONE.contains(&kind) {
            true => Found::LeftAlone(kind),
            false => Found::Other,
        });
    };
    solid(root.at, root, kind)?;
    let mut pod = root;
    let mut template = None;
    for key in *path {
        let entry = needed(pod, key)?;
        template = Some(entry);
        pod = &entry.value;
    }
    let metadata = pod.entry("metadata");
    if let Some(metadata) = metadata {
        solid(metadata.key.at, &metadata.value, "metadata")?;
    }
    let mut workload = Workload {
        path,
        template,
        metadata,
        spec: needed(pod, "spec")?,
        run_id,
    };
    if workload.said("labels", JOB_UID).is_some() {
        workload.run_id = OF_JOB;
    }
    Ok(Found::Workload(workload))
}

/// An entry that must be there and can be edited.
fn needed<'a>(map: &'a Node, key: &str) -> Result<&'a Entry, Problem> {
    let entry = map
        .entry(key)
        .ok_or_else(|| Problem::at(map.at, format!("there is no `{key}` here")))?;
    solid(entry.key.at, &entry.value, key)?;
    Ok(entry)
}

/// Whether lines can be put into a collection, whose place this is, without changing anything else.
pub(crate) fn solid(at: usize, node: &Node, what: &str) -> Result<(), Problem> {
    let merged = node.entry("<<").is_some();
    let why = match &node.kind {
        Kind::Alias => "is an alias, and an edit would not be in this place only: write it out",
        _ if node.anchored => {
            "has an anchor, and an edit would not be in this place only: write it out where it is used"
        }
        _ if merged => "takes entries from elsewhere by `<<`: write them out",
        Kind::Null => "is empty: remove it",
        Kind::Scalar(_) => "is neither a list nor a mapping",
        _ if node.is_flow() => {
            "is in flow style (braces or brackets, as in JSON): write it in block style, one entry to a line"
        }
        Kind::List { items, .. } if items.is_empty() => "is empty: remove it",
        _ => return Ok(()),
    };
    Err(Problem::at(at, format!("`{what}` {why}")))
}

impl<'a> Workload<'a> {
    /// A label or annotation of the template.
    pub(crate) fn said(&self, place: &str, key: &str) -> Option<&'a str> {
        let metadata = &self.metadata?.value;
        metadata.at_path(&[place, key])?.text()
    }

    /// Where the downward API finds what the template says under a key of ours.
    pub(crate) fn field_of(&self, key: &str) -> Option<String> {
        let place = ["labels", "annotations"]
            .into_iter()
            .find(|place| self.said(place, key).is_some())?;
        Some(format!("metadata.{place}['{key}']"))
    }

    /// The containers that run beside each other.
    pub(crate) fn containers(&self) -> Result<&'a [Node], Problem> {
        let list = needed(&self.spec.value, "containers")?;
        Ok(list.value.items())
    }

    /// Whether it was injected already.
    pub(crate) fn is_injected(&self) -> bool {
        let annotations = self
            .metadata
            .and_then(|m| m.value.at_path(&["annotations"]));
        annotations.is_some_and(|known| known.entry(INJECTED).is_some())
    }

    /// The container that runs the tests, and which it is: the one named, else the one that an annotation names, else the
    /// only one.
    pub(crate) fn test_container(&self, named: Option<&str>) -> Result<(usize, &'a Node), Problem> {
        let containers = self.containers()?;
        let key = "run-sentinel.dev/container";
        let wanted = named.or_else(|| self.said("annotations", key));
        let known: Vec<&str> = containers.iter().filter_map(Node::name).collect();
        let known = known.join(", ");
        let here = self.spec.key.at;
        let (index, container) = match (wanted, containers) {
            (Some(name), _) => containers
                .iter()
                .enumerate()
                .find(|(_, c)| c.name() == Some(name))
                .ok_or_else(|| {
                    let line = format!("no container is named `{name}`; there are: {known}");
                    Problem::at(here, line)
                })?,
            (None, [only]) => (0, only),
            (None, _) => {
                let line = format!(
                    "which container runs the tests: {known}? Name it by --container or the annotation {key}"
                );
                return Err(Problem::at(here, line));
            }
        };
        solid(container.at, container, "containers")?;
        Ok((index, container))
    }
}

/// How a container's output can be read: its command is wrapped only if it is written down, and needs no terminal.
pub(crate) fn mode_of(container: &Node, wanted: Mode) -> (Mode, Option<&'static str>) {
    let words = container.at_path(&["command"]).map_or(0, |command| {
        command.items().len() + usize::from(matches!(command.kind, Kind::Alias))
    });
    let terminal = container.at_path(&["tty"]).and_then(Node::text) == Some("true");
    match wanted {
        Mode::Cri => (Mode::Cri, None),
        Mode::Capture if words == 0 => (
            Mode::Cri,
            Some("has no `command`, and what its image runs is not known here"),
        ),
        Mode::Capture if terminal => (
            Mode::Cri,
            Some("has a terminal (`tty`), which a wrapped command would not see"),
        ),
        Mode::Capture => (Mode::Capture, None),
    }
}
