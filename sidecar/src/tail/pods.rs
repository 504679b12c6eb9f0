//! A pod's log directory as a kubelet keeps it: `CONTAINER/N.log`, one for each start of a container, with older parts
//! beside it. Each start is a stream of its own.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Wanted;
use crate::fs::{Fs, RealFs};

/// Starts of a container before the earliest that is left, of which it is told that they are lost.
const MISSED: u32 = 64;

/// One start of a container.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attempt {
    /// The container's name.
    pub container: String,
    /// How often it was started before.
    pub restart: u32,
    /// The newest file of its log.
    pub path: PathBuf,
    /// Whether nothing of its log is left.
    pub gone: bool,
}

/// Whose log it is, told by its place in `/var/log/pods`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The pod's uid.
    pub pod_uid: String,
    /// The container's name.
    pub container: String,
    /// How often the container was started before.
    pub restart: u32,
}

impl Owner {
    /// The owner of a log at `.../NAMESPACE_POD_UID/CONTAINER/N.log`.
    ///
    /// ```
    /// use sentinel_sidecar::tail::Owner;
    /// let path = "/var/log/pods/ci_tests-x7_0b5c/runner/2.log";
    /// let owner = Owner::of(path.as_ref()).unwrap();
    /// assert_eq!((&*owner.pod_uid, &*owner.container, owner.restart), ("0b5c", "runner", 2));
    /// assert_eq!(Owner::of("/var/log/tests/2.log".as_ref()), None);
    /// ```
    #[must_use]
    pub fn of(path: &Path) -> Option<Owner> {
        let restart = restart(path.file_name()?.to_str()?)?;
        let dir = path.parent()?;
        Some(Owner {
            pod_uid: pod_uid(dir.parent()?)?,
            container: dir.file_name()?.to_str()?.to_owned(),
            restart,
        })
    }
}

/// The uid in the name of a pod's directory, `NAMESPACE_POD_UID`.
#[must_use]
pub fn pod_uid(dir: &Path) -> Option<String> {
    let mut parts = dir.file_name()?.to_str()?.split('_');
    let (_, _, uid) = (parts.next()?, parts.next()?, parts.next()?);
    (parts.next().is_none() && !uid.is_empty()).then(|| uid.to_owned())
}

/// The logs of one pod.
#[derive(Clone, Debug)]
pub struct PodLogs {
    fs: Arc<dyn Fs>,
    dir: PathBuf,
    /// The containers wanted; all of them if none is named.
    wanted: Vec<String>,
    /// Our own, which is never read: each line of it would make another.
    own: String,
}

impl PodLogs {
    /// The logs in a directory, which need not be there yet: of these containers, or of all but our own.
    #[must_use]
    pub fn new(dir: &Path, wanted: Vec<String>, own: &str) -> PodLogs {
        PodLogs::on(Arc::new(RealFs), dir, wanted, own)
    }

    /// The same on another file system.
    #[must_use]
    pub fn on(fs: Arc<dyn Fs>, dir: &Path, wanted: Vec<String>, own: &str) -> PodLogs {
        PodLogs {
            fs,
            dir: dir.to_owned(),
            wanted,
            own: own.to_owned(),
        }
    }

    pub(crate) fn fs(&self) -> &Arc<dyn Fs> {
        &self.fs
    }

    /// Every start of every container wanted, in order, also those of which nothing is left.
    ///
    /// # Errors
    /// When a directory cannot be listed; retryable.
    pub fn look(&self) -> io::Result<Vec<Attempt>> {
        let mut attempts = Vec::new();
        for container in self.containers()? {
            let dir = self.dir.join(&container);
            let names = names(&*self.fs, &dir)?;
            let there: BTreeSet<u32> = names.iter().filter_map(|name| restart(name)).collect();
            let Some(last) = there.last() else {
                continue;
            };
            for restart in last.saturating_sub(MISSED)..=*last {
                attempts.push(Attempt {
                    path: dir.join(format!("{restart}.log")),
                    container: container.clone(),
                    restart,
                    gone: !there.contains(&restart),
                });
            }
        }
        Ok(attempts)
    }

    /// What tells that there may be another start.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        if !self.fs.tells() {
            return Wanted::Nothing;
        }
        let mut paths = vec![self.dir.clone()];
        for container in self.containers().unwrap_or_default() {
            paths.push(self.dir.join(container));
        }
        Wanted::Paths(paths)
    }

    fn containers(&self) -> io::Result<Vec<String>> {
        let mut containers = names(&*self.fs, &self.dir)?;
        containers.retain(|name| {
            *name != self.own && (self.wanted.is_empty() || self.wanted.contains(name))
        });
        containers.sort();
        Ok(containers)
    }
}

/// The names in a directory; none while it is not there.
fn names(fs: &dyn Fs, dir: &Path) -> io::Result<Vec<String>> {
    match fs.names(dir) {
        Ok(names) => Ok(names
            .into_iter()
            .filter_map(|n| n.into_string().ok())
            .collect()),
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(Vec::new())
        }
        Err(e) => Err(e),
    }
}

/// The restart count in the name of a log, or of an older part of one.
fn restart(name: &str) -> Option<u32> {
    let (count, rest) = name.split_once(".log")?;
    let log = rest.is_empty() || (rest.starts_with('.') && !rest.ends_with(".tmp"));
    let number = !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit());
    (log && number).then(|| count.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t18_every_start_of_every_container_but_our_own_is_found() {
        let dir = tempfile::tempdir().unwrap();
        for file in [
            "runner/2.log",
            "runner/4.log.20261126-120000.gz",
            "runner/5.log",
            "runner/notes.txt",
            "db/0.log",
            "sentinel-sidecar/0.log",
        ] {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        std::fs::create_dir(dir.path().join("empty")).unwrap();
        let found = |wanted: &[&str]| -> Vec<String> {
            let wanted = wanted.iter().map(|w| (*w).to_owned()).collect();
            let logs = PodLogs::new(dir.path(), wanted, "sentinel-sidecar");
            let told = |a: Attempt| {
                let gone = if a.gone { " gone" } else { "" };
                format!("{} {}{gone}", a.container, a.restart)
            };
            logs.look().unwrap().into_iter().map(told).collect()
        };
        let runner = [
            "runner 0 gone",
            "runner 1 gone",
            "runner 2",
            "runner 3 gone",
            "runner 4",
            "runner 5",
        ];
        assert_eq!(found(&["runner"]), runner);
        assert_eq!(found(&[])[0], "db 0");
        assert_eq!(found(&[]).len(), 7);
        assert_eq!(found(&["sentinel-sidecar"]), [""; 0]);
        let nowhere = PodLogs::new(Path::new("/nowhere"), Vec::new(), "x");
        assert_eq!(nowhere.look().unwrap(), []);
    }
}
