//! The manifests of deploy/: the chart, what `sentinel install` prints, the kustomizations and the examples are one
//! thing, every field is one that Kubernetes knows, and the agents start with what they are told.

mod agents;
#[path = "../../../../tests/injector/api_server.rs"]
#[expect(dead_code, reason = "the agent's tests use the rest")]
mod api_server;
mod collector;
mod dry_run;
mod examples;
mod injector;
mod known;
mod renderings;
mod rights;
#[path = "../../../../tests/injector/scripted.rs"]
pub(crate) mod scripted;

use std::path::PathBuf;

use serde_json::Value;

use crate::bench::{Bench, check_exit};

/// Both modes, each with everything that can be switched on.
const MODES: [&str; 2] = ["standalone", "cluster"];

/// What switches on everything that the kustomizations have.
const EVERYTHING: [&str; 4] = [
    "--set",
    "podMonitor.enabled=true",
    "--set",
    "injector.enabled=true",
];

/// What switches on collectors as well.
const COLLECTORS: [&str; 4] = [
    "--set",
    "collector.enabled=true",
    "--set",
    "logs.enabled=true",
];

fn deploy() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy"))
}

/// What `sentinel install` prints.
fn install(args: &[&str]) -> String {
    let done = Bench::new().sentinel(&[&["install"], args].concat());
    check_exit(&done, 0);
    assert_eq!(done.stderr, "");
    done.stdout
}

/// What `sentinel install` prints for a mode with everything that can be switched on.
fn everything(mode: &str) -> Vec<Value> {
    objects(&install(&[&["--mode", mode], &EVERYTHING[..]].concat()))
}

/// The same with both collectors beside it.
fn collecting(mode: &str) -> Vec<Value> {
    objects(&install(
        &[&["--mode", mode], &EVERYTHING[..], &COLLECTORS].concat(),
    ))
}

/// The objects of a stream of documents.
fn objects(yaml: &str) -> Vec<Value> {
    let objects: Vec<Value> = serde_saphyr::from_multiple(yaml).expect("it is YAML");
    objects.into_iter().filter(|o| !o.is_null()).collect()
}

fn read(path: &str) -> String {
    let file = deploy().join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

/// The files of a folder of deploy/ by their names, in order.
fn files(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(deploy().join(folder)).expect("the folder is there");
    let names = entries.map(|entry| entry.expect("it can be read").file_name());
    let mut names: Vec<String> = names.map(|n| n.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Kind and name.
fn title(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!(
        "{} {}",
        text(&object["kind"]),
        text(&object["metadata"]["name"])
    )
}

/// The one object of this kind and name.
fn object<'a>(objects: &'a [Value], wanted: &str) -> &'a Value {
    let mut found = objects.iter().filter(|object| title(object) == wanted);
    let (Some(one), None) = (found.next(), found.next()) else {
        panic!("not exactly one {wanted}");
    };
    one
}

/// A list, which may be absent.
fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The workloads, each with the specification of its pods.
fn workloads(objects: &[Value]) -> Vec<(&Value, &Value)> {
    let pod = |object: &'_ Value| match object["kind"].as_str() {
        Some("CronJob") => Some("/spec/jobTemplate/spec/template/spec"),
        Some("Job" | "StatefulSet" | "DaemonSet") => Some("/spec/template/spec"),
        _ => None,
    };
    objects
        .iter()
        .filter_map(|object| Some((object, object.pointer(pod(object)?)?)))
        .collect()
}
