//! The sidecar as an ordinary container: behind the others, and ending when its pod may end.

use serde_json::Value;

use crate::tests::{fixture, options};
use crate::{Mode, Options, Sidecar, inject, uninject};

fn ordinary(mode: Mode) -> Options {
    Options {
        sidecar: Sidecar::Container,
        ..options(mode)
    }
}

fn pod_with(restart: &str, container: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: Job\nspec:\n  template:\n    spec:\n{restart}      containers:\n{container}"
    )
}

const TESTS: &str = "      - name: tests\n        command: [pytest]\n";

/// The pod's specification after injecting.
fn injected(text: &str) -> Value {
    let injected = inject(text, &ordinary(Mode::Capture)).unwrap();
    assert_eq!(injected.notes, []);
    let job: Value = serde_saphyr::from_str(&injected.text).unwrap();
    job["spec"]["template"]["spec"].clone()
}

#[test]
fn an_ordinary_sidecar_as_it_is_written() {
    let injected = inject(fixture("job"), &ordinary(Mode::Capture)).unwrap();
    insta::assert_snapshot!("job_container", injected.text);
}

#[test]
fn it_ends_with_what_the_pods_restarts_make_the_last_recording() {
    for (restart, wanted) in [
        (
            "      restartPolicy: Never\n",
            "--end-after recording --drain 30s",
        ),
        (
            "      restartPolicy: OnFailure\n",
            "--end-after success --drain 30s",
        ),
        ("      restartPolicy: Always\n", "--follow"),
        ("", "--follow"),
    ] {
        let pod = injected(&pod_with(restart, TESTS));
        let [tests, sidecar] = pod["containers"].as_array().unwrap().as_slice() else {
            panic!("{pod}");
        };
        assert_eq!(tests["name"], "tests");
        assert_eq!(sidecar["name"], "sentinel-sidecar");
        assert!(sidecar["restartPolicy"].is_null(), "containers have none");
        let args: Vec<_> = sidecar["args"].as_array().unwrap().iter().collect();
        let args: Vec<_> = args.iter().map(|arg| arg.as_str().unwrap()).collect();
        assert_eq!(args.join(" "), format!("tail {wanted} /sentinel"));
        let init = pod["initContainers"].as_array().unwrap();
        assert_eq!(init.len(), 1, "only the program's copy comes before");
        let run = &sidecar["env"][2];
        assert_eq!(run["name"], "SENTINEL_RUN_ID");
        let path = &run["valueFrom"]["fieldRef"]["fieldPath"];
        assert_eq!(path, "metadata.labels['controller-uid']");
    }
}

#[test]
fn where_it_would_not_know_when_to_end_nothing_is_injected() {
    let text = pod_with("      restartPolicy: Never\n", TESTS);
    let note = inject(&text, &ordinary(Mode::Cri)).unwrap_err();
    assert!(
        note.what.contains("would not know when its pod may end"),
        "{}",
        note.what
    );
    let bare = text.replace("        command: [pytest]\n", "");
    let note = inject(&bare, &ordinary(Mode::Capture)).unwrap_err();
    assert!(
        note.what.starts_with("container `tests` has no `command`"),
        "{}",
        note.what
    );
    // What never ends needs no end.
    let served = pod_with("", TESTS);
    assert!(inject(&served, &ordinary(Mode::Cri)).is_ok());
}

#[test]
fn text_at_the_end_of_the_last_container_keeps_its_meaning() {
    let script = |how: &str| {
        let block = format!("        args:\n        - {how}\n          echo a\n\n\n");
        pod_with("", &format!("{TESTS}{block}      dnsPolicy: Default\n"))
    };
    for how in ["|", "|-", ">"] {
        let text = script(how);
        let before: Value = serde_saphyr::from_str(&text).unwrap();
        let before = &before["spec"]["template"]["spec"]["containers"][0]["args"];
        assert_eq!(injected(&text)["containers"][0]["args"], *before, "{how}");
    }
    for how in ["|+", ">+ # all of it", "|2+"] {
        let note = inject(&script(how), &ordinary(Mode::Capture)).unwrap_err();
        assert!(
            note.what.starts_with("the last container ends with text"),
            "{}",
            note.what
        );
    }
}

#[test]
fn one_kind_of_sidecar_takes_the_place_of_the_other() {
    let native = inject(fixture("job"), &options(Mode::Capture))
        .unwrap()
        .text;
    let other = inject(&native, &ordinary(Mode::Capture)).unwrap().text;
    let once = inject(fixture("job"), &ordinary(Mode::Capture))
        .unwrap()
        .text;
    assert_eq!(other, once);
    assert_eq!(uninject(&other).unwrap(), fixture("job"));
}

#[test]
fn servers_from_1_29_on_have_native_sidecars() {
    for (minor, wanted) in [
        ("28", Sidecar::Container),
        ("9", Sidecar::Container),
        ("27-gke.1", Sidecar::Container),
        ("29", Sidecar::Native),
        ("36+", Sidecar::Native),
    ] {
        assert_eq!(Sidecar::of_version("1", minor), Some(wanted), "{minor}");
    }
    for (major, minor) in [("1", ""), ("2", "0"), ("", "29"), ("1", "x")] {
        assert_eq!(Sidecar::of_version(major, minor), None, "{major}.{minor}");
    }
}
