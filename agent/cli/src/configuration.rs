//! `sentinel config`: looking at the configuration before anything depends on it.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use sentinel_config::{Config, Environment};

use crate::exit::{Exit, Failure};
use crate::runs::deliver;

/// Read when no file is named and it exists.
pub(crate) const DEFAULT_FILE: &str = "sentinel.toml";

/// Checks the configuration, or prints what can be configured.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Reads a file and the SENTINEL_SECTION__KEY variables, and lists every mistake with its place
    Check {
        /// The file [default: sentinel.toml, if there is one]
        file: Option<PathBuf>,
    },
    /// Prints a file with every key, its default, unit and bounds
    Default,
    /// Prints the JSON schema
    Schema,
}

/// Runs the subcommand.
pub(crate) fn run(args: &ConfigArgs) -> Result<Exit, Failure> {
    match &args.command {
        ConfigCommand::Check { file } => {
            let (_, read) = load(file.as_deref())?;
            let origin = match read {
                Some(path) => path.display().to_string(),
                None => "no file, defaults and environment".to_owned(),
            };
            deliver(&format!("{origin}: ok\n"), None)?;
        }
        ConfigCommand::Default => deliver(&sentinel_config::sample(), None)?,
        ConfigCommand::Schema => deliver(&sentinel_config::schema(), None)?,
    }
    Ok(Exit::Ok)
}

/// The configuration of the file named, or of `sentinel.toml` here, or the defaults; and the file
/// that was read.
pub(crate) fn load(file: Option<&Path>) -> Result<(Config, Option<PathBuf>), Failure> {
    let here = Path::new(DEFAULT_FILE);
    let path = file.or_else(|| here.is_file().then_some(here));
    match Config::load(path, &Environment) {
        Ok(config) => Ok((config, path.map(Path::to_owned))),
        Err(errors) => Err(Failure::usage(errors.to_string())),
    }
}
