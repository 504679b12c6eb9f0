//! Spans of time in which something held that may make tests fail: of which container, pod, node or service, why, and
//! from when to when. Facts begin and end them; [correlation](crate::correlate) reads them.

mod event;
mod node;
mod pod;
mod timeline;
pub(crate) mod told;

use std::fmt;

use crate::input::Millis;

pub(crate) use event::of_events;
pub(crate) use node::{of_node, of_nodes};
pub(crate) use pod::{of_job, of_pod};
pub use timeline::Timeline;

/// What an interval is of, from the nearest to a test to the farthest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// A test.
    Test,
    /// A container.
    Container,
    /// A pod.
    Pod,
    /// A node.
    Node,
    /// A service of a namespace.
    Service,
    /// The whole cluster.
    Cluster,
}

/// Who told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A pod's status.
    Pod,
    /// A Job's conditions.
    Job,
    /// A node's conditions.
    Node,
    /// The endpoints of a service.
    Endpoints,
    /// The watch of the cluster.
    Watch,
    /// An Event of the cluster.
    Event,
    /// The output of the tests.
    Output,
}

/// Where intervals are kept together: everything there concerns the same tests.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A pod, by its uid: itself and its containers.
    Pod(String),
    /// A node, by its name.
    Node(String),
    /// A namespace, by its name: its services.
    Namespace(String),
    /// The cluster, and the services that all of it uses.
    Cluster,
}

/// Which object it is of, as people name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Locator {
    /// The namespace; empty for nodes and the cluster.
    pub namespace: String,
    /// The pod's, node's or service's name.
    pub name: String,
    /// The container's.
    pub container: Option<String>,
}

/// Something held, or holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval {
    /// What it is of.
    pub level: Level,
    /// Who told it.
    pub source: Origin,
    /// Which one.
    pub locator: Locator,
    /// One word, spelled as Kubernetes prints it.
    pub reason: String,
    /// What else was said, bounded by whoever trimmed it.
    pub note: String,
    /// How a container ended.
    pub exit_code: Option<i32>,
    /// When it began: as told, else when it was heard of.
    pub from_ms: Millis,
    /// When it was over; nothing while it lasts.
    pub to_ms: Option<Millis>,
    /// Whether it is only known to have happened at some time in between.
    pub within: bool,
}

impl Interval {
    /// What it is of, and the reason: `container db of pod team-a/e2e-x: OOMKilled`.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{}: {}", self.place(), self.reason)
    }

    fn place(&self) -> String {
        let Locator {
            namespace,
            name,
            container,
        } = &self.locator;
        match (self.level, container) {
            (Level::Container, Some(container)) => {
                format!("container {container} of pod {namespace}/{name}")
            }
            (Level::Container | Level::Pod | Level::Test, _) => format!("pod {namespace}/{name}"),
            (Level::Node, _) => format!("node {name}"),
            (Level::Service, _) => format!("service {namespace}/{name}"),
            (Level::Cluster, _) if name.is_empty() => "cluster".to_owned(),
            (Level::Cluster, _) => format!("cluster, {name}"),
        }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title())?;
        if let Some(code) = self.exit_code {
            write!(f, ", exit code {code}")?;
        }
        match self.note.is_empty() {
            true => Ok(()),
            false => write!(f, " ({})", self.note.trim_end()),
        }
    }
}

/// An object, and who speaks of it: what it tells is told of nobody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Where its intervals are kept.
    pub place: Place,
    /// Who speaks.
    pub source: Origin,
    /// Which object; the container is told with each condition.
    pub locator: Locator,
}

/// What a fact says holds of an object now, or held: the timeline makes intervals of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What it is of.
    pub level: Level,
    /// The container, if it is of one.
    pub container: Option<String>,
    /// One word, spelled as Kubernetes prints it.
    pub reason: String,
    /// What else is said.
    pub note: String,
    /// How the container ended.
    pub exit_code: Option<i32>,
    /// When it began, if that is told.
    pub from_ms: Option<Millis>,
    /// When it was over, if it is.
    pub to_ms: Option<Millis>,
    /// Whether it is only known to have happened at some time in between.
    pub within: bool,
}

impl Condition {
    /// Something that holds since a time that nobody told.
    #[must_use]
    pub fn new(level: Level, reason: &str) -> Condition {
        Condition {
            level,
            container: None,
            reason: reason.to_owned(),
            note: String::new(),
            exit_code: None,
            from_ms: None,
            to_ms: None,
            within: false,
        }
    }

    /// With what else is said.
    #[must_use]
    pub fn note(mut self, note: Option<&str>) -> Condition {
        self.note = note.unwrap_or_default().to_owned();
        self
    }

    /// Since when, if that is told.
    #[must_use]
    pub fn since(mut self, from_ms: Option<Millis>) -> Condition {
        self.from_ms = from_ms;
        self
    }
}
