//! What the cluster says besides pods and nodes: Events, services, and of which kinds of objects nothing is heard.

use std::collections::BTreeSet;

use crate::events::Events;
use crate::services::Services;
use crate::settings::Limits;

/// What is round the pods.
#[derive(Debug)]
pub(crate) struct Surroundings {
    pub(crate) events: Events,
    pub(crate) services: Services,
    /// Kinds of objects (`pods`, `nodes`, ...) of which nothing is heard: what is known may be old.
    pub(crate) silent: BTreeSet<String>,
}

impl Surroundings {
    pub(crate) fn new(limits: &Limits) -> Surroundings {
        Surroundings {
            events: Events::new(limits.events),
            services: Services::new(limits.slices),
            silent: BTreeSet::new(),
        }
    }
}
