//! What the agent, and a collector, ask of the API server: what its role must allow, and no more.

use super::kind::KINDS;

/// A right, as a rule of a role has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// The API group; empty is the core's.
    pub group: &'static str,
    /// The resource, in the plural.
    pub resource: &'static str,
    /// What is done with it.
    pub verb: &'static str,
}

/// To ask whose a token is.
pub const REVIEW: Right = Right {
    group: "authentication.k8s.io",
    resource: "tokenreviews",
    verb: "create",
};

/// To keep the certificate in the one configuration that leads to the agent, which `injector.configuration` names.
pub const KEEP: [Right; 2] = [keep("get"), keep("patch")];

const fn keep(verb: &'static str) -> Right {
    Right {
        group: "admissionregistration.k8s.io",
        resource: "mutatingwebhookconfigurations",
        verb,
    }
}

/// To know the keys that tokens are signed with. No resource of a group, but a path.
pub const KEYS: Right = Right {
    group: PATH,
    resource: "/openid/v1/jwks",
    verb: "get",
};

/// Stands for the group of what is a path.
pub const PATH: &str = "path";

/// To read a pod's log, as a collector does that follows no files.
pub const LOGS: Right = Right {
    group: "",
    resource: "pods/log",
    verb: "get",
};

/// What the watch does.
pub fn watching() -> impl Iterator<Item = Right> {
    KINDS.iter().flat_map(|kind| {
        ["list", "watch"].map(|verb| Right {
            group: kind.group,
            resource: kind.name,
            verb,
        })
    })
}
