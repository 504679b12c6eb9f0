//! `sentinel-sidecar install`: this program, put where a container whose image does not have it can run it.

use std::env;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::args::complain;

/// The program's name there.
const NAME: &str = "sentinel-sidecar";

pub(crate) fn run(dir: &Path) -> i32 {
    match install(dir) {
        Ok(()) => 0,
        Err(error) => {
            complain(&format!("not installed in {}: {error}", dir.display()));
            1
        }
    }
}

/// Whoever runs the name meanwhile runs the old program or the whole new one.
fn install(dir: &Path) -> io::Result<()> {
    let staged = dir.join(format!(".{NAME}.new"));
    fs::copy(env::current_exe()?, &staged)?;
    // For every user, whatever the image's mode is and whatever is masked here.
    fs::set_permissions(&staged, Permissions::from_mode(0o755))?;
    fs::rename(&staged, dir.join(NAME))
}
