//! One source, three renderings: `sentinel install`, the kustomizations, and Helm's own where it is at hand.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{
    COLLECTORS, EVERYTHING, MODES, deploy, everything, files, install, list, objects, read, title,
};
use crate::bench::{Bench, check_exit};

/// The templates that each kustomization has, and the mode they are printed in.
const KUSTOMIZATIONS: [(&str, &str, &[&str]); 5] = [
    (
        "base",
        "standalone",
        &[
            "namespace.yaml",
            "rbac.yaml",
            "hub.yaml",
            "networkpolicy.yaml",
        ],
    ),
    (
        "overlays/standalone",
        "standalone",
        &["config.yaml", "service.yaml"],
    ),
    (
        "overlays/cluster",
        "cluster",
        &["config.yaml", "service.yaml", "node.yaml"],
    ),
    ("injector", "standalone", &["injector.yaml"]),
    ("podmonitor", "standalone", &["podmonitor.yaml"]),
];

fn by_title(objects: Vec<Value>) -> BTreeMap<String, Value> {
    let count = objects.len();
    let map: BTreeMap<String, Value> = objects.into_iter().map(|o| (title(&o), o)).collect();
    assert_eq!(map.len(), count, "two objects of one kind and name");
    map
}

fn kustomization(folder: &str) -> Value {
    let text = read(&format!("kustomize/{folder}/kustomization.yaml"));
    serde_saphyr::from_str(&text).expect("it is YAML")
}

/// The objects of a kustomization, which has nothing but resources, and patches if it is a component.
fn kustomized(folder: &str) -> Vec<Value> {
    let told = kustomization(folder);
    let mut keys: Vec<&str> = told
        .as_object()
        .expect("a mapping")
        .keys()
        .map(|key| &**key)
        .collect();
    keys.retain(|key| *key != "patches" || told["kind"] != "Component");
    assert_eq!(keys, ["apiVersion", "kind", "resources"], "{folder}");
    let mut all = Vec::new();
    for resource in list(&told["resources"]) {
        let resource = resource.as_str().expect("a path");
        all.extend(match resource.strip_prefix("../../") {
            Some(other) => kustomized(other),
            None => objects(&read(&format!("kustomize/{folder}/{resource}"))),
        });
    }
    all
}

/// An overlay with everything that can stand beside it.
fn with_everything(mode: &str) -> Vec<Value> {
    let mut all = [
        kustomized(&format!("overlays/{mode}")),
        kustomized("injector"),
        kustomized("podmonitor"),
    ]
    .concat();
    for patch in list(&kustomization("injector")["patches"]) {
        let word = |value: &Value| value.as_str().expect("a word").to_owned();
        let target = &patch["target"];
        let target = format!("{} {}", word(&target["kind"]), word(&target["name"]));
        let text = read(&format!("kustomize/injector/{}", word(&patch["path"])));
        let patch: json_patch::Patch = serde_saphyr::from_str(&text).expect("it is a patch");
        let mut aimed = all.iter_mut().filter(|object| title(object) == target);
        let object = aimed.next().expect("it is there");
        json_patch::patch(object, &patch).expect("it fits");
    }
    all
}

/// Whether a program is at hand; if it is not, that is said aloud.
pub(super) fn at_hand(program: &str) -> bool {
    let found = Command::new(program).arg("version").arg("--help").output();
    if found.is_err() {
        eprintln!("skipped: there is no {program} to compare with");
    }
    found.is_ok()
}

pub(super) fn output_of(command: &mut Command) -> String {
    let done = command.output().expect("it starts");
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{command:?}: {told}");
    String::from_utf8(done.stdout).expect("it is text")
}

#[test]
fn the_files_of_the_kustomizations_are_what_install_prints() {
    for (folder, mode, templates) in KUSTOMIZATIONS {
        for template in templates {
            // What switches a template on may change others as well.
            let switch = match *template {
                "podmonitor.yaml" | "injector.yaml" => &EVERYTHING[..],
                _ => &[],
            };
            let printed = install(&[&["--mode", mode, "--only", template], switch].concat());
            let path = format!("kustomize/{folder}/{template}");
            if std::env::var_os("UPDATE").is_some() {
                std::fs::write(deploy().join(&path), &printed).expect("it can be written");
            }
            assert_eq!(read(&path), printed, "{path}: rewrite it with UPDATE=1");
        }
        let own: &[&str] = match folder {
            "injector" => &["hub.yaml", "kustomization.yaml"],
            _ => &["kustomization.yaml"],
        };
        let mut expected: Vec<&str> = [templates, own].concat();
        expected.sort_unstable();
        assert_eq!(files(&format!("kustomize/{folder}")), expected, "{folder}");
    }
}

#[test]
fn a_kustomization_has_the_objects_that_install_prints() {
    for mode in MODES {
        let overlay = by_title(with_everything(mode));
        assert_eq!(overlay, by_title(everything(mode)), "{mode}");
    }
}

#[test]
fn kubectl_makes_the_same_of_the_kustomizations() {
    if !at_hand("kubectl") {
        return;
    }
    let kustomize = |path: &Path| {
        let made = output_of(Command::new("kubectl").arg("kustomize").arg(path));
        by_title(objects(&made))
    };
    let folder = deploy().join("kustomize");
    for own in ["overlays/standalone", "overlays/cluster", "podmonitor"] {
        assert_eq!(
            kustomize(&folder.join(own)),
            by_title(kustomized(own)),
            "{own}"
        );
    }
    // Kustomizations lead to others by relative paths only, so a copy stands beside one that has everything.
    for mode in MODES {
        let bench = Bench::new();
        output_of(
            Command::new("cp")
                .arg("-r")
                .arg(&folder)
                .arg(bench.path("")),
        );
        let text = format!(
            "resources: [kustomize/overlays/{mode}, kustomize/podmonitor]\n\
             components: [kustomize/injector]\n"
        );
        bench.file("kustomization.yaml", &text);
        let wanted = by_title(everything(mode));
        assert_eq!(kustomize(&bench.path("")), wanted, "{mode}");
    }
}

#[test]
fn helm_makes_the_same_of_the_chart() {
    if !at_hand("helm") {
        return;
    }
    let chart = deploy().join("chart");
    output_of(Command::new("helm").args(["lint", "--strict"]).arg(&chart));
    for (mode, namespace) in [
        ("standalone", "sentinel"),
        ("cluster", "sentinel"),
        ("cluster", "team-a"),
    ] {
        let set = [
            "podMonitor.enabled=true",
            "injector.enabled=true",
            "collector.enabled=true",
            "logs.enabled=true",
            "hub.memory=1Gi",
            "tokens.read=sha256:1111111111111111111111111111111111111111111111111111111111111111",
        ];
        let ours = set.iter().flat_map(|set| ["--set", set]);
        let ours: Vec<&str> = ["--mode", mode, "--namespace", namespace]
            .into_iter()
            .chain(ours)
            .collect();
        let mut helm = Command::new("helm");
        helm.args(["template", "sentinel", "--namespace", namespace]);
        helm.arg(&chart).arg("--set").arg(format!("mode={mode}"));
        helm.args(["--set", "createNamespace=true"]);
        helm.args(set.iter().flat_map(|set| ["--set", set]));
        let theirs = by_title(objects(&output_of(&mut helm)));
        assert_eq!(
            theirs,
            by_title(objects(&install(&ours))),
            "{mode} {namespace}"
        );
    }
}

#[test]
fn every_template_of_the_chart_is_printed() {
    for template in files("chart/templates") {
        let args = ["--mode", "cluster", "--only", &template];
        let printed = install(&[&args, &EVERYTHING[..], &COLLECTORS].concat());
        assert!(!objects(&printed).is_empty(), "{template}");
    }
}

#[test]
fn versions_are_those_of_the_programs() {
    let version = env!("CARGO_PKG_VERSION");
    let chart: Value = serde_saphyr::from_str(&read("chart/Chart.yaml")).expect("it is YAML");
    assert_eq!(chart["version"], version);
    assert_eq!(chart["appVersion"], version);
    let values: Value = serde_saphyr::from_str(&read("chart/values.yaml")).expect("it is YAML");
    assert_eq!(
        values["image"],
        format!("run-sentinel.dev/sentinel-agent:{version}")
    );
    for user in ["injector", "collector"] {
        assert_eq!(
            values[user]["image"],
            format!("run-sentinel.dev/sentinel-sidecar:{version}"),
            "{user}"
        );
    }
    for (file, image) in [
        (
            "Dockerfile.agent",
            format!("run-sentinel.dev/sentinel-agent:{version}"),
        ),
        (
            "Dockerfile.sidecar",
            format!("run-sentinel.dev/sentinel-sidecar:{version}"),
        ),
    ] {
        let text = read(file);
        assert!(text.contains(&format!("-t {image} .")), "{file}");
        assert!(text.contains("\nUSER 65532:65532\n"), "{file}");
    }
}

#[test]
fn what_cannot_be_installed_is_refused_in_one_line() {
    let bench = Bench::new();
    for (args, told) in [
        (&["--namespace", "Team_A"][..], "'Team_A' is no namespace"),
        (&["--set", "hub"], "--set hub: expected KEY=VALUE"),
        (
            &["--set", "hub.disk=1"],
            "hub.disk is no value of the chart",
        ),
        (&["--set", "hub.cpu=1\nx: y"], "hub.cpu: expected"),
        (&["--set", "mode=cluster"], "--set mode: use --mode"),
        (&["--set", "tokens.read=sntl_secret"], "hash"),
        (&["--only", "x.yaml"], "--only x.yaml: the templates are"),
    ] {
        let done = bench.sentinel(&[&["install"], args].concat());
        check_exit(&done, 2);
        assert_eq!(done.stdout, "");
        assert!(done.stderr.contains(told), "{}", done.stderr);
        assert!(!done.stderr.contains("sntl_secret"), "{}", done.stderr);
    }
}

#[test]
fn the_image_and_the_namespace_are_told() {
    let printed = install(&[
        "--mode",
        "cluster",
        "--namespace",
        "ci",
        "--image",
        "r.example:5000/a@sha256:ab",
    ]);
    assert!(!printed.contains("run-sentinel.dev/sentinel-agent"));
    for object in objects(&printed) {
        let namespace = &object["metadata"]["namespace"];
        assert!(
            namespace.is_null() || namespace == "ci",
            "{}",
            title(&object)
        );
    }
    assert!(printed.contains("http://sentinel-hub.ci.svc:7600"));
    assert!(printed.contains("image: r.example:5000/a@sha256:ab\n"));
}
