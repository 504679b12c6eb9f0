//! `sentinel inject`: puts the sidecar into what pods are made from, as edits of the text, and takes it out again.

mod edit;
mod insert;
mod pieces;
mod remove;
#[cfg(test)]
mod tests;
mod tree;
mod workload;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::exit::{Exit, Failure};
use crate::runs::deliver;
use edit::Edits;
use sentinel_config::SidecarConfig;
use sentinel_sidecar::ship::check_address;
use workload::{Found, find};

/// The most that is read.
const MOST: u64 = 16 << 20;
const IMAGE: &str = concat!(
    "run-sentinel.dev/sentinel-sidecar:",
    env!("CARGO_PKG_VERSION")
);
const AGENT: &str = "http://sentinel-agent.sentinel.svc:7600";
const AUDIENCE: &str = "sentinel";

/// Puts the sidecar into Jobs, CronJobs, Deployments and Pods, and prints the YAML
///
/// Lines are added, and words before the test container's command; everything else stays as it is, byte for byte, and
/// so does every other kind of object. Injecting what was injected changes nothing, or brings it up to date.
#[derive(Debug, Args)]
pub(crate) struct InjectArgs {
    /// The YAML, of one document or several; `-` is standard input
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// Take out what was put in
    #[arg(long, conflicts_with = "check")]
    uninject: bool,
    /// How the sidecar gets the output
    #[arg(long, value_enum, default_value_t = Mode::Capture)]
    mode: Mode,
    /// The sidecar's image, whose entry point is `sentinel-sidecar`
    #[arg(long, default_value = IMAGE)]
    image: String,
    /// The agent's address; $(SENTINEL_NODE_IP) in it is the address of the pod's node
    #[arg(long, value_name = "URL", default_value = AGENT)]
    agent: String,
    /// What the sidecar's token is made for: agent.auth.service_accounts.audience of the agent
    #[arg(long, value_name = "NAME", default_value = AUDIENCE)]
    audience: String,
    /// The container that runs the tests [default: the annotation run-sentinel.dev/container, else the only one]
    #[arg(long, value_name = "NAME")]
    container: Option<String>,
    /// Print nothing, and end with 1 unless everything is injected as these options say
    #[arg(long)]
    check: bool,
}

/// How the sidecar gets the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// The command is wrapped and its output recorded on a volume
    Capture,
    /// The node's log of the container is read, from the host's /var/log/pods
    Cri,
}

impl Mode {
    /// The word for it, in annotations and options.
    const fn word(self) -> &'static str {
        match self {
            Mode::Capture => "capture",
            Mode::Cri => "cri",
        }
    }
}

/// What to put in.
#[derive(Clone, Debug)]
struct Options {
    mode: Mode,
    image: String,
    agent: String,
    audience: String,
    container: Option<String>,
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
struct Note {
    line: usize,
    what: String,
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
struct Injected {
    text: String,
    notes: Vec<Note>,
}

/// Runs the subcommand.
pub(crate) fn run(args: &InjectArgs) -> Result<Exit, Failure> {
    let example = args.agent.replace(pieces::NODE_IP, "192.0.2.1");
    check_address(&example, &SidecarConfig::default())
        .map_err(|error| Failure::usage(format!("--agent: {error}")))?;
    if args.audience.is_empty() {
        return Err(Failure::usage("--audience: a token is made for somebody"));
    }
    let (name, text) = read(&args.file)?;
    let fail = |note: Note| Failure::usage(format!("{name}:{}: {}", note.line, note.what));
    if args.uninject {
        deliver(&uninject(&text).map_err(fail)?, None)?;
        return Ok(Exit::Ok);
    }
    let options = Options {
        mode: args.mode,
        image: args.image.clone(),
        agent: args.agent.clone(),
        audience: args.audience.clone(),
        container: args.container.clone(),
    };
    let injected = inject(&text, &options).map_err(fail)?;
    if args.check {
        return Ok(match injected.text == text {
            true => Exit::Ok,
            false => Exit::Findings,
        });
    }
    for note in &injected.notes {
        eprintln!("sentinel: {name}:{}: {}", note.line, note.what);
    }
    deliver(&injected.text, None)?;
    Ok(Exit::Ok)
}

/// The text, and what people call where it came from.
fn read(file: &Path) -> Result<(String, String), Failure> {
    let stdin = file.as_os_str() == "-";
    let name = match stdin {
        true => "standard input".to_owned(),
        false => file.display().to_string(),
    };
    let mut bytes = Vec::new();
    let read = match stdin {
        true => io::stdin().lock().take(MOST + 1).read_to_end(&mut bytes),
        false => File::open(file).and_then(|file| file.take(MOST + 1).read_to_end(&mut bytes)),
    };
    read.map_err(|e| Failure::usage(format!("cannot read {name}: {e}")))?;
    if bytes.len() as u64 > MOST {
        let line = format!("{name} has more than {} MiB", MOST >> 20);
        return Err(Failure::usage(line));
    }
    let text =
        String::from_utf8(bytes).map_err(|_| Failure::usage(format!("{name} is not UTF-8")))?;
    Ok((name, text))
}

/// The text with the sidecar in all its workloads, whatever was put in before.
fn inject(text: &str, options: &Options) -> Result<Injected, Note> {
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
fn uninject(text: &str) -> Result<String, Note> {
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
