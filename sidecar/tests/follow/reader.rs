//! A reader with the memory of an agent: what is stored stays, and the reader may be started again at any time.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use sentinel_sidecar::tail::{FollowOptions, FollowSource, Source, Step};

use crate::writer::line;

/// A lost range as it stands in the stored stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    /// How many bytes were stored before it.
    pub(crate) behind: usize,
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) reason: String,
}

/// How the reader's source is made.
pub(crate) type Opens = Box<dyn Fn(&Path, &FollowOptions) -> Source>;

pub(crate) struct Reader {
    path: PathBuf,
    options: FollowOptions,
    source: Source,
    opens: Opens,
    /// Where the source stands.
    at: u64,
    /// Everything before this offset is stored.
    pub(crate) committed: u64,
    pub(crate) bytes: Vec<u8>,
    /// Whether the end of a line is waited for, of which the beginning is lost.
    within: bool,
    pub(crate) gaps: Vec<Gap>,
    pub(crate) ended: bool,
}

impl Reader {
    pub(crate) fn new(path: &Path, cri: bool, checkpoint: Option<PathBuf>) -> Reader {
        Reader::with(path, cri, checkpoint, Box::new(open))
    }

    pub(crate) fn with(
        path: &Path,
        cri: bool,
        checkpoint: Option<PathBuf>,
        opens: Opens,
    ) -> Reader {
        let options = FollowOptions {
            follow: true,
            cri,
            checkpoint,
            ..FollowOptions::default()
        };
        let mut reader = Reader {
            path: path.to_owned(),
            source: opens(path, &options),
            opens,
            options,
            at: 0,
            committed: 0,
            bytes: Vec::new(),
            within: false,
            gaps: Vec::new(),
            ended: false,
        };
        reader.seek();
        reader
    }

    fn seek(&mut self) {
        self.at = loop {
            match self.source.rewind(self.committed) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                at => break at.unwrap().unwrap(),
            }
        };
        if self.at > self.committed {
            self.lose(self.committed, self.at, "rotated_away");
        }
    }

    /// What is lost is lost in whole lines, as in the pipeline, unless a line is known to begin after it.
    fn lose(&mut self, mut from: u64, to: u64, reason: &str) {
        self.at = to;
        if to <= self.committed {
            return;
        }
        let whole = self.whole();
        from = from.max(self.committed) - (self.bytes.len() - whole) as u64;
        self.bytes.truncate(whole);
        self.committed = to;
        self.within = true;
        self.gaps.push(Gap {
            behind: whole,
            from,
            to,
            reason: reason.to_owned(),
        });
    }

    /// Bytes stored up to the last line's end, or gap.
    fn whole(&self) -> usize {
        let whole = self
            .bytes
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(0, |at| at + 1);
        whole.max(self.gaps.last().map_or(0, |gap| gap.behind))
    }

    fn store(&mut self, mut bytes: &[u8]) {
        self.committed += bytes.len() as u64;
        if self.within {
            let end = bytes.iter().position(|b| *b == b'\n');
            let passed = end.map_or(bytes.len(), |at| at + 1);
            self.within = end.is_none();
            bytes = &bytes[passed..];
            self.gaps.last_mut().unwrap().to += passed as u64;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// One step; true unless there was nothing to do.
    pub(crate) fn step(&mut self, buffer: &mut [u8]) -> bool {
        match self.source.read(buffer) {
            // Files get other names again and again: whoever ships looks again later.
            Err(error) if error.kind() == ErrorKind::WouldBlock => true,
            step => self.take(step.unwrap(), buffer),
        }
    }

    fn take(&mut self, step: Step, buffer: &[u8]) -> bool {
        match step {
            Step::Bytes(n) => {
                let end = self.at + n as u64;
                let new = usize::try_from(end.saturating_sub(self.committed)).unwrap();
                self.at = end;
                self.store(&buffer[n - new.min(n)..n]);
            }
            Step::Gap(lost) => {
                assert_eq!(lost.from, self.at);
                self.lose(lost.from, lost.to, &lost.reason);
            }
            Step::LineStart => self.within = false,
            Step::Idle => return false,
            Step::End(end) => {
                assert_eq!(end.total_bytes, self.at);
                self.ended = true;
                return false;
            }
        }
        self.source.acked(self.committed);
        true
    }

    /// Reads until there is nothing new.
    pub(crate) fn catch_up(&mut self) {
        let mut buffer = vec![0; 64 * 1024];
        while self.step(&mut buffer) {}
    }

    /// Reads to the end of what there is, as after SIGTERM.
    pub(crate) fn end(&mut self) {
        self.source.stop();
        self.catch_up();
        assert!(self.ended);
    }

    /// Is killed: what it would have kept at its end is not there when it starts again.
    pub(crate) fn kill(&mut self) {
        let path = self.options.checkpoint.clone().unwrap();
        let kept = std::fs::read(&path).ok();
        self.source = Source::File(Box::new(FollowSource::new(
            Path::new("/nowhere"),
            FollowOptions::default(),
        )));
        match kept {
            Some(kept) => std::fs::write(path, kept).unwrap(),
            None => std::fs::remove_file(path).unwrap(),
        }
        self.restart();
    }

    /// Ends, and starts again where the agent stands.
    pub(crate) fn restart(&mut self) {
        // Frames end where lines do.
        let kept = self.whole();
        self.within = false;
        self.committed -= (self.bytes.len() - kept) as u64;
        self.bytes.truncate(kept);
        self.source = (self.opens)(&self.path, &self.options);
        self.seek();
    }

    /// Is told that nothing of it is stored any more, as by an agent whose database was put back.
    pub(crate) fn forgotten(&mut self) {
        self.bytes.clear();
        self.gaps.clear();
        self.within = false;
        self.committed = 0;
        self.seek();
    }

    /// Numbers that are missing, once nothing is altered, doubled, out of order, or missing without a gap in its place.
    pub(crate) fn missing(&self, written: u64) -> Vec<u64> {
        let (mut missing, mut next, mut at) = (Vec::new(), 0, 0);
        for text in self.bytes.split_inclusive(|b| *b == b'\n') {
            let (begin, end) = (at, at + text.len());
            at = end;
            let cut = |gap: &Gap| begin <= gap.behind && gap.behind <= end;
            let text = String::from_utf8_lossy(text);
            let number = text.split(' ').nth(1).and_then(|n| n.parse::<u64>().ok());
            match number.filter(|n| text == line(*n)) {
                Some(n) => {
                    assert!(n >= next, "{n} after {next}: twice, or out of order");
                    let told = n == next || self.gaps.iter().any(|g| g.behind == begin);
                    assert!(
                        told,
                        "{next}..{n} are missing at {begin} without a gap: {:?}",
                        self.gaps
                    );
                    missing.extend(next..n);
                    next = n + 1;
                }
                None => assert!(self.gaps.iter().any(cut), "altered: {text:?}"),
            }
        }
        let told = next == written || self.gaps.iter().any(|g| g.behind == self.bytes.len());
        assert!(told, "{next}..{written} are missing without a gap");
        missing.extend(next..written);
        missing
    }
}

fn open(path: &Path, options: &FollowOptions) -> Source {
    Source::File(Box::new(FollowSource::new(path, options.clone())))
}
