//! What injecting is: the decision what to put into a workload so that its tests are watched, and two ways to do it, as
//! edits of YAML text that leave all else as it is, and as a JSON patch of an object that the API server asks about.
//!
//! Nothing here does any I/O: text in and text out, an object in and a patch out.

mod edit;
mod insert;
mod patch;
mod pieces;
mod plan;
mod remove;
#[cfg(test)]
mod tests;
mod tree;
mod workload;
mod yaml;

use edit::Edits;
pub use patch::{Patched, patch};
pub use pieces::NODE_IP;
use workload::{Found, find};

/// The sidecar's image of this version.
pub const IMAGE: &str = concat!(
    "run-sentinel.dev/sentinel-sidecar:",
    env!("CARGO_PKG_VERSION")
);
/// Where the agent is when it was installed as it is documented.
pub const AGENT: &str = "http://sentinel-agent.sentinel.svc:7600";
/// For whom the sidecar's token is made.
pub const AUDIENCE: &str = "sentinel";

/// How the sidecar gets the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The command is wrapped and its output recorded on a volume.
    Capture,
    /// The node's log of the container is read, from the host's /var/log/pods.
    Cri,
}

impl Mode {
    /// The word for it, in annotations and options.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Mode::Capture => "capture",
            Mode::Cri => "cri",
        }
    }
}

/// What kind of container the sidecar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sidecar {
    /// A native one, which Kubernetes ends after the others (1.29 and later).
    Native,
    /// An ordinary one beside the others, which ends by itself.
    Container,
}

/// The first minor version of Kubernetes 1 that has native sidecars unless told otherwise.
const NATIVE: u32 = 29;

impl Sidecar {
    /// What a server of this version runs; `None` if it is no version that is known.
    #[must_use]
    pub fn of_version(major: &str, minor: &str) -> Option<Sidecar> {
        // Some say 29+.
        let digits = minor.trim_end_matches(|c: char| !c.is_ascii_digit());
        let digits = digits.split(|c: char| !c.is_ascii_digit()).next()?;
        let minor: u32 = digits.parse().ok().filter(|_| major == "1")?;
        Some(match minor >= NATIVE {
            true => Sidecar::Native,
            false => Sidecar::Container,
        })
    }
}

/// What to put in.
#[derive(Clone, Debug)]
pub struct Options {
    /// How the sidecar gets the output, where it can.
    pub mode: Mode,
    /// What kind of container the sidecar is.
    pub sidecar: Sidecar,
    /// Whether the node's log is read where the command cannot be wrapped, rather than nothing done.
    pub host_logs: bool,
    /// The sidecar's image.
    pub image: String,
    /// The agent's address; [`NODE_IP`] in it is that of the pod's node.
    pub agent: String,
    /// For whom the sidecar's token is made.
    pub audience: String,
    /// The container that runs the tests, if the workload does not say.
    pub container: Option<String>,
}

/// Why a text cannot be injected, and where in it.
#[derive(Debug)]
struct Problem {
    at: usize,
    what: String,
}

impl Problem {
    fn at(at: usize, what: impl Into<String>) -> Problem {
        Problem {
            at,
            what: what.into(),
        }
    }
}

/// Something to tell people, with its line.
#[derive(Debug, PartialEq, Eq)]
pub struct Note {
    /// Of the text, from 1.
    pub line: usize,
    /// In one line.
    pub what: String,
}

impl Note {
    fn new(text: &str, problem: &Problem) -> Note {
        let before = &text.as_bytes()[..problem.at.min(text.len())];
        Note {
            line: 1 + before.iter().filter(|b| **b == b'\n').count(),
            what: problem.what.clone(),
        }
    }
}

/// A text with the sidecar in it, and what people should know.
#[derive(Debug)]
pub struct Injected {
    /// The text.
    pub text: String,
    /// What people should know.
    pub notes: Vec<Note>,
}

/// The text with the sidecar in all its workloads, whatever was put in before.
///
/// # Errors
/// What cannot be edited, with its line and what to do.
pub fn inject(text: &str, options: &Options) -> Result<Injected, Note> {
    let text = &uninject(text)?;
    put_in(text, options).map_err(|problem| Note::new(text, &problem))
}

/// The text with the sidecar in all its workloads, in which nothing was put before.
fn put_in(text: &str, options: &Options) -> Result<Injected, Problem> {
    let mut edits = Edits::new(text);
    let mut notes = Vec::new();
    for root in &tree::documents(text)? {
        let told = match find(root)? {
            Found::Workload(workload) => insert::insert(text, &mut edits, &workload, options)?,
            Found::LeftAlone(kind) => Some(format!("a {kind} is left as it is")),
            Found::Other => None,
        };
        if let Some(what) = told {
            notes.push(Note::new(text, &Problem::at(root.at, what)));
        }
    }
    let edited = edits.apply();
    // YAML has ways to write things that nobody thought of here: then nothing is printed that is not understood.
    match uninject(&edited) {
        Ok(back) if back == text => Ok(Injected {
            text: edited,
            notes,
        }),
        _ => Err(Problem::at(
            0,
            "this is written in a way that cannot be edited safely: write its workloads in plain block style",
        )),
    }
}

/// The text without what was put in.
///
/// # Errors
/// What is no YAML, with its line.
pub fn uninject(text: &str) -> Result<String, Note> {
    let documents = tree::documents(text).map_err(|problem| Note::new(text, &problem))?;
    let mut edits = Edits::new(text);
    let mut any = false;
    for root in &documents {
        // Where nothing can be put in, nothing was.
        if let Ok(Found::Workload(workload)) = find(root) {
            any |= remove::remove(text, &mut edits, &workload);
        }
    }
    Ok(if any { edits.apply() } else { text.to_owned() })
}
