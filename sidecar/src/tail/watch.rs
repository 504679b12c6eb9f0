//! Waits until something happens to what a source reads, without asking all the time.
//!
//! A thin layer over inotify. What it tells is a hint to look, never what there is to see: an event that was
//! lost (the queue ran over, a directory was replaced, another machine wrote) costs a second. Where there are no
//! watches to be had, looking now and then does it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, WatchDescriptor};
use tokio::net::unix::pipe;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

/// How often a look is taken although nothing was told. The timer wakes up to twice for it.
const PATROL: Duration = Duration::from_secs(2);
/// The same where nothing can be told: soon after there was something to see, then ever more seldom.
const POLL_MIN: Duration = Duration::from_millis(50);
const POLL_MAX: Duration = Duration::from_millis(1600);
/// How long to wait after something was told: a writer in small steps is not answered step by step.
const REST: Duration = Duration::from_millis(5);

/// Most reads of the queue at a time. What is left in it then tells nothing new.
const READS: usize = 64;

/// What a source wants to be woken by.
#[derive(Debug)]
pub enum Wanted {
    /// Changes to these files, or to what is in these directories.
    Paths(Vec<PathBuf>),
    /// A word from another thread of ours.
    Word(Arc<Notify>),
    /// Nothing can tell of changes there.
    Nothing,
}

/// Tells when to look again.
#[derive(Debug)]
pub struct Watch {
    kind: Kind,
    patrol: Instant,
    poll: Duration,
    /// Whether looking now and then is all that can be done.
    polling: bool,
}

#[derive(Debug)]
enum Kind {
    Unset,
    Paths(Notes, BTreeMap<PathBuf, WatchDescriptor>),
    Word(Arc<Notify>),
    Nothing,
}

impl Default for Watch {
    fn default() -> Watch {
        Watch {
            kind: Kind::Unset,
            patrol: Instant::now(),
            poll: POLL_MIN,
            polling: false,
        }
    }
}

/// An inotify queue, and its reading end.
#[derive(Debug)]
struct Notes {
    queue: Inotify,
    events: pipe::Receiver,
}

impl Notes {
    fn new() -> io::Result<Notes> {
        let queue = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
        let events = File::from(queue.as_fd().try_clone_to_owned()?);
        // Not a pipe, but read like one.
        let events = pipe::Receiver::from_file_unchecked(events)?;
        Ok(Notes { queue, events })
    }

    /// Waits for events and takes all there are. That some were lost is an event like another.
    async fn drain(&self) {
        let mut events = [0; 4096];
        loop {
            if self.events.readable().await.is_err() {
                return std::future::pending().await;
            }
            let mut any = false;
            for _ in 0..READS {
                match self.events.try_read(&mut events) {
                    Ok(n) if n > 0 => any = true,
                    _ => break,
                }
            }
            if any {
                return;
            }
        }
    }
}

impl Watch {
    /// Whether there are no watches, so that looking now and then is all that is done.
    #[must_use]
    pub fn is_polling(&self) -> bool {
        self.polling
    }

    /// There was something to see: there may soon be more.
    pub fn busy(&mut self) {
        self.poll = POLL_MIN;
        if self.polling {
            self.patrol = Instant::now();
        }
    }

    /// Waits until there may be something to see. What happened before the first call may have been missed, so
    /// that one returns at once; so does one that begins to watch something new.
    pub async fn changed(&mut self, wanted: impl FnOnce() -> Wanted) {
        if Instant::now() >= self.patrol {
            let new = self.update(wanted);
            let interval = if self.polling { self.poll } else { PATROL };
            self.poll = (self.poll * 2).min(POLL_MAX);
            self.patrol = Instant::now() + interval;
            if new {
                return;
            }
        }
        let until = self.patrol;
        let told = async {
            match &mut self.kind {
                Kind::Paths(notes, _) => notes.drain().await,
                Kind::Word(word) => word.notified().await,
                Kind::Unset | Kind::Nothing => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = sleep_until(until) => {}
            () = told => sleep(REST).await,
        }
    }

    /// Watches what is wanted now; true when that is not what was watched before.
    fn update(&mut self, wanted: impl FnOnce() -> Wanted) -> bool {
        let first = matches!(self.kind, Kind::Unset);
        match wanted() {
            Wanted::Paths(paths) => self.watch_paths(&paths) || first,
            Wanted::Word(word) => {
                self.kind = Kind::Word(word);
                first
            }
            Wanted::Nothing => {
                self.kind = Kind::Nothing;
                self.polling = true;
                first
            }
        }
    }

    fn watch_paths(&mut self, paths: &[PathBuf]) -> bool {
        if matches!(self.kind, Kind::Unset) {
            self.kind = match Notes::new() {
                Ok(notes) => Kind::Paths(notes, BTreeMap::new()),
                Err(error) => {
                    tracing::info!("no inotify, looking now and then: {error}");
                    Kind::Nothing
                }
            };
        }
        let Kind::Paths(notes, watched) = &mut self.kind else {
            self.polling = true;
            return false;
        };
        let mut new = false;
        self.polling = false;
        for path in paths {
            // Adding what is watched already is cheap, and right also when the name means another directory by now.
            match notes.queue.add_watch(path, interesting()) {
                Ok(descriptor) => {
                    let before = watched.insert(path.clone(), descriptor);
                    if before != Some(descriptor) {
                        forget(notes, watched, before);
                        new = true;
                    }
                }
                Err(_) => {
                    let before = watched.remove(path);
                    forget(notes, watched, before);
                    self.polling = true;
                }
            }
        }
        let gone: Vec<PathBuf> = watched
            .keys()
            .filter(|path| !paths.contains(path))
            .cloned()
            .collect();
        for path in gone {
            let before = watched.remove(&path);
            forget(notes, watched, before);
        }
        new
    }
}

fn interesting() -> AddWatchFlags {
    AddWatchFlags::IN_MODIFY
        | AddWatchFlags::IN_ATTRIB
        // Also tells that a writer died: what it held open for writing is closed.
        | AddWatchFlags::IN_CLOSE_WRITE
        | AddWatchFlags::IN_CREATE
        | AddWatchFlags::IN_DELETE
        | AddWatchFlags::IN_MOVE
        | AddWatchFlags::IN_DELETE_SELF
        | AddWatchFlags::IN_MOVE_SELF
}

/// Watches no more what nobody of the others means as well.
fn forget(
    notes: &Notes,
    watched: &BTreeMap<PathBuf, WatchDescriptor>,
    descriptor: Option<WatchDescriptor>,
) {
    if let Some(descriptor) = descriptor
        && !watched.values().any(|d| *d == descriptor)
    {
        // It is gone already when the directory is.
        let _ = notes.queue.rm_watch(descriptor);
    }
}

/// The directory a file is in.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// Whether it is told within a time far below that of the next look.
    async fn told(watch: &mut Watch, dir: &Path) -> bool {
        let wanted = || Wanted::Paths(vec![dir.to_owned()]);
        let told = tokio::time::timeout(PATROL / 4, watch.changed(wanted)).await;
        told.is_ok()
    }

    #[tokio::test]
    async fn t15_a_queue_that_ran_over_tells_that_something_happened_and_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let mut watch = Watch::default();
        // The first time to look is at once.
        assert!(told(&mut watch, dir.path()).await);
        assert!(!watch.is_polling());
        let most = std::fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
        let most: usize = most.trim().parse().unwrap();
        // Two files in turn: equal events in a row are one.
        let mut files = ["a", "b"].map(|name| File::create(dir.path().join(name)).unwrap());
        for n in 0..=most {
            files[n % 2].write_all(b"x").unwrap();
        }
        assert!(told(&mut watch, dir.path()).await);
        // Whatever was left in the queue is gone by then.
        while told(&mut watch, dir.path()).await && watch.patrol > Instant::now() {}
        std::fs::write(dir.path().join("another"), "x").unwrap();
        assert!(told(&mut watch, dir.path()).await);
    }
}
