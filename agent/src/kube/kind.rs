//! The kinds of objects that are watched: one row each.

use kube::api::ApiResource;
use sentinel_core::fact::Fact;
use serde_json::Value;

use super::{job_fact, node_fact, pod_fact};

/// A kind of object.
pub(crate) struct Kind {
    /// Its plural, as `kubectl` takes it, and with group, version and kind its place in the API.
    pub(crate) name: &'static str,
    pub(crate) group: &'static str,
    kind: &'static str,
    pub(crate) namespaced: bool,
    /// An object as a fact, with what it is known by.
    pub(crate) trim: fn(&Value) -> Option<(String, Fact)>,
    /// That there is no such object any more.
    pub(crate) gone: fn(String) -> Fact,
}

impl Kind {
    pub(crate) fn resource(&self) -> ApiResource {
        let version = "v1";
        ApiResource {
            group: self.group.to_owned(),
            version: version.to_owned(),
            api_version: match self.group {
                "" => version.to_owned(),
                group => format!("{group}/{version}"),
            },
            kind: self.kind.to_owned(),
            plural: self.name.to_owned(),
        }
    }
}

/// Every kind. Each is listed and watched, as the role in the manifests allows.
pub(crate) static KINDS: &[Kind] = &[
    Kind {
        name: "jobs",
        group: "batch",
        kind: "Job",
        namespaced: true,
        trim: |job| {
            let fact = job_fact(job)?;
            Some((fact.uid.clone(), Fact::Job(fact)))
        },
        gone: |uid| Fact::JobDeleted { uid },
    },
    Kind {
        name: "pods",
        group: "",
        kind: "Pod",
        namespaced: true,
        trim: |pod| {
            let fact = pod_fact(pod)?;
            Some((fact.uid.clone(), Fact::Pod(fact)))
        },
        gone: |uid| Fact::PodDeleted { uid },
    },
    Kind {
        name: "nodes",
        group: "",
        kind: "Node",
        namespaced: false,
        trim: |node| {
            let fact = node_fact(node)?;
            Some((fact.name.clone(), Fact::Node(fact)))
        },
        gone: |name| Fact::NodeDeleted { name },
    },
];
