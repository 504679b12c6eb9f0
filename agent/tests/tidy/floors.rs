//! Who may import whom: a lower floor never knows a higher one, and the pure floors do no I/O.

use std::path::Path;

use crate::must_be_empty;
use crate::source::{Source, root, sources};

/// A package's place in the house.
struct Floor {
    folder: &'static str,
    /// Packages of the workspace it may depend on.
    below: &'static [&'static str],
    /// Packages of others it must not depend on.
    banned: &'static [&'static str],
}

const FLOORS: &[Floor] = &[
    Floor {
        folder: "parsers",
        below: &[],
        banned: &["tokio", "hyper", "rusqlite"],
    },
    Floor {
        folder: "config",
        below: &["sentinel-parsers"],
        banned: &["tokio", "hyper", "rusqlite"],
    },
    Floor {
        folder: "delivery",
        below: &["sentinel-parsers"],
        banned: &["kube", "k8s-openapi", "rusqlite", "axum", "reqwest"],
    },
    Floor {
        folder: "agent/core",
        below: &["sentinel-parsers", "sentinel-config"],
        banned: &[
            "tokio",
            "hyper",
            "hyper-util",
            "axum",
            "reqwest",
            "kube",
            "k8s-openapi",
            "rusqlite",
            "tokio-postgres",
            "crossbeam-channel",
            "chrono",
            "jiff",
            "time",
            "getrandom",
            "rand",
        ],
    },
    Floor {
        folder: "agent/inject",
        below: &[],
        banned: &["tokio", "hyper", "kube", "k8s-openapi", "rusqlite"],
    },
    Floor {
        folder: "sidecar",
        below: &["sentinel-parsers", "sentinel-config", "sentinel-delivery"],
        banned: &["kube", "k8s-openapi", "rusqlite", "axum", "reqwest"],
    },
    Floor {
        folder: "agent",
        below: &[
            "sentinel-parsers",
            "sentinel-config",
            "sentinel-delivery",
            "sentinel-core",
            "sentinel-inject",
        ],
        banned: &[],
    },
    Floor {
        folder: "agent/cli",
        below: &[
            "sentinel-parsers",
            "sentinel-config",
            "sentinel-delivery",
            "sentinel-core",
            "sentinel-inject",
            "sentinel-sidecar",
            "sentinel-agent",
        ],
        banned: &[],
    },
];

#[test]
fn manifests_respect_the_floors() {
    let mut wrong = Vec::new();
    for floor in FLOORS {
        let manifest = read_toml(&format!("{}/Cargo.toml", floor.folder));
        for name in dependencies(&manifest) {
            let ours = name == "sentinel" || name.starts_with("sentinel-");
            if (ours && !floor.below.contains(&name.as_str()))
                || floor.banned.contains(&name.as_str())
            {
                wrong.push(format!("{} must not depend on {name}", floor.folder));
            }
        }
    }
    must_be_empty(&wrong);
}

#[test]
fn every_package_has_its_floor_and_the_lints_of_the_workspace() {
    let workspace = read_toml("Cargo.toml");
    let members = workspace["workspace"]["members"].as_array().unwrap();
    for member in members.iter().map(|member| member.as_str().unwrap()) {
        let has_floor = FLOORS.iter().any(|floor| floor.folder == member);
        let known = has_floor || ["benches", "sim"].contains(&member);
        assert!(known, "{member} has no floor in floors.rs");
        let lints = &read_toml(&format!("{member}/Cargo.toml"))["lints"];
        if member == "parsers" {
            assert_eq!(lints, &lints_with_a_c_interface(&workspace), "{member}");
        } else {
            assert_eq!(lints["workspace"].as_bool(), Some(true), "{member}");
        }
    }
}

#[test]
fn nobody_but_the_simulator_asks_for_what_only_a_simulator_needs() {
    let workspace = read_toml("Cargo.toml");
    let members = workspace["workspace"]["members"].as_array().unwrap();
    let asking = members.iter().filter_map(|member| {
        let manifest = read_toml(&format!("{}/Cargo.toml", member.as_str()?));
        let asks = ["dependencies", "dev-dependencies", "build-dependencies"]
            .iter()
            .filter_map(|kind| manifest.get(kind))
            .any(|them| them.to_string().contains("simulation"));
        asks.then_some(member.as_str()?.to_owned())
    });
    assert_eq!(asking.collect::<Vec<_>>(), ["sim"]);
    let default = |folder: &str| {
        let features = read_toml(folder)["features"].get("default").cloned();
        features.map(|features| features.to_string())
    };
    let agent = default("agent/Cargo.toml");
    assert_eq!(agent.as_deref(), Some("[\"kubernetes\"]"));
    assert_eq!(default("agent/core/Cargo.toml"), None);
}

/// The workspace's lints, except that unsafe code may be expected and must then be argued for.
fn lints_with_a_c_interface(workspace: &toml::Value) -> toml::Value {
    let mut lints = workspace["workspace"]["lints"].clone();
    lints["rust"]["unsafe_code"] = "deny".into();
    let clippy = lints["clippy"].as_table_mut().unwrap();
    clippy.insert("undocumented_unsafe_blocks".into(), "warn".into());
    lints
}

#[test]
fn unsafe_code_is_at_the_c_boundary_only() {
    let sources = sources();
    let product = sources.iter().filter(|s| !s.path.starts_with("fuzz/"));
    let wrong: Vec<String> = product
        .filter(|s| !s.path.starts_with("parsers/src/capi/") && has_word(&s.code, "unsafe"))
        .map(|s| format!("{}: unsafe code", s.path))
        .collect();
    must_be_empty(&wrong);
}

#[test]
fn the_pure_floors_do_no_io_and_read_no_clock() {
    let banned: &[(&str, &[&str])] = &[
        (
            "parsers/src/",
            &[
                "std::fs",
                "std::net",
                "std::time",
                "std::env",
                "std::thread",
                "tokio",
            ],
        ),
        (
            "config/src/",
            &[
                "std::net::TcpStream",
                "std::time::Instant",
                "SystemTime",
                "tokio",
            ],
        ),
        (
            "agent/core/src/",
            &[
                "std::fs",
                "std::net",
                "std::env",
                "std::thread",
                "SystemTime",
                "Instant",
            ],
        ),
    ];
    let sources = sources();
    let mut wrong = Vec::new();
    for (folder, paths) in banned {
        let product = sources.iter().filter(|s| !s.is_test());
        for source in product.filter(|s| s.path.starts_with(folder)) {
            let found = paths.iter().filter(|path| mentions(source, path));
            wrong.extend(found.map(|path| format!("{}: uses {path}", source.path)));
        }
    }
    must_be_empty(&wrong);
}

#[test]
fn the_core_repeats_the_bans_of_the_workspace() {
    let bans = |path: &str| -> Vec<String> {
        let clippy = read_toml(path);
        let methods = clippy["disallowed-methods"].as_array().unwrap();
        methods
            .iter()
            .map(|method| method["path"].as_str().unwrap().to_owned())
            .collect()
    };
    let core = bans("agent/core/clippy.toml");
    for ban in bans("clippy.toml") {
        assert!(core.contains(&ban), "agent/core/clippy.toml lacks {ban}");
    }
}

/// Whether the code names the path, written out or in a group (`use std::{fs, io}`).
fn mentions(source: &Source, path: &str) -> bool {
    let code = source.product();
    let grouped = path.rsplit_once("::").is_some_and(|(parent, last)| {
        let open = format!("{parent}::{{");
        code.match_indices(&open).any(|(at, _)| {
            let group = &code[at + open.len()..];
            let end = group.find(';').unwrap_or(group.len());
            has_word(&group[..end], last)
        })
    });
    has_word(code, path) || grouped
}

/// Whether the word stands in the text, and not only as a part of a longer one.
fn has_word(text: &str, word: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        !text[..at].ends_with(is_word) && !text[at + word.len()..].starts_with(is_word)
    })
}

fn read_toml(path: &str) -> toml::Value {
    let text = std::fs::read_to_string(root().join(Path::new(path))).unwrap();
    toml::from_str(&text).unwrap()
}

/// The names of all dependencies, those for tests included, of all platforms.
fn dependencies(manifest: &toml::Value) -> Vec<String> {
    let mut tables = vec![manifest];
    if let Some(targets) = manifest.get("target").and_then(toml::Value::as_table) {
        tables.extend(targets.values());
    }
    let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
    let names = tables.iter().flat_map(|table| {
        kinds
            .iter()
            .filter_map(|kind| table.get(kind)?.as_table())
            .flat_map(|dependencies| dependencies.keys().cloned())
    });
    names.collect()
}

#[test]
fn grouped_imports_are_seen() {
    let source = |code: &str| Source {
        path: String::new(),
        text: code.to_owned(),
        code: code.to_owned(),
    };
    assert!(mentions(&source("use std::{fmt, fs};"), "std::fs"));
    assert!(mentions(&source("std::fs::read()"), "std::fs"));
    assert!(mentions(&source("let now = Instant::now();"), "Instant"));
    assert!(!mentions(&source("use std::{fmt, fs_extra};"), "std::fs"));
    assert!(!mentions(&source("struct Instantaneous;"), "Instant"));
}
