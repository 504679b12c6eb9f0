//! `[kubernetes]`: whether the agent watches a cluster, and which of its Jobs are runs.

use std::path::PathBuf;
use std::time::Duration;

use crate::kind::Choice;
use crate::section::section;

section! {
    /// What the agent watches of a cluster. Without one it judges by the output alone.
    pub struct KubernetesConfig {
        /// Whether to watch: off, on, or auto (on when the agent runs in a pod). `sentinel run` watches none.
        pub watch: Watching = choice(Watching::Auto),
        /// The kubeconfig to use. Empty: what the variable KUBECONFIG or the home directory says, or else the pod's
        /// service account.
        pub kubeconfig: Option<PathBuf> = path_or_none(),
        /// Which Jobs are runs: those that are labelled (a label or annotation under run-sentinel.dev/, on the Job or
        /// on its pods' template), or all.
        pub detect: Detection = choice(Detection::Labelled),
        /// The one namespace to watch. Empty: all of them, and the nodes.
        pub namespace: Option<String> = name_or_none(),
        /// How far apart lists of all objects are at most: what a watch missed is known by then.
        pub relist: Duration = duration("10m", "1s", "10m"),
        /// How long a watch lasts before it is begun again. One that has been silent for 10 s longer is dead.
        pub watch_timeout: Duration = duration("4m30s", "1s", "4m45s"),
        /// The first lists of a node come after a time of up to this, so that those of all nodes do not come at once.
        pub spread: Duration = duration("1m", "0s", "10m"),
    }
}

/// Whether a cluster is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Watching {
    /// No.
    Off,
    /// When the agent runs in a pod.
    Auto,
    /// Yes.
    On,
}

impl Choice for Watching {
    const WORDS: &'static [(&'static str, Watching)] = &[
        ("off", Watching::Off),
        ("auto", Watching::Auto),
        ("on", Watching::On),
    ];
}

/// Which Jobs are runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Detection {
    /// Those with a label or annotation of ours.
    Labelled,
    /// All.
    All,
}

impl Choice for Detection {
    const WORDS: &'static [(&'static str, Detection)] =
        &[("labelled", Detection::Labelled), ("all", Detection::All)];
}
