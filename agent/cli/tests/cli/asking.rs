//! `sentinel inject --sidecar ask`: the kind of sidecar is what a dry run shows, or else what the server's version says.

use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::bench::{Bench, Done, check_exit};
use crate::deploy::scripted::{Asked, kubeconfig, listen, status, version};

const JOB: &str = "\
apiVersion: batch/v1
kind: Job
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: tests
        command: [pytest]
";

/// What an API server does with pods that nobody wants made.
#[derive(Clone, Copy)]
enum Pods {
    Keeps,
    Drops,
    Refuses(u16),
}

/// Injects the Job as an API server says, and gives what that was asked.
fn injected(pods: Pods, minor: &'static str) -> (Done, Vec<String>) {
    let bench = Bench::new();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    let address = listen(move |asked| {
        let line = format!("{} {}", asked.method, asked.target);
        heard.lock().expect("nobody panicked").push(line);
        answer(asked, pods, minor)
    });
    let config = bench.file("kubeconfig", &kubeconfig(address));
    let mut command = bench.command(env!("CARGO_BIN_EXE_sentinel").as_ref());
    command.args(["inject", "--sidecar", "ask", "-f", "-"]);
    let run = Bench::fed(command.env("KUBECONFIG", config), JOB);
    let asked = asked.lock().expect("nobody panicked").clone();
    (run, asked)
}

fn answer(asked: &Asked, pods: Pods, minor: &str) -> (u16, Value) {
    if asked.path() == "/version" {
        return (200, version(minor));
    }
    let mut pod: Value = serde_json::from_slice(&asked.body).expect("it is a pod");
    match pods {
        Pods::Keeps => (201, pod),
        Pods::Drops => {
            let sidecar = pod["spec"]["initContainers"][0].as_object_mut();
            sidecar.expect("a sidecar").remove("restartPolicy");
            (201, pod)
        }
        Pods::Refuses(code) => (code, status(code, "Forbidden")),
    }
}

const DRY_RUN: &str = "POST /api/v1/namespaces/default/pods?&dryRun=All";

#[test]
fn a_server_that_keeps_native_sidecars_gets_one_and_one_that_drops_them_an_ordinary_one() {
    let (run, asked) = injected(Pods::Keeps, "20");
    check_exit(&run, 0);
    assert_eq!(run.stderr, "");
    assert!(run.stdout.contains("restartPolicy: Always"));
    assert_eq!(asked, [DRY_RUN], "nothing is made");

    let (run, asked) = injected(Pods::Drops, "36");
    check_exit(&run, 0);
    let told = "the cluster has no native sidecars (it drops them in a dry run)";
    assert!(run.stderr.contains(told), "{}", run.stderr);
    assert!(run.stdout.contains("- --end-after\n"));
    assert!(!run.stdout.contains("restartPolicy: Always"));
    assert_eq!(asked, [DRY_RUN]);
}

#[test]
fn where_a_dry_run_is_refused_the_version_tells() {
    for (minor, native) in [("36", true), ("29+", true), ("27", false)] {
        let (run, asked) = injected(Pods::Refuses(403), minor);
        check_exit(&run, 0);
        assert_eq!(run.stdout.contains("restartPolicy: Always"), native);
        assert_eq!(run.stderr.is_empty(), native, "{}", run.stderr);
        assert_eq!(asked, [DRY_RUN, "GET /version"]);
    }
}

#[test]
fn a_server_that_does_not_tell_is_one_line_and_nothing_is_printed() {
    let (run, _) = injected(Pods::Refuses(403), "x");
    check_exit(&run, 2);
    assert_eq!(run.stdout, "");
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert!(
        run.stderr
            .contains("--sidecar ask: the API server does not tell")
    );
}
