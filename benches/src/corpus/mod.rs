//! Corpora that others made: logs of a known mix, with the truth about each line.
//!
//! They are not part of this repository: a script makes them from a seed, into a folder that is gone
//! afterwards. Where the script is missing, whoever asks says so in one line and goes on without.

mod floors;
mod truth;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

pub use floors::{Floor, floor_of};
pub use truth::{Must, Row, Truth};

/// The corpora, in the order they are shown.
pub const NAMES: [&str; 3] = ["quiet", "dense", "errors"];

const SCRIPT: &str = "make_corpus.py";

/// Where the corpora come from, and how much of them is wanted.
#[derive(Clone, Debug, clap::Args)]
pub struct Source {
    /// Folder of `make_corpus.py` and `patterns.txt` [default: ../shared/bench beside the workspace]
    #[arg(long, env = "SENTINEL_BENCH", value_name = "DIR")]
    pub bench: Option<PathBuf>,
    /// MiB of each corpus; 0 for the generated logs alone
    #[arg(long, default_value_t = 64)]
    pub mib: u64,
    /// Seed of the corpora
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Corpora made before, with `--truth`; none are made then
    #[arg(long, value_name = "DIR")]
    pub files: Option<PathBuf>,
}

impl Source {
    /// Makes the corpora; `None` if they are not wanted or, said in one line, if the script is missing.
    ///
    /// # Errors
    /// When the script fails.
    pub fn corpora(&self) -> Result<Option<Corpora>, String> {
        if self.mib == 0 {
            return Ok(None);
        }
        let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/bench");
        let bench = self.bench.clone().unwrap_or_else(beside);
        if let Some(files) = &self.files {
            return Ok(Some(Corpora {
                bench,
                files: files.clone(),
                _made: None,
            }));
        }
        if !bench.join(SCRIPT).is_file() {
            let bench = bench.display();
            eprintln!("no corpora, generated logs only: no {SCRIPT} in {bench} (SENTINEL_BENCH)");
            return Ok(None);
        }
        let made = tempfile::tempdir().map_err(|e| format!("no temporary folder: {e}"))?;
        self.make(&bench.join(SCRIPT), made.path())?;
        Ok(Some(Corpora {
            bench,
            files: made.path().to_owned(),
            _made: Some(made),
        }))
    }

    fn make(&self, script: &Path, out: &Path) -> Result<(), String> {
        let mut command = Command::new("python3");
        command.arg(script).arg("--truth").arg("--out").arg(out);
        command.args(["--mib", &self.mib.to_string()]);
        command.args(["--seed", &self.seed.to_string()]);
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("{}: {status}", script.display())),
            Err(e) => Err(format!("python3: {e}")),
        }
    }
}

/// The corpora on the disk.
#[derive(Debug)]
pub struct Corpora {
    bench: PathBuf,
    files: PathBuf,
    /// Removed with the value.
    _made: Option<TempDir>,
}

impl Corpora {
    /// The folder of the script.
    #[must_use]
    pub fn bench(&self) -> &Path {
        &self.bench
    }

    /// The folder of the corpora.
    #[must_use]
    pub fn files(&self) -> &Path {
        &self.files
    }

    /// The expressions that a user of a general log shipper would write.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn patterns(&self) -> Result<Vec<String>, String> {
        let text = String::from_utf8(read(&self.bench.join("patterns.txt"))?);
        let text = text.map_err(|e| format!("patterns.txt: {e}"))?;
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        Ok(lines.map(str::to_owned).collect())
    }

    /// Reads one of them.
    ///
    /// # Errors
    /// When it cannot be read, or is not what its manifest says.
    pub fn load(&self, name: &'static str) -> Result<Corpus, String> {
        let file = |end: &str| self.files.join(format!("{name}.{end}"));
        let (bytes, numbers) = (read(&file("log"))?, read(&file("truth"))?);
        let manifest = serde_json::from_slice(&read(&file("manifest.json"))?);
        let manifest: serde_json::Value = manifest.map_err(|e| format!("{name}: {e}"))?;
        let told = |key: &str| manifest[key].as_u64();
        if told("bytes") != Some(bytes.len() as u64) || told("lines") != Some(numbers.len() as u64)
        {
            return Err(format!("{name}: not what its manifest says"));
        }
        let mut kinds = vec![String::new(); 256];
        for (kind, number) in manifest["kind_numbers"].as_object().into_iter().flatten() {
            let at = number.as_u64().and_then(|n| usize::try_from(n).ok());
            if let Some(slot) = at.and_then(|n| kinds.get_mut(n)) {
                kind.clone_into(slot);
            }
        }
        Ok(Corpus {
            name,
            bytes,
            numbers,
            kinds,
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))
}

/// A log, and the kind of each of its lines.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// Its name.
    pub name: &'static str,
    /// The log.
    pub bytes: Vec<u8>,
    /// The number of each line's kind.
    numbers: Vec<u8>,
    /// Names of the kinds by number; 256 of them.
    kinds: Vec<String>,
}

impl Corpus {
    /// Lines with their kinds.
    pub fn lines(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let kinds = self
            .numbers
            .iter()
            .map(|n| self.kinds[usize::from(*n)].as_str());
        kinds.zip(self.bytes.split_inclusive(|b| *b == b'\n'))
    }

    /// The lines without any event in them, as a log of their own.
    #[must_use]
    pub fn silent(&self) -> Vec<u8> {
        let silent = self
            .lines()
            .filter(|(kind, _)| matches!(*kind, "plain" | "near"));
        silent.flat_map(|(_, line)| line).copied().collect()
    }
}
