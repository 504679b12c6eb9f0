//! The kinds of objects that are watched: one row each.

use sentinel_core::fact::{Fact, is_evidence};
use serde_json::Value;

use super::{event_fact, job_fact, node_fact, pod_fact, slice_fact};

/// A kind of object.
pub(crate) struct Kind {
    /// Its plural, as `kubectl` takes it, and with the group its place in the API.
    pub(crate) name: &'static str,
    pub(crate) group: &'static str,
    pub(crate) namespaced: bool,
    /// The field by which a node asks for its own; a node leaves kinds without one to its hub.
    pub(crate) of_node: Option<&'static str>,
    pub(crate) trim: fn(&Value) -> Trimmed,
    /// That there is no such object any more, unless that means nothing.
    pub(crate) gone: Option<fn(String) -> Fact>,
}

/// An object at the door.
#[derive(Debug)]
pub(crate) enum Trimmed {
    /// What it tells, and what it is known by.
    Told(String, Box<Fact>),
    /// It tells nothing that matters.
    Nothing,
    /// It cannot be read.
    Odd,
}

impl Trimmed {
    fn of<T>(fact: Option<T>, key: fn(&T) -> &String, tell: fn(T) -> Fact) -> Trimmed {
        match fact {
            Some(fact) => Trimmed::Told(key(&fact).clone(), Box::new(tell(fact))),
            None => Trimmed::Odd,
        }
    }
}

impl Kind {
    /// Where it is listed and watched.
    pub(crate) fn path(&self, namespace: Option<&str>) -> String {
        let root = match self.group {
            "" => "/api/v1".to_owned(),
            group => format!("/apis/{group}/v1"),
        };
        match namespace.filter(|_| self.namespaced) {
            Some(namespace) => format!("{root}/namespaces/{namespace}/{}", self.name),
            None => format!("{root}/{}", self.name),
        }
    }
}

/// Every kind. Each is listed and watched, as the role in the manifests allows.
pub(crate) static KINDS: &[Kind] = &[
    Kind {
        name: "jobs",
        group: "batch",
        namespaced: true,
        of_node: None,
        trim: |job| Trimmed::of(job_fact(job), |fact| &fact.uid, Fact::Job),
        gone: Some(|uid| Fact::JobDeleted { uid }),
    },
    Kind {
        name: "pods",
        group: "",
        namespaced: true,
        of_node: Some("spec.nodeName"),
        trim: |pod| Trimmed::of(pod_fact(pod), |fact| &fact.uid, Fact::Pod),
        gone: Some(|uid| Fact::PodDeleted { uid }),
    },
    Kind {
        name: "nodes",
        group: "",
        namespaced: false,
        of_node: Some("metadata.name"),
        trim: |node| Trimmed::of(node_fact(node), |fact| &fact.name, Fact::Node),
        gone: Some(|name| Fact::NodeDeleted { name }),
    },
    Kind {
        name: "events",
        group: "events.k8s.io",
        namespaced: true,
        of_node: None,
        trim: |event| match event_fact(event) {
            Some(fact) if !is_evidence(&fact.about.kind, &fact.reason) => Trimmed::Nothing,
            fact => Trimmed::of(fact, |fact| &fact.uid, Fact::Event),
        },
        // The API server forgets them after an hour; what they said stays said.
        gone: None,
    },
    Kind {
        name: "endpointslices",
        group: "discovery.k8s.io",
        namespaced: true,
        of_node: None,
        trim: |slice| match slice_fact(slice) {
            Some(fact) if fact.service.is_empty() => Trimmed::Nothing,
            fact => Trimmed::of(fact, |fact| &fact.uid, Fact::Slice),
        },
        gone: Some(|uid| Fact::SliceDeleted { uid }),
    },
];
