//! A case of the corpora: the raw log and the normalised truth beside it.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;

/// The parts of `truth.json` that are compared.
#[derive(Debug, Deserialize)]
pub struct Truth {
    #[serde(default)]
    pub totals: BTreeMap<String, u64>,
    #[serde(default = "yes")]
    pub stdout_names: bool,
    #[serde(default)]
    pub stdout_names_for: Option<Vec<String>>,
    #[serde(default)]
    pub stdout_durations: bool,
    #[serde(default)]
    pub tests: Vec<TruthTest>,
    #[serde(default)]
    pub unfinished: Vec<serde_json::Value>,
}

/// A test as the framework's own report has it.
#[derive(Debug, Deserialize)]
pub struct TruthTest {
    #[serde(default)]
    pub suite: Option<String>,
    #[serde(default)]
    pub name: Option<String>,
    pub status: String,
    #[serde(default)]
    pub duration_s: Option<f64>,
    #[serde(default)]
    pub message: Option<String>,
}

fn yes() -> bool {
    true
}

/// A log with its truth.
pub struct Case {
    pub framework: String,
    /// `framework/case`.
    pub name: String,
    pub log: Vec<u8>,
    pub truth: Truth,
}

impl Case {
    pub fn read(root: &Path, dir: &Path) -> Option<Case> {
        let truth = std::fs::read(dir.join("truth.json")).ok()?;
        let truth = serde_json::from_slice(&truth).expect("truth.json is as documented");
        let log = match std::fs::read(dir.join("stdout.log")) {
            Ok(log) => log,
            Err(_) => {
                let packed = std::fs::read(dir.join("stdout.log.gz")).ok()?;
                let mut log = Vec::new();
                flate2::read::GzDecoder::new(&packed[..])
                    .read_to_end(&mut log)
                    .ok()?;
                log
            }
        };
        let name = dir.strip_prefix(root).ok()?.to_string_lossy().into_owned();
        let framework = name.split('/').next().unwrap_or_default().to_owned();
        Some(Case {
            framework,
            name,
            log,
            truth,
        })
    }
}

impl Truth {
    /// A total of the truth; statuses that do not occur are zero.
    pub fn total(&self, status: &str) -> u64 {
        self.totals.get(status).copied().unwrap_or(0)
    }

    /// Whether a test of this status has its name in the log.
    pub fn shows(&self, status: &str) -> bool {
        match &self.stdout_names_for {
            Some(named) => named.iter().any(|s| s == status),
            None => self.stdout_names,
        }
    }
}
