//! `sentinel config`: looking at the configuration before anything depends on it.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use sentinel_config::{Config, Environment};
use sentinel_parsers::redact;
use sentinel_sidecar::reading::{self, KeyFile};

use crate::exit::{Exit, Failure};
use crate::runs::deliver;
use crate::source::{KEY_FILE, data_dir};

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
    /// Lists the rules of redaction
    Redaction,
    /// Prints the keyed hashes of a secret value, read from standard input, for redaction.values
    ///
    /// The value is hashed as it is and as JSON, URLs and base64 spell it. The key is the one of
    /// redaction.key_file, else the one that `sentinel run` keeps.
    Hash {
        /// Configuration file [default: sentinel.toml, if there is one]
        #[arg(long, env = "SENTINEL_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
    },
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
        ConfigCommand::Redaction => {
            let lines = redact::rules().map(|(id, summary)| format!("{id:<24} {summary}\n"));
            deliver(&lines.collect::<String>(), None)?;
        }
        ConfigCommand::Hash { config } => deliver(&hashes(config.as_deref())?, None)?,
    }
    Ok(Exit::Ok)
}

/// The hashes of the value on standard input, in all its spellings.
fn hashes(config: Option<&Path>) -> Result<String, Failure> {
    let usage = |what: String| Failure::usage(what);
    let (config, _) = load(config)?;
    let dir = data_dir(None).ok();
    if let Some(dir) = &dir {
        // Without it the key cannot be kept, which is told below.
        let _ = std::fs::create_dir_all(dir);
    }
    let kept = dir.map(|dir| dir.join(KEY_FILE));
    let key_file = kept.as_deref().map_or(KeyFile::Nowhere, KeyFile::Kept);
    let named = config.redaction.key_file.as_deref();
    let key = reading::key(named, key_file).map_err(|e| usage(e.to_string()))?;
    if named.is_none() && !kept.is_some_and(|path| path.is_file()) {
        let line = "no key to hash with: set redaction.key_file in the configuration";
        return Err(usage(line.to_owned()));
    }
    let mut value = String::new();
    std::io::stdin()
        .read_to_string(&mut value)
        .map_err(|e| usage(format!("cannot read the value from standard input: {e}")))?;
    let spellings = redact::spellings(value.trim_end_matches(['\r', '\n']));
    let hashed = spellings
        .iter()
        .map(|text| redact::HashedValue::of(&key, text.as_bytes()));
    let hashed: Vec<String> = hashed
        .map(|value| value.map(|v| format!("\"{v}\",\n")))
        .collect::<Result<_, _>>()
        .map_err(usage)?;
    Ok(hashed.concat())
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
