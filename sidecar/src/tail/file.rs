//! A plain file as a source: read to its end, or followed while it grows.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::watch::parent;
use super::{Step, Wanted};
use crate::hash::StreamHash;
use crate::segments::StreamEnd;

/// A file whose offsets are the stream's.
#[derive(Debug)]
pub struct FileSource {
    path: PathBuf,
    file: File,
    at: u64,
    follow: bool,
    hash: StreamHash,
}

impl FileSource {
    /// Opens a file; with `follow` its end is not the stream's end.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path, follow: bool) -> io::Result<FileSource> {
        Ok(FileSource {
            path: path.to_owned(),
            file: File::open(path)?,
            at: 0,
            follow,
            hash: StreamHash::default(),
        })
    }

    pub(super) fn rewind(&mut self) -> io::Result<u64> {
        self.file.seek(SeekFrom::Start(0))?;
        self.at = 0;
        self.hash = StreamHash::default();
        Ok(0)
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Step> {
        let n = self.file.read(buffer)?;
        if n > 0 {
            self.at += n as u64;
            self.hash.update(&buffer[..n]);
            return Ok(Step::Bytes(n));
        }
        let truncated = self.file.metadata()?.len() < self.at;
        if self.follow && !truncated {
            return Ok(Step::Idle);
        }
        Ok(Step::End(StreamEnd {
            total_bytes: self.at,
            hash: (!truncated).then(|| self.hash.finish()),
            ended_ms: crate::clock::now_ms(),
            // What a truncated file held between our last read and now nobody knows.
            cause: if truncated { "killed" } else { "eof" }.to_owned(),
            ..StreamEnd::default()
        }))
    }

    pub(super) fn wanted(&self) -> Wanted {
        Wanted::Paths(vec![parent(&self.path).to_owned()])
    }

    pub(super) fn stop(&mut self) {
        self.follow = false;
    }
}
