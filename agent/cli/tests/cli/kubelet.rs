//! A pod's log directory as a kubelet keeps it: the runtime's lines, rotation with two older parts of which one is packed,
//! and a new file for each start of a container.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

/// A container's log.
pub(crate) struct Kubelet {
    dir: PathBuf,
    /// How often the container was started before.
    pub(crate) restart: u32,
    /// Bytes that were written in each of its starts.
    pub(crate) written: Vec<u64>,
    lines: u64,
    /// Older parts of the present start, oldest first.
    older: Vec<PathBuf>,
}

impl Kubelet {
    /// The log of a container of a pod, below the directory of all pods' logs.
    pub(crate) fn new(pods: &Path, pod: &str, container: &str) -> Kubelet {
        let dir = pods.join(pod).join(container);
        fs::create_dir_all(&dir).expect("the directory is writable");
        Kubelet {
            dir,
            restart: 0,
            written: vec![0],
            lines: 0,
            older: Vec::new(),
        }
    }

    /// The present file.
    fn live(&self) -> PathBuf {
        self.dir.join(format!("{}.log", self.restart))
    }

    /// Writes a line as the runtime does.
    pub(crate) fn say(&mut self, text: &str) {
        self.lines += 1;
        let line = format!("2026-11-27T08:00:00.{:09}Z stdout F {text}\n", self.lines);
        let mut options = OpenOptions::new();
        let file = options.create(true).append(true).open(self.live());
        let written = file.and_then(|mut file| file.write_all(line.as_bytes()));
        written.expect("the log is writable");
        if let Some(bytes) = self.written.last_mut() {
            *bytes += line.len() as u64;
        }
    }

    /// A test that passes, in two lines.
    pub(crate) fn pass(&mut self, name: &str) {
        self.say(&format!("TEST_START name={name} suite=s"));
        self.say(&format!("TEST_PASS name={name} suite=s"));
    }

    /// Renames the present file, packs the one renamed before, and deletes the oldest.
    pub(crate) fn rotate(&mut self) {
        let place = self
            .dir
            .join(format!("{}.log.20261127-{:06}", self.restart, self.lines));
        fs::rename(self.live(), &place).expect("the log is there");
        File::create(self.live()).expect("the log is writable");
        if let Some(plain) = self.older.pop() {
            self.older.push(pack(&plain));
        }
        if self.older.len() > 1 {
            fs::remove_file(self.older.remove(0)).expect("the oldest is there");
        }
        self.older.push(place);
    }

    /// The container is started again: another file beside those that are there.
    pub(crate) fn start_again(&mut self) {
        self.restart += 1;
        self.written.push(0);
        self.older.clear();
        File::create(self.live()).expect("the log is writable");
    }

    /// Deletes what is left of the start before.
    pub(crate) fn forget_before(&self) {
        let before = format!("{}.log", self.restart - 1);
        let entries = fs::read_dir(&self.dir).expect("the directory is there");
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(&before) {
                fs::remove_file(&path).expect("it is there");
            }
        }
    }
}

fn pack(plain: &Path) -> PathBuf {
    let packed = PathBuf::from(format!("{}.gz", plain.display()));
    let unfinished = PathBuf::from(format!("{}.tmp", packed.display()));
    let bytes = fs::read(plain).expect("the part is there");
    let file = File::create(&unfinished).expect("the directory is writable");
    let mut gzip = GzEncoder::new(file, Compression::default());
    gzip.write_all(&bytes).expect("the disk has room");
    gzip.finish().expect("the disk has room");
    fs::rename(&unfinished, &packed).expect("it is there");
    fs::remove_file(plain).expect("it is there");
    packed
}
