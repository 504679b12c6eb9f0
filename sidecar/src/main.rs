//! `sentinel-sidecar`: the library as a program.

mod args;
mod beside;
mod capturing;
mod installing;
mod stopping;
mod tailing;

use std::path::Path;

use args::{Cli, Command, complain};
use sentinel_config::{Config, Environment, SidecarConfig};
use sentinel_sidecar::reading::{KeyFile, Reading};
use sentinel_sidecar::ship::ShipOutcome;

/// Exit code for a mistake in flags or configuration.
const USAGE: i32 = 2;

fn main() {
    let code = match Cli::read() {
        Ok(cli) => match cli.command {
            Command::Capture(args) => capturing::run(args),
            Command::Tail(args) => tailing::run(&args),
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

/// Says in one line what the agent does not have.
fn complain_undelivered(outcome: &ShipOutcome, agent: &str, kept: &str) {
    let why = outcome.trouble.as_deref().unwrap_or("it took too long");
    let from = outcome.committed;
    complain(&format!(
        "{agent} does not have the output from byte {from} on: {why}{kept}"
    ));
}
