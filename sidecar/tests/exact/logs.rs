//! The logs: small ones of our own for every dialect, and real ones where they are.

use std::path::{Path, PathBuf};

use sentinel_parsers::Parser;
use sentinel_parsers::dialect::DIALECTS;

/// A log.
pub(crate) struct Log {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Our own.
pub(crate) fn own() -> Vec<Log> {
    let mut logs = Vec::new();
    for folder in ["fuzz/corpus/lines", "parsers/tests/fixtures"] {
        read(&at(folder), "", &mut logs);
    }
    logs.sort_by(|a, b| a.name.cmp(&b.name));
    logs
}

fn read(folder: &Path, before: &str, logs: &mut Vec<Log>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{before}{}", path.file_name().unwrap().to_str().unwrap());
        match path.is_dir() {
            true => read(&path, &format!("{name}/"), logs),
            false => logs.push(Log {
                name,
                bytes: std::fs::read(&path).unwrap(),
            }),
        }
    }
}

/// Real ones of at most so many bytes: `SENTINEL_CORPORA` names their folder, else it stands beside the workspace.
pub(crate) fn real(most: usize) -> Vec<Log> {
    let root = std::env::var_os("SENTINEL_CORPORA").map_or(at("../shared/corpora"), PathBuf::from);
    if !root.is_dir() {
        let root = root.display();
        assert!(
            std::env::var_os("CI").is_none_or(|v| v != "true"),
            "no corpora at {root}"
        );
        eprintln!("skipped: no corpora at {root}");
        return Vec::new();
    }
    let mut logs = Vec::new();
    read(&root, "", &mut logs);
    logs.retain(|log| log.name.ends_with("/stdout.log") && log.bytes.len() <= most);
    logs.sort_by(|a, b| a.name.cmp(&b.name));
    logs
}

impl Log {
    /// The id of the dialect after which one of our own is named.
    pub(crate) fn dialect(&self) -> Option<&'static str> {
        let ids = DIALECTS.iter().map(|info| info.id);
        ids.filter(|id| self.name.starts_with(id))
            .max_by_key(|id| id.len())
    }
}

/// The dialects that are spoken in a log.
pub(crate) fn spoken(bytes: &[u8]) -> Vec<&'static str> {
    let mut parser = Parser::new();
    parser.feed(bytes, &mut |_| {});
    parser.finish(&mut |_| {});
    parser.dialects().collect()
}

#[test]
fn every_dialect_has_a_log_that_is_named_after_it() {
    let logs = own();
    for id in DIALECTS.iter().map(|info| info.id) {
        let of = logs.iter().filter(|log| log.dialect() == Some(id));
        let is_spoken = of.into_iter().any(|log| spoken(&log.bytes).contains(&id));
        assert!(is_spoken, "no log of {id} in fuzz/corpus/lines");
    }
}
