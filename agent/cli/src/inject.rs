//! `sentinel inject`: puts the sidecar into what pods are made from, and takes it out again.

mod cluster;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use sentinel_config::SidecarConfig;
use sentinel_inject::{AGENT, AUDIENCE, IMAGE, NODE_IP, Note, Options, Sidecar, inject, uninject};
use sentinel_sidecar::ship::check_address;

use crate::exit::{Exit, Failure};
use crate::runs::deliver;

/// The most that is read.
const MOST: u64 = 16 << 20;

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
    /// What kind of container the sidecar is
    #[arg(long, value_enum, default_value_t = Kind::Native)]
    sidecar: Kind,
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

/// What kind of container the sidecar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A native sidecar, for Kubernetes 1.29 and later
    Native,
    /// An ordinary container, which ends by itself when the tests have ended
    Container,
    /// Whatever the cluster of the kubeconfig runs, which is asked
    Ask,
}

impl Kind {
    /// The kind; a cluster that has to be asked may not say.
    fn settled(self) -> Result<Sidecar, Failure> {
        match self {
            Kind::Native => Ok(Sidecar::Native),
            Kind::Container => Ok(Sidecar::Container),
            Kind::Ask => {
                let told = |error| format!("--sidecar ask: the API server does not tell: {error}");
                let (sidecar, how) = cluster::ask().map_err(|error| Failure::usage(told(error)))?;
                if sidecar == Sidecar::Container {
                    eprintln!(
                        "sentinel: the cluster has no native sidecars ({how}): the sidecar is an ordinary container"
                    );
                }
                Ok(sidecar)
            }
        }
    }
}

impl From<Mode> for sentinel_inject::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Capture => sentinel_inject::Mode::Capture,
            Mode::Cri => sentinel_inject::Mode::Cri,
        }
    }
}

/// Runs the subcommand.
pub(crate) fn run(args: &InjectArgs) -> Result<Exit, Failure> {
    let example = args.agent.replace(NODE_IP, "192.0.2.1");
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
        mode: args.mode.into(),
        sidecar: args.sidecar.settled()?,
        host_logs: true,
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
