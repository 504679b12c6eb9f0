//! `sentinel backup`: a copy of a data directory's database while an agent works on it.

use std::path::PathBuf;

use clap::Args;
use sentinel_agent::store::backup;

use crate::exit::{Exit, Failure};
use crate::source::{data_dir, told};

/// Copies what is stored to a file, while an agent goes on.
///
/// The copy is of the moment it was begun. To go back to it, end the agent, put the file in place of
/// `sentinel.db` in its data directory, remove `sentinel.db-wal` and `sentinel.db-shm`, and start the agent:
/// senders that still run send what it lacks, and what nobody has any more is a gap.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The copy, a file that is not there yet
    #[arg(value_name = "FILE")]
    to: PathBuf,
    /// Data directory [default: where runs are kept]
    #[arg(long, env = "SENTINEL_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Makes the copy.
pub(crate) fn run(args: &BackupArgs) -> Result<Exit, Failure> {
    let dir = data_dir(args.data.as_deref())?;
    let copied = backup(&dir, &args.to).map_err(|e| Failure::usage(told(&e)))?;
    eprintln!("{}: {} bytes", copied.path.display(), copied.bytes);
    Ok(Exit::Ok)
}
