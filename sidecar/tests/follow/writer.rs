//! A writer of numbered lines, and those who rotate its file.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;

/// A line that tells its number and is as long as the number says.
pub(crate) fn line(n: u64) -> String {
    let hash = n.wrapping_mul(0x2545_f491_4f6c_dd1d);
    let more = usize::try_from(hash >> 58).unwrap();
    format!("line {n} {hash:016x} {}\n", "x".repeat(more))
}

pub(crate) struct Writer {
    pub(crate) path: PathBuf,
    file: File,
    /// Lines written so far.
    pub(crate) lines: u64,
    /// What is left of a line that was begun.
    rest: String,
    /// Everything, as one stream.
    pub(crate) all: Vec<u8>,
    append: bool,
}

impl Writer {
    pub(crate) fn new(path: &Path) -> Writer {
        Writer {
            path: path.to_owned(),
            file: create(path, true),
            lines: 0,
            rest: String::new(),
            all: Vec::new(),
            append: true,
        }
    }

    /// A writer that keeps its position when its file is truncated.
    pub(crate) fn stale(path: &Path) -> Writer {
        let mut writer = Writer::new(path);
        writer.append = false;
        writer.file = create(path, false);
        writer
    }

    pub(crate) fn write(&mut self, lines: u64) {
        let mut text = std::mem::take(&mut self.rest);
        for _ in 0..lines {
            text += &line(self.lines);
            self.lines += 1;
        }
        self.put(&text);
    }

    /// The beginning of a line; its rest comes with the next.
    pub(crate) fn write_part(&mut self) {
        self.write_first(line(self.lines).len() - 7);
    }

    /// So many bytes of a line.
    pub(crate) fn write_first(&mut self, bytes: usize) {
        let mut text = line(self.lines);
        let rest = text.split_off(bytes);
        self.lines += 1;
        let before = std::mem::replace(&mut self.rest, rest);
        self.put(&(before + &text));
    }

    fn put(&mut self, text: &str) {
        self.file.write_all(text.as_bytes()).unwrap();
        self.all.extend_from_slice(text.as_bytes());
    }

    /// Goes on in a new file of the same name.
    pub(crate) fn reopen(&mut self) {
        self.file = create(&self.path, self.append);
    }

    fn older(&self, tag: &str) -> PathBuf {
        PathBuf::from(format!("{}.{tag}", self.path.display()))
    }

    /// As `logrotate` does it: renames all, keeps so many, gzips from the second on, or all.
    pub(crate) fn rotate(&mut self, keep: u32, gzip_from: u32) {
        for n in (1..=keep).rev() {
            for packed in ["", ".gz"] {
                let from = self.older(&format!("{n}{packed}"));
                if !from.exists() {
                    continue;
                }
                if n == keep {
                    fs::remove_file(from).unwrap();
                } else {
                    fs::rename(from, self.older(&format!("{}{packed}", n + 1))).unwrap();
                }
            }
        }
        fs::rename(&self.path, self.older("1")).unwrap();
        for n in gzip_from..=keep {
            gzip(&self.older(&n.to_string()));
        }
    }

    /// As a kubelet does it: a time for a name, the older ones gzipped, the oldest deleted.
    pub(crate) fn rotate_dated(&mut self, second: u64, keep: usize) {
        let name = format!("20261126-{second:06}");
        let dir = self.path.parent().unwrap();
        let base = self.path.file_name().unwrap().to_str().unwrap().to_owned() + ".";
        let mut older: Vec<PathBuf> = fs::read_dir(dir)
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| p.file_name().unwrap().to_str().unwrap().starts_with(&base))
            .collect();
        older.sort();
        while older.len() + 2 > keep {
            fs::remove_file(older.remove(0)).unwrap();
        }
        for path in older.iter().filter(|p| p.extension().unwrap() != "gz") {
            gzip(path);
        }
        fs::rename(&self.path, self.older(&name)).unwrap();
    }

    /// A copy of the file; the writer may go on meanwhile.
    pub(crate) fn copy(&self) {
        fs::copy(&self.path, self.older("1")).unwrap();
    }

    pub(crate) fn truncate(&self) {
        let file = OpenOptions::new().write(true).open(&self.path).unwrap();
        file.set_len(0).unwrap();
    }
}

fn create(path: &Path, append: bool) -> File {
    let mut options = OpenOptions::new();
    options.create(true).append(append).write(true);
    options.open(path).unwrap()
}

/// Packs a file, if it is there, and removes it.
pub(crate) fn gzip(path: &Path) {
    let Ok(bytes) = fs::read(path) else {
        return;
    };
    let packed = PathBuf::from(format!("{}.gz", path.display()));
    let staged = PathBuf::from(format!("{}.tmp", path.display()));
    let mut encoder = GzEncoder::new(File::create(&staged).unwrap(), Compression::fast());
    encoder.write_all(&bytes).unwrap();
    encoder.finish().unwrap();
    fs::rename(staged, packed).unwrap();
    fs::remove_file(path).unwrap();
}

/// Waits until what is made now is younger than the file; false where nobody can tell.
pub(crate) fn is_past(file: &Path, dir: &Path) -> bool {
    let born = |path: &Path| fs::metadata(path).unwrap().created().ok();
    let Some(before) = born(file) else {
        return false;
    };
    let probe = dir.join("probe");
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        fs::write(&probe, "").unwrap();
        let younger = born(&probe).is_some_and(|at| at > before);
        fs::remove_file(&probe).unwrap();
        if younger {
            return true;
        }
        assert!(Instant::now() < deadline, "time stands still");
    }
}
