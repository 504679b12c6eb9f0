//! The digest on a disk that fails or stops at any step: what was told is there, once and unaltered.

use std::ffi::OsString;
use std::sync::atomic::{AtomicUsize, Ordering};

use sentinel_parsers::event::{Body, Event, Status, TestEnd};
use sentinel_parsers::frame::FrameBuilder;

use super::*;
use crate::fs::{RealFs, Stat};

const EPOCH: [u8; 16] = [7; 16];
const FRAMES: u64 = 40;
/// Bytes of the stream that a frame stands for.
const SPAN: u64 = 1_000;

/// A disk that takes so many steps and then no more.
#[derive(Clone, Debug)]
struct Dying(Arc<AtomicUsize>);

impl Dying {
    fn step(&self) -> io::Result<()> {
        let left = |left: usize| left.checked_sub(1);
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, left);
        taken
            .map(|_| ())
            .map_err(|_| io::ErrorKind::StorageFull.into())
    }
}

#[derive(Debug)]
struct Writing(Box<dyn FsWrite>, Dying);

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.1.step().is_err() {
            // Torn: a part of it is there.
            self.0.write_all(&bytes[..bytes.len() / 2])?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl FsWrite for Writing {
    fn sync(&mut self) -> io::Result<()> {
        self.1.step()?;
        self.0.sync()
    }
    fn lock(&mut self) -> io::Result<()> {
        self.0.lock()
    }
}

impl Fs for Dying {
    fn open(&self, path: &Path) -> io::Result<Box<dyn FsFile>> {
        RealFs.open(path)
    }
    fn names(&self, dir: &Path) -> io::Result<Vec<OsString>> {
        RealFs.names(dir)
    }
    fn stat(&self, path: &Path) -> io::Result<Stat> {
        RealFs.stat(path)
    }
    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        RealFs.resolve(path)
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn FsWrite>> {
        self.step()?;
        Ok(Box::new(Writing(RealFs.create(path)?, self.clone())))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        RealFs.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        RealFs.remove(path)
    }
    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.step()?;
        RealFs.sync_dir(dir)
    }
}

fn frame(n: u64) -> Frame {
    let mut builder = FrameBuilder::new();
    builder.push(&Event {
        offset: n * SPAN,
        sub: 0,
        line: n,
        time_ms: None,
        lane: 0,
        dialect: "tap",
        body: Body::TestEnd(TestEnd::new(None, &format!("test {n}"), Status::Passed)),
    });
    builder.finish(Header {
        epoch: EPOCH,
        seq: n,
        start: n * SPAN,
        end: (n + 1) * SPAN,
        last: n + 1 == FRAMES,
    })
}

fn open(fs: Arc<dyn Fs>, dir: &Path) -> Digest {
    Digest::open(fs, dir, EPOCH, 1 << 20)
}

/// Frames from where the digest ends, told now and then, until the disk takes no more.
fn write_on(digest: &mut Digest) -> io::Result<()> {
    let from = digest.range().map_or(0, |(_, to)| to / SPAN);
    for n in from..FRAMES {
        digest.push(&frame(n), 0)?;
        if n % 3 == 2 || n + 1 == FRAMES {
            digest.tell()?;
        }
    }
    Ok(())
}

fn read_from(digest: &mut Digest, from: u64) -> Vec<Frame> {
    digest.seek(from);
    std::iter::from_fn(|| digest.next().unwrap()).collect()
}

fn frames(range: std::ops::Range<u64>) -> Vec<Frame> {
    range.map(frame).collect()
}

#[test]
fn whatever_step_it_stops_at_what_was_told_is_there_and_the_rest_is_added_once() {
    let mut whole = false;
    for steps in 0.. {
        let dir = tempfile::tempdir().unwrap();
        let disk = Dying(Arc::new(AtomicUsize::new(steps)));
        whole = write_on(&mut open(Arc::new(disk), dir.path())).is_ok();
        let (told, _) = read_digested(&RealFs, dir.path());
        let mut digest = open(Arc::new(RealFs), dir.path());
        assert_eq!(digest.range().map_or(0, |(_, to)| to), told, "step {steps}");
        assert_eq!(read_from(&mut digest, 0), frames(0..told / SPAN));
        write_on(&mut digest).unwrap();
        assert_eq!(read_from(&mut digest, 0), frames(0..FRAMES), "step {steps}");
        assert!(digest.has_end());
        if whole {
            break;
        }
    }
    assert!(whole);
}

#[test]
fn on_a_disk_that_is_full_for_a_while_frames_are_added_once_there_is_room() {
    for steps in 0..60 {
        let dir = tempfile::tempdir().unwrap();
        let disk = Dying(Arc::new(AtomicUsize::new(steps)));
        let mut digest = open(Arc::new(disk.clone()), dir.path());
        let mut n = 0;
        while n < FRAMES && digest.push(&frame(n), 0).is_ok() {
            n += 1;
        }
        disk.0.store(usize::MAX, Ordering::Relaxed);
        // A sync that failed says nothing of what it was for.
        let dead = digest.dead;
        while !dead && n < FRAMES {
            digest.push(&frame(n), 0).unwrap();
            n += 1;
        }
        if !dead {
            digest.tell().unwrap();
        }
        assert_eq!(read_from(&mut digest, 0), frames(0..n), "step {steps}");
    }
}

#[test]
fn what_the_agent_has_is_passed_over_and_deleted_when_room_is_needed() {
    let dir = tempfile::tempdir().unwrap();
    let mut digest = open(Arc::new(RealFs), dir.path());
    write_on(&mut digest).unwrap();
    assert_eq!(read_from(&mut digest, 5 * SPAN), frames(5..FRAMES));
    assert_eq!(read_from(&mut digest, 5 * SPAN + 1), frames(5..FRAMES));
    // The stream's end is told however much the agent has.
    assert_eq!(
        read_from(&mut digest, FRAMES * SPAN),
        frames(FRAMES - 1..FRAMES)
    );
    assert!(digest.begin(5 * SPAN) && digest.range().is_some());
    assert!(digest.begin(FRAMES * SPAN + 1));
    assert_eq!(digest.range(), None);
    assert_eq!(open(Arc::new(RealFs), dir.path()).range(), None);
}

#[test]
fn it_never_takes_more_than_it_may_and_what_the_agent_has_goes_first() {
    let dir = tempfile::tempdir().unwrap();
    let most = 8 * frame(10).encode().len() as u64;
    let mut digest = Digest::open(Arc::new(RealFs), dir.path(), EPOCH, most);
    let mut n = 0;
    while digest.push(&frame(n), 0).is_ok() {
        n += 1;
    }
    assert!((7..=8).contains(&n), "{n}");
    // What is not read yet stays, whatever the agent has.
    assert!(digest.push(&frame(n), n * SPAN).is_err());
    assert_eq!(read_from(&mut digest, 0), frames(0..n));
    while n < FRAMES {
        digest.push(&frame(n), n * SPAN).unwrap();
        digest.skip();
        n += 1;
        assert!(digest.bytes() <= most);
    }
}

#[test]
fn a_damaged_frame_is_a_gap_in_its_place_and_without_its_header_the_digest_ends_there() {
    let dir = tempfile::tempdir().unwrap();
    let mut digest = open(Arc::new(RealFs), dir.path());
    write_on(&mut digest).unwrap();
    let path = digest.path(0);
    let whole = std::fs::read(&path).unwrap();
    let at = frame(0).encode().len() + frame(1).encode().len();
    for place in [at + 1, at + 30, at + 90] {
        let mut changed = whole.clone();
        changed[place] ^= 0x55;
        std::fs::write(&path, changed).unwrap();
        let given = read_from(&mut open(Arc::new(RealFs), dir.path()), 0);
        assert_eq!(given[..2], frames(0..2));
        if place < at + 68 {
            assert_eq!(given.len(), 2);
            continue;
        }
        assert!(matches!(
            given[2].events().next().unwrap().body,
            Body::Gap(gap) if (gap.from, gap.to) == (2 * SPAN, 3 * SPAN)
        ));
        assert_eq!(given[3..], frames(3..FRAMES));
    }
}
