//! How the agent bears load: many quiet streams, a crowd that comes back at once, a noisy stream beside quiet ones,
//! more than it can take. Each prints its figures, and fails when one misses its bound or anything is lost.
//!
//! `cargo build --release -p sentinel-agent -p sentinel-benches --bins && target/release/load steady`

mod crowd;
mod noisy;
mod overload;
mod steady;

use std::process::ExitCode;

use clap::Parser;

#[derive(Debug, Parser)]
#[command(about = "Puts load on an agent, and says how it bore it")]
enum Load {
    /// Many streams that each tell a little all the time
    Steady(steady::Args),
    /// Many sidecars whose agent goes away and comes back
    Crowd(crowd::Args),
    /// A stream that tells much more than can be taken, beside quiet ones
    Noisy(noisy::Args),
    /// More from all than can be taken
    Overload(overload::Args),
}

fn main() -> ExitCode {
    let done = match Load::parse() {
        Load::Steady(args) => steady::run(&args),
        Load::Crowd(args) => crowd::run(&args),
        Load::Noisy(args) => noisy::run(&args),
        Load::Overload(args) => overload::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(line) => {
            eprintln!("load: {line}");
            ExitCode::FAILURE
        }
    }
}

/// An error where a figure is beyond its bound.
fn bound<T: Copy + PartialOrd + std::fmt::Debug>(
    what: &str,
    figure: T,
    most: T,
) -> Result<(), String> {
    match figure <= most {
        true => Ok(()),
        false => Err(format!("{what}: {figure:?}, more than {most:?}")),
    }
}
