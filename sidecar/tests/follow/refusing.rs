//! A file system that may refuse to open files, as one does until somebody changes a mode. A test that runs as root
//! is refused nothing by a real one.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sentinel_sidecar::clock::SystemClock;
use sentinel_sidecar::fs::Fs;
use sentinel_sidecar::tail::{FollowOptions, FollowSource, Source, Step};

use crate::between::{Between, Meddle};

#[derive(Default)]
struct Refusing {
    refuses: AtomicBool,
}

impl Meddle for Refusing {
    fn opening(&self) -> io::Result<()> {
        match self.refuses.load(Ordering::Relaxed) {
            true => Err(io::ErrorKind::PermissionDenied.into()),
            false => Ok(()),
        }
    }
}

#[test]
fn t14_a_file_that_may_not_be_read_yet_is_read_once_it_may() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("0.log");
    let fs = Arc::new(Between(Refusing::default()));
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
    fs.0.refuses.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        let refused = source.read(&mut buffer).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        let refused = source.rewind(0).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
    }
    fs.0.refuses.store(false, Ordering::Relaxed);
    assert_eq!(source.rewind(0).unwrap(), Some(0));
    assert_eq!(source.read(&mut buffer).unwrap(), Step::Bytes(5));
    assert_eq!(source.read(&mut buffer).unwrap(), Step::Idle);
}
