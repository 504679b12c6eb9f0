//! Files that a command writes and somebody rotates, and which of their bytes nobody can read any more.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::sleep;

use crate::chance::Chance;
use crate::disk::Disk;
use crate::disk::files::Appender;
use crate::progress::{Phase, Progress};

/// What somebody does with a file that is long enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// It is renamed, and the writer goes on in a new one.
    Rename,
    /// It is copied, and cut to nothing; the writer goes on where the file ends.
    Copy,
    /// It is deleted, and the writer goes on in a new one.
    Recreate,
}

/// How files are rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// What is done.
    pub style: Style,
    /// Older parts that are kept; all with `None`.
    pub keep: Option<usize>,
    /// Which of the older parts is packed, counted from the youngest as 1, and all that are older; none for 0.
    pub packed: usize,
    /// Milliseconds between two rotations, at most.
    pub pace: u64,
    /// Whether the file system tells when a file was made.
    pub born: bool,
    /// Whether older parts are named after the time, as a kubelet does it.
    pub dated: bool,
}

impl Rotation {
    /// Draws one.
    #[must_use]
    pub fn draw(chance: &Chance, dated: bool) -> Rotation {
        let style = match chance.below(8) {
            _ if dated => Style::Rename,
            0 | 1 => Style::Copy,
            2 => Style::Recreate,
            _ => Style::Rename,
        };
        let keep = match chance.below(3) {
            0 => Some(1 + chance.index(4)),
            _ => None,
        };
        let (packed, born) = (chance.index(3), chance.one_in(2));
        let copied = style == Style::Copy;
        Rotation {
            style,
            keep,
            // That a plain file is a copy, and not the one that was read, is told by when it was made.
            packed: if copied { 0 } else { packed },
            born: born || copied,
            pace: chance.between(50, 1_500),
            dated,
        }
    }

    /// Whether bytes are ever taken away from whoever has not read them.
    #[must_use]
    pub fn destroys(&self) -> bool {
        self.keep.is_some() || self.style != Style::Rename
    }
}

/// A part of the output in a file of its own.
#[derive(Debug)]
struct Part {
    from: u64,
    to: u64,
    path: PathBuf,
}

/// The files of one output.
#[derive(Debug)]
pub struct Files {
    disk: Disk,
    path: PathBuf,
    /// How they are rotated.
    pub rotation: Rotation,
    live: RefCell<Option<Appender>>,
    /// Where in the output the present file begins, and where the output stands.
    live_from: Cell<u64>,
    at: Cell<u64>,
    /// Whether that is the end of a line.
    line: Cell<bool>,
    /// Older parts, the youngest first.
    older: RefCell<Vec<Part>>,
    /// Parts of the output that are in no file any more.
    destroyed: RefCell<Vec<(u64, u64)>>,
    rotations: Cell<u64>,
    /// How often the disk had been full when the file was truncated last.
    fills: Cell<u64>,
    /// Whether anything of the output was ever read.
    read: Cell<bool>,
    busy: Cell<bool>,
}

impl Files {
    pub(super) fn new(disk: Disk, path: PathBuf, rotation: Rotation) -> Files {
        Files {
            disk,
            path,
            rotation,
            live: RefCell::new(None),
            live_from: Cell::new(0),
            at: Cell::new(0),
            line: Cell::new(true),
            older: RefCell::default(),
            destroyed: RefCell::default(),
            rotations: Cell::new(0),
            fills: Cell::new(0),
            read: Cell::new(false),
            busy: Cell::new(false),
        }
    }

    /// The name of the newest.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of the output that were written.
    pub(super) fn written(&self) -> usize {
        usize::try_from(self.at.get()).unwrap_or(usize::MAX)
    }

    /// Parts of the output that are in no file any more.
    #[must_use]
    pub fn destroyed(&self) -> Vec<(u64, u64)> {
        self.destroyed.borrow().clone()
    }

    /// Writes a piece; false when nothing more fits on the disk.
    pub(super) fn write(&self, piece: &[u8]) -> bool {
        let mut live = self.live.borrow_mut();
        let live = live.get_or_insert_with(|| self.open());
        let written = live.write(piece);
        if written {
            self.at.set(self.at.get() + piece.len() as u64);
            self.line.set(piece.ends_with(b"\n"));
        }
        written
    }

    fn open(&self) -> Appender {
        self.disk.append_to(&self.path)
    }

    /// The file is there before anything is in it, as a container runtime makes it.
    pub(super) fn begin(&self) {
        self.live.replace(Some(self.open()));
    }

    /// Waits until no rotation is under way.
    pub(super) async fn calm(&self) {
        while self.busy.get() {
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Everything is deleted, as of a container that was started twice since.
    pub(crate) fn delete(&self) {
        for part in self.older.take() {
            self.disk.delete(&part.path);
        }
        self.disk.delete(&self.path);
        self.destroyed.borrow_mut().push((0, self.at.get()));
    }

    /// Rotates now and then while things go wrong, once the files are known of; never returns.
    pub(super) async fn rotate(&self, chance: &Chance, known: impl Fn() -> bool, world: &Progress) {
        // What was rotated away before anybody looked for the first time is not of the stream.
        while !known() {
            sleep(Duration::from_millis(20)).await;
        }
        // Of its own, so that what the command draws does not depend on when it is asked.
        let chance = &chance.fork();
        loop {
            sleep(Duration::from_millis(chance.between(1, self.rotation.pace))).await;
            let empty = self.at.get() == self.live_from.get();
            if self.live.borrow().is_none() || world.phase() != Phase::Faults || empty {
                continue;
            }
            self.busy.set(true);
            self.rotations.set(self.rotations.get() + 1);
            match self.rotation.style {
                Style::Rename => self.rename(chance).await,
                Style::Copy => self.copy(chance).await,
                Style::Recreate => self.recreate(chance).await,
            }
            self.busy.set(false);
        }
    }

    async fn rename(&self, chance: &Chance) {
        self.make_room(chance).await;
        let to = self.older_name(1);
        self.disk.move_to(&self.path, &to);
        self.older.borrow_mut().insert(
            0,
            Part {
                from: self.live_from.get(),
                to: u64::MAX,
                path: to,
            },
        );
        pause(chance).await;
        self.reopen().await;
        self.pack(chance).await;
    }

    async fn copy(&self, chance: &Chance) {
        self.make_room(chance).await;
        self.line_end().await;
        let (to, copied) = (self.older_name(1), self.at.get());
        self.disk.copy(&self.path, &to);
        let fills = self.disk.fills();
        if !self.disk.was_read(&self.path) || self.fills.replace(fills) != fills {
            // Of what came and went in a file while nobody looked, or nobody could write down that he had, nobody
            // knows that there is a copy.
            self.destroy(self.live_from.get(), copied);
        }
        self.older.borrow_mut().insert(
            0,
            Part {
                from: self.live_from.get(),
                to: copied,
                path: to,
            },
        );
        // In one step: what was read of the file between copy and truncation is in no copy, and a sidecar that is started
        // again does not know that copy. The tests of the tailer let bytes come in between.
        self.disk.truncate(&self.path);
        self.destroy(copied, self.at.get());
        self.live_from.set(self.at.get());
        pause(chance).await;
        self.pack(chance).await;
    }

    async fn recreate(&self, chance: &Chance) {
        // A file that came and went while nobody looked left nothing by which anybody could know of it.
        if !self.disk.is_read(&self.path) {
            return;
        }
        self.line_end().await;
        self.disk.delete(&self.path);
        self.destroyed
            .borrow_mut()
            .push((self.live_from.get(), u64::MAX));
        pause(chance).await;
        self.reopen().await;
        if let Some(last) = self.destroyed.borrow_mut().last_mut() {
            last.1 = self.at.get();
        }
    }

    /// The writer goes on in a new file.
    async fn reopen(&self) {
        self.line_end().await;
        self.live.replace(Some(self.open()));
        if let Some(part) = self.older.borrow_mut().first_mut()
            && part.to == u64::MAX
        {
            part.to = self.at.get();
        }
        self.live_from.set(self.at.get());
    }

    /// Waits for the end of a line, where half a one could be lost, or a container runtime writes.
    async fn line_end(&self) {
        let anywhere = !self.rotation.destroys() && !self.rotation.dated;
        while !anywhere && !self.line.get() {
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Nobody can read this part any more. Where a file is copied and truncated it may be empty: nobody can know that.
    fn destroy(&self, from: u64, to: u64) {
        self.destroyed.borrow_mut().push((from, to));
    }

    /// Deletes the oldest and gives the others their next names.
    async fn make_room(&self, chance: &Chance) {
        let keep = match self.was_read() {
            true => self.rotation.keep.unwrap_or(usize::MAX),
            // Of what comes and goes before nobody can know.
            false => usize::MAX,
        };
        while self.older.borrow().len() >= keep {
            if let Some(oldest) = self.older.borrow_mut().pop() {
                self.disk.delete(&oldest.path);
                self.destroy(oldest.from, oldest.to);
            }
        }
        if self.rotation.dated {
            return;
        }
        let older = self.older.borrow().len();
        for n in (0..older).rev() {
            if let Some(part) = self.older.borrow_mut().get_mut(n) {
                let packed = part.path.extension().is_some_and(|e| e == "gz");
                let to = self.older_name(n + 2);
                let to = if packed { gz(&to) } else { to };
                self.disk.move_to(&part.path, &to);
                part.path = to;
            }
            if chance.one_in(4) {
                pause(chance).await;
            }
        }
    }

    /// Whether anything of the output was read by now.
    fn was_read(&self) -> bool {
        let older = self.older.borrow();
        let mut parts = older.iter().map(|part| &part.path);
        let read = parts.any(|path| self.disk.was_read(path)) || self.disk.was_read(&self.path);
        self.read.set(self.read.get() || read);
        self.read.get()
    }

    /// Packs those that are old enough.
    async fn pack(&self, chance: &Chance) {
        if self.rotation.packed == 0 {
            return;
        }
        let older = self.older.borrow().len();
        for n in self.rotation.packed - 1..older {
            let plain = self.older.borrow().get(n).map(|part| part.path.clone());
            let Some(plain) = plain.filter(|p| p.extension().is_none_or(|e| e != "gz")) else {
                continue;
            };
            let (packed, staged) = (gz(&plain), with(&plain, ".gz.tmp"));
            if self.disk.pack(&plain, &staged).is_err() {
                return;
            }
            pause(chance).await;
            self.disk.move_to(&staged, &packed);
            pause(chance).await;
            self.disk.delete(&plain);
            if let Some(part) = self.older.borrow_mut().get_mut(n) {
                part.path = packed;
            }
        }
    }

    /// The name of an older part.
    fn older_name(&self, n: usize) -> PathBuf {
        match self.rotation.dated {
            true => with(
                &self.path,
                &format!(".20261126-{:06}", self.rotations.get()),
            ),
            false => with(&self.path, &format!(".{n}")),
        }
    }
}

fn gz(path: &Path) -> PathBuf {
    with(path, ".gz")
}

fn with(path: &Path, more: &str) -> PathBuf {
    PathBuf::from(format!("{}{more}", path.display()))
}

async fn pause(chance: &Chance) {
    if !chance.one_in(3) {
        sleep(Duration::from_millis(chance.below(60))).await;
    }
}
