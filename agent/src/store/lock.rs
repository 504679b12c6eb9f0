//! The lock on a data directory: one daemon, or any number of `sentinel run` side by side.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use super::StoreError;

/// Whether others may work on the directory at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Nobody else: the daemon.
    Exclusive,
    /// Others of this kind: `sentinel run`, each owning its own runs only.
    Shared,
}

/// Holds the lock until dropped, or until the process dies however it dies.
#[derive(Debug)]
pub struct DirLock {
    file: File,
}

impl DirLock {
    const FILE: &'static str = "sentinel.lock";

    /// Takes the lock without waiting and leaves this process's id in the file.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when somebody holds it, [`StoreError::NotWritable`] when the lock file
    /// cannot be made.
    pub fn take(dir: &Path, sharing: Sharing) -> Result<DirLock, StoreError> {
        let denied = |source| StoreError::NotWritable {
            dir: dir.to_owned(),
            source,
        };
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(dir.join(Self::FILE))
            .map_err(denied)?;
        let taken = match sharing {
            Sharing::Exclusive => file.try_lock(),
            Sharing::Shared => file.try_lock_shared(),
        };
        match taken {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(dir, file)),
            Err(TryLockError::Error(source)) => return Err(denied(source)),
        }
        let mut lock = DirLock { file };
        lock.sign().map_err(denied)?;
        Ok(lock)
    }

    fn sign(&mut self) -> std::io::Result<()> {
        self.file.rewind()?;
        self.file.set_len(0)?;
        writeln!(self.file, "{}", std::process::id())
    }
}

impl Drop for DirLock {
    /// Closing would not do: a process that is being started may hold a copy of the file until it runs.
    fn drop(&mut self) {
        // What cannot be unlocked is so when the last copy is closed.
        let _ = self.file.unlock();
    }
}

fn in_use(dir: &Path, file: File) -> StoreError {
    let mut holder = String::new();
    // Whoever wrote more than a number is not one of ours; the name is only for the message.
    let read = file.take(32).read_to_string(&mut holder);
    let holder = holder.trim();
    let known = read.is_ok() && !holder.is_empty() && holder.bytes().all(|b| b.is_ascii_digit());
    StoreError::InUse {
        dir: dir.to_owned(),
        holder: if known { holder } else { "unknown" }.to_owned(),
    }
}
