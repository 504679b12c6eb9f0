//! A file system that may refuse to open files, as one does until somebody changes a mode. A test that runs as root
//! is refused nothing by a real one.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sentinel_sidecar::clock::SystemClock;
use sentinel_sidecar::fs::{Fs, FsFile, FsWrite, RealFs, Stat};
use sentinel_sidecar::tail::{FollowOptions, FollowSource, Source, Step};

#[derive(Debug, Default)]
struct Refusing {
    refuses: AtomicBool,
}

impl Fs for Refusing {
    fn open(&self, path: &Path) -> io::Result<Box<dyn FsFile>> {
        if self.refuses.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
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
        RealFs.create(path)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealFs.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        RealFs.remove(path)
    }
    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        RealFs.sync_dir(dir)
    }
}

#[test]
fn t14_a_file_that_may_not_be_read_yet_is_read_once_it_may() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("0.log");
    let fs = Arc::new(Refusing::default());
    let options = FollowOptions {
        follow: true,
        ..FollowOptions::default()
    };
    let clock = Arc::new(SystemClock);
    let source = FollowSource::on(Arc::clone(&fs) as Arc<dyn Fs>, clock, &log, options);
    let mut source = Source::File(Box::new(source));
    let mut buffer = [0; 100];
    assert_eq!(source.rewind(0).unwrap(), Some(0));
    assert_eq!(source.read(&mut buffer).unwrap(), Step::Idle);
    std::fs::write(&log, "line\n").unwrap();
    fs.refuses.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        let refused = source.read(&mut buffer).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        let refused = source.rewind(0).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
    }
    fs.refuses.store(false, Ordering::Relaxed);
    assert_eq!(source.rewind(0).unwrap(), Some(0));
    assert_eq!(source.read(&mut buffer).unwrap(), Step::Bytes(5));
    assert_eq!(source.read(&mut buffer).unwrap(), Step::Idle);
}
