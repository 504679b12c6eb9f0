//! `sentinel-sidecar`: the library as a program.

mod args;
mod beside;
mod capturing;
mod collecting;
mod installing;
mod stopping;
mod tailing;

use std::io;
use std::path::{Path, PathBuf};

use args::{Cli, Command, complain};
use sentinel_config::{Config, Environment, SidecarConfig};
use sentinel_sidecar::identity::told;
use sentinel_sidecar::reading::{KeyFile, Reading};
use sentinel_sidecar::ship::{self, ShipOutcome};
use stopping::Signals;
use tokio::runtime::Runtime;

/// Exit code for a mistake in flags or configuration.
const USAGE: i32 = 2;
/// Exit code when the agent does not have everything.
const UNDELIVERED: i32 = 1;

fn main() {
    let code = match Cli::read() {
        Ok(cli) => match cli.command {
            Command::Capture(args) => capturing::run(args),
            Command::Tail(args) => tailing::run(&args),
            Command::Collect(args) => collecting::run(&args),
            Command::Install { dir } => installing::run(&dir),
        },
        Err(code) => code,
    };
    std::process::exit(code);
}

/// The configuration and how output is read, or the exit code after a complaint.
fn configuration(file: Option<&Path>) -> Result<(SidecarConfig, Reading), i32> {
    let config = Config::load(file, &Environment).map_err(|errors| errors.to_string());
    let read = config.and_then(|config| {
        let reading = Reading::new(&config, KeyFile::Nowhere).map_err(|e| e.to_string())?;
        Ok((config.sidecar, reading))
    });
    read.map_err(|mistakes| {
        complain(&mistakes);
        USAGE
    })
}

/// The same for who sends, and the agent's address, given or of the configuration.
fn sending(
    file: Option<&Path>,
    agent: Option<&str>,
) -> Result<(SidecarConfig, Reading, String), i32> {
    let (config, reading) = configuration(file)?;
    let agent = agent.unwrap_or(&config.agent).to_owned();
    match ship::check_address(&agent, &config) {
        Ok(()) => Ok((config, reading, agent)),
        Err(error) => {
            complain(&error.to_string());
            Err(USAGE)
        }
    }
}

/// What a program that only sends works with, or the exit code after a complaint.
fn prepare() -> Result<(Runtime, Signals), i32> {
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_max_level(tracing::Level::WARN)
        .init();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let ready = runtime.and_then(|runtime| Ok((runtime, Signals::catch()?)));
    ready.map_err(|error| {
        complain(&format!("cannot start: {error}"));
        UNDELIVERED
    })
}

/// The directory for checkpoints, if there is one that can be used.
fn state(named: Option<&Path>) -> Option<PathBuf> {
    let home = || told("HOME").map(|home| Path::new(&home).join(".local/state"));
    let base = || told("XDG_STATE_HOME").map(PathBuf::from).or_else(home);
    let named = named.map(Path::to_owned);
    let dir = named.or_else(|| Some(base()?.join("sentinel")))?;
    // Without it a start after a rotation knows less, and nothing else.
    std::fs::create_dir_all(&dir).ok()?;
    Some(dir)
}

/// Says in one line what the agent does not have.
fn complain_undelivered(outcome: &ShipOutcome, agent: &str, kept: &str) {
    let why = outcome.trouble.as_deref().unwrap_or("it took too long");
    let from = outcome.committed;
    complain(&format!(
        "{agent} does not have the output from byte {from} on: {why}{kept}"
    ));
}
