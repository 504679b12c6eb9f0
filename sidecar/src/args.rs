//! The command line of `sentinel-sidecar`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sentinel_config::{parse_duration, parse_size};
use sentinel_parsers::wire::RunContext;
use sentinel_sidecar::new_run_id;

/// Captures what a test command prints, recognises the tests in it and sends them to the agent.
#[derive(Debug, Parser)]
#[command(name = "sentinel-sidecar", version, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a command, pass its output through and record it.
    ///
    /// Output, exit code and signals pass unchanged. A command that cannot be started gives 127
    /// (not found) or 126, one ended by signal N gives 128+N. With --agent what is recorded is sent
    /// at once, else a `tail DIR` beside it does that.
    Capture(Capture),
    /// Send a stream: a directory of capture's, a file, or `-` for standard input; with --cri a pod's log directory.
    ///
    /// Ends with 0 when the agent has all of it, with 1 when it was told to stop before. A directory
    /// without a stream is waited for, and so is a file that is followed. A file is followed over its rotations.
    Tail(Tail),
    /// Send the output of pods that have no sidecar, as the agent says.
    ///
    /// With --node it follows the files that the node's kubelet keeps, over rotations and restarts of containers; with
    /// --api it asks the API server for logs. It goes on until SIGTERM or SIGINT, and the next one goes on where it
    /// stopped.
    Collect(Collect),
    /// Copy this program into a directory, for containers that share it.
    Install {
        /// The directory, usually a volume.
        dir: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Capture {
    /// Directory for the recording; needed unless --agent is given.
    #[arg(long, value_name = "DIR", env = "SENTINEL_DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Bytes per segment file, as `16MiB` [default: from the configuration].
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) segment_size: Option<u64>,
    /// Bytes the recording may hold; what the agent has not taken by then is cut, never the test
    /// held up [default: from the configuration].
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) cap: Option<u64>,
    /// Limit of the volume that the directory is on, as an emptyDir's sizeLimit, beyond which the pod would be evicted:
    /// the recording keeps to 80 % of it.
    #[arg(long, value_name = "SIZE", value_parser = size, env = "SENTINEL_VOLUME_LIMIT")]
    pub(crate) volume_limit: Option<u64>,
    /// Send to the agent at this address.
    #[arg(long, value_name = "URL", env = "SENTINEL_AGENT")]
    pub(crate) agent: Option<String>,
    /// How long to go on sending after the command has ended.
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "10s")]
    pub(crate) drain: Duration,
    #[command(flatten)]
    pub(crate) stream: Stream,
    /// The command and its arguments.
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) cmd: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct Tail {
    /// A directory of capture's, a file, `-`, or with --cri a pod's log directory.
    pub(crate) source: PathBuf,
    /// The source is a pod's directory below /var/log/pods: each start of each container is sent as a stream.
    #[arg(long)]
    pub(crate) cri: bool,
    /// With --cri, a container to send; may be given several times [default: all but --own].
    #[arg(long, value_name = "NAME", env = "SENTINEL_CONTAINER")]
    pub(crate) container: Vec<String>,
    /// With --cri, the container that this program runs in, which is never sent.
    #[arg(
        long,
        value_name = "NAME",
        env = "SENTINEL_OWN_CONTAINER",
        default_value = "sentinel-sidecar"
    )]
    pub(crate) own: String,
    /// Directory for what is known of followed files, so that another start goes on where this one stops
    /// [default: $XDG_STATE_HOME/sentinel].
    #[arg(long, value_name = "DIR", env = "SENTINEL_STATE")]
    pub(crate) state: Option<PathBuf>,
    /// Directory for what is read from standard input, so that its writer need not wait while the agent is away and
    /// nothing is lost when this program or the machine dies: `tail DIR` sends what is left there.
    #[arg(long, value_name = "DIR", env = "SENTINEL_SPOOL")]
    pub(crate) spool: Option<PathBuf>,
    /// Do not stop at the end of a file, but wait for more; nor at the end of a recording, but wait for the one that a
    /// capture begins in the same directory when its container is started again.
    #[arg(long)]
    pub(crate) follow: bool,
    /// The source is a directory that a capture in another container of the pod records in: end by itself once the recording
    /// is over, at most --drain later and always with 0, so that the pod neither waits for this container nor fails by it.
    #[arg(long, value_name = "WHEN", value_enum, conflicts_with_all = ["follow", "cri"])]
    pub(crate) end_after: Option<EndAfter>,
    /// With --end-after, how long to wait for a recording to begin.
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "10m")]
    pub(crate) patience: Duration,
    /// Send to the agent at this address [default: from the configuration].
    #[arg(long, value_name = "URL", env = "SENTINEL_AGENT")]
    pub(crate) agent: Option<String>,
    /// How long to go on sending after SIGTERM or SIGINT; a second one ends it at once.
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "10s")]
    pub(crate) drain: Duration,
    #[command(flatten)]
    pub(crate) stream: Stream,
}

/// Which recording is the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EndAfter {
    /// The first: the container is not started again (restartPolicy Never)
    Recording,
    /// The first whose command ended with 0: the container is started again until then (OnFailure)
    Success,
}

#[derive(Debug, Args)]
pub(crate) struct Collect {
    /// The node whose files to read, as the cluster calls it.
    #[arg(
        long,
        value_name = "NAME",
        env = "SENTINEL_NODE",
        required_unless_present = "api",
        conflicts_with = "api"
    )]
    pub(crate) node: Option<String>,
    /// The API server whose logs to read: pods on nodes that nobody reads, or that ask for it.
    #[arg(long, value_name = "URL", env = "SENTINEL_API")]
    pub(crate) api: Option<String>,
    /// With --api, the file with the token of an account that may read logs.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/var/run/secrets/kubernetes.io/serviceaccount/token"
    )]
    pub(crate) api_token_file: PathBuf,
    /// With --api, the file with the certificates of those who may vouch for the API server.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"
    )]
    pub(crate) api_ca_file: PathBuf,
    /// The directory of the node's pod logs.
    #[arg(long, value_name = "DIR", default_value = "/var/log/pods")]
    pub(crate) logs: PathBuf,
    /// Directory for what is known of the files, so that another start goes on where this one stops
    /// [default: $XDG_STATE_HOME/sentinel].
    #[arg(long, value_name = "DIR", env = "SENTINEL_STATE")]
    pub(crate) state: Option<PathBuf>,
    /// Ask and send to the agent at this address, which must watch the cluster [default: from the configuration].
    #[arg(long, value_name = "URL", env = "SENTINEL_AGENT")]
    pub(crate) agent: Option<String>,
    /// How often to ask what to read.
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "5s")]
    pub(crate) every: Duration,
    /// Configuration file.
    #[arg(long, value_name = "FILE", env = "SENTINEL_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

/// What the agent is told about the stream.
#[derive(Debug, Args)]
pub(crate) struct Stream {
    /// The run this output belongs to [default: a new one].
    #[arg(long, value_name = "ID", env = "SENTINEL_RUN_ID")]
    pub(crate) run_id: Option<String>,
    /// The pipeline.
    #[arg(long, value_name = "NAME", env = "SENTINEL_PIPELINE")]
    pub(crate) pipeline: Option<String>,
    /// The environment tested.
    #[arg(long, value_name = "NAME", env = "SENTINEL_ENVIRONMENT")]
    pub(crate) environment: Option<String>,
    /// The branch.
    #[arg(long, value_name = "NAME", env = "SENTINEL_BRANCH")]
    pub(crate) branch: Option<String>,
    /// The commit.
    #[arg(long, value_name = "ID", env = "SENTINEL_COMMIT")]
    pub(crate) commit: Option<String>,
    /// Configuration file.
    #[arg(long, value_name = "FILE", env = "SENTINEL_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

impl Stream {
    /// What the flags say about the run, with a new identifier if they name none.
    pub(crate) fn run(&self) -> RunContext {
        RunContext {
            run_id: self.run_id.clone().unwrap_or_else(new_run_id),
            pipeline: self.pipeline.clone(),
            environment: self.environment.clone(),
            branch: self.branch.clone(),
            commit: self.commit.clone(),
            ..RunContext::default()
        }
    }
}

impl Cli {
    /// The command line read, or the exit code after help or one line of complaint was printed.
    pub(crate) fn read() -> Result<Cli, i32> {
        Cli::try_parse().map_err(|error| {
            if !error.use_stderr() {
                // Help or version; nothing is left to do when it cannot be printed.
                let _ = error.print();
                return 0;
            }
            let text = error.to_string();
            // What is missing stands in lines of its own.
            let mut lines = text.lines().take_while(|line| !line.is_empty());
            let mut line = lines.next().unwrap_or_default().to_owned();
            for more in lines {
                line = format!("{line} {}", more.trim());
            }
            let line = line.strip_prefix("error: ").unwrap_or(&line);
            complain(&format!("{line} (try --help)"));
            2
        })
    }
}

/// One line on standard error.
pub(crate) fn complain(line: &str) {
    use std::io::Write;
    // Standard error may be closed; there is nowhere else to say so.
    let _ = writeln!(std::io::stderr(), "sentinel-sidecar: {line}");
}

fn size(text: &str) -> Result<u64, String> {
    parse_size(text)
        .filter(|n| *n > 0)
        .ok_or_else(|| "not a size like 16MiB".to_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "not a time like 10s".to_owned())
}
