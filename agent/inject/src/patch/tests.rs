//! A patch does to an object what the edits do to its text, and nothing to what is none of its business.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::inject;
use crate::tests::written::{job, ways_of};
use crate::tests::{FIXTURES, fitting, fixture, options, ways};

fn objects(text: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(text).unwrap()
}

/// The object after its patch, as another program applies it.
fn patched(object: &Value, options: &Options) -> Value {
    let mut object = object.clone();
    match patch(&object, options) {
        Patched::Patch(operations, ..) => {
            let operations: json_patch::Patch = serde_json::from_value(json!(operations)).unwrap();
            json_patch::patch(&mut object, &operations).unwrap();
        }
        Patched::NotOurs => {}
        other => panic!("{other:?}: {object}"),
    }
    object
}

#[test]
fn a_patch_makes_of_an_object_what_the_edits_make_of_its_text() {
    for (name, text) in FIXTURES {
        for options in ways(name) {
            let edited = objects(&inject(text, &options).unwrap().text);
            let objects = objects(text);
            let patched: Vec<Value> = objects.iter().map(|o| patched(o, &options)).collect();
            assert_eq!(patched, edited, "{name}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn however_a_job_is_written_its_patch_is_the_edit_of_its_text(text in job()) {
        for options in ways_of(&text) {
            let edited = objects(&inject(&text, &options).unwrap().text);
            let patched: Vec<Value> = objects(&text).iter().map(|o| patched(o, &options)).collect();
            prop_assert_eq!(patched, edited);
        }
    }
}

#[test]
fn what_was_injected_stays_as_it_is_whatever_the_options_say() {
    for (name, text) in FIXTURES {
        let once = inject(text, &fitting(name, Mode::Capture)).unwrap().text;
        for object in objects(&once) {
            let again = patch(&object, &options(Mode::Cri));
            assert!(
                matches!(again, Patched::Already | Patched::NotOurs),
                "{name}: {again:?}"
            );
        }
    }
    let mut job = objects(fixture("job")).remove(0);
    job = patched(&job, &options(Mode::Capture));
    assert_eq!(patch(&job, &options(Mode::Capture)), Patched::Already);
}

/// Why a pod with this in it is left as it is.
fn unfit(change: impl FnOnce(&mut Value), options: &Options) -> String {
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "e2e-"},
        "spec": {"containers": [{"name": "tests", "command": ["pytest"]}]},
    });
    change(&mut pod);
    match patch(&pod, options) {
        Patched::Unfit(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_cannot_be_injected_is_left_with_the_reason() {
    let capture = Options {
        host_logs: false,
        ..options(Mode::Capture)
    };
    let why = unfit(
        |pod| drop(pod["spec"]["containers"][0]["command"].take()),
        &capture,
    );
    assert!(
        why.starts_with("container `tests` has no `command`"),
        "{why}"
    );
    assert!(why.ends_with("which is not allowed here"), "{why}");
    let two = json!([{"name": "tests"}, {"name": "db"}]);
    let why = unfit(|pod| pod["spec"]["containers"] = two, &capture);
    assert!(
        why.starts_with("which container runs the tests: tests, db?"),
        "{why}"
    );
    let taken = json!([{"name": "sentinel"}]);
    let why = unfit(|pod| pod["spec"]["volumes"] = taken, &capture);
    assert!(
        why.starts_with("`sentinel` is a name that injecting needs"),
        "{why}"
    );
    // What no API server would send.
    for (place, key, value) in [
        ("/spec", "containers", json!("none")),
        ("/spec", "containers", json!([])),
        ("", "spec", json!(null)),
        ("", "metadata", json!([1])),
        ("/spec", "volumes", json!({"name": "x"})),
        ("/spec", "containers", json!(["tests"])),
        ("/spec/containers/0", "command", json!({"0": "x"})),
    ] {
        unfit(|pod| pod.pointer_mut(place).unwrap()[key] = value, &capture);
    }
}

#[test]
fn a_pod_of_a_job_tells_the_jobs_run() {
    let labels = json!({"batch.kubernetes.io/controller-uid": "u-1"});
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "e2e-", "labels": labels},
        "spec": {"containers": [{"name": "tests", "command": ["pytest"]}]},
    });
    let pod = patched(&pod, &options(Mode::Capture));
    let variables = pod["spec"]["initContainers"][1]["env"].as_array().unwrap();
    let run = variables
        .iter()
        .find(|v| v["name"] == "SENTINEL_RUN_ID")
        .unwrap();
    assert_eq!(
        run["valueFrom"]["fieldRef"]["fieldPath"],
        "metadata.labels['batch.kubernetes.io/controller-uid']"
    );
}
