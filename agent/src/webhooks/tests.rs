//! What each kind hears in deliveries of the documented form, and that no JSON at all makes one fail.

use axum::http::HeaderMap;
use proptest::prelude::*;
use sentinel_core::Outcome::{Aborted, Failed, Succeeded, TimedOut};
use serde_json::json;

use super::*;
use crate::ingest::open::is_run_id;

const NOW: Millis = 1_700_000_000_000;

fn hear(kind: &str, event: &str, body: &Value) -> Said {
    let mut head = HeaderMap::new();
    let event = event.parse().unwrap();
    head.insert(
        match kind {
            "gitlab" => "x-gitlab-event",
            _ => "x-github-event",
        },
        event,
    );
    let kind = KINDS.iter().find(|known| known.name == kind).unwrap();
    (kind.hear)(&Call {
        head: &head,
        body,
        now: NOW,
        mapping: &GenericWebhook::default(),
    })
}

#[track_caller]
fn heard(kind: &str, event: &str, body: &Value) -> Heard {
    match hear(kind, event, body) {
        Said::Run(heard) => *heard,
        other => panic!("{other:?}"),
    }
}

fn ended(outcome: Outcome, cause: &str) -> Told {
    Told::Ended(Ending {
        outcome,
        cause: cause.to_owned(),
        at_ms: NOW,
    })
}

fn context(run_id: &str, words: [Option<&str>; 3]) -> RunContext {
    let [pipeline, branch, commit] = words.map(|word| word.map(str::to_owned));
    RunContext {
        run_id: run_id.to_owned(),
        pipeline,
        branch,
        commit,
        ..RunContext::default()
    }
}

fn workflow_run(action: &str, conclusion: &Value) -> Value {
    json!({
        "action": action,
        "workflow_run": {
            "id": 30_433_642, "run_attempt": 2, "name": "nightly", "head_branch": "main",
            "head_sha": "acb5820c", "conclusion": conclusion, "html_url": "https://github.example/r/1",
        },
        "repository": { "full_name": "octo/shop" },
    })
}

#[test]
fn a_workflow_run_tells_its_context_and_its_end() {
    let null = Value::Null;
    for (action, conclusion, end) in [
        ("requested", null.clone(), Told::GoesOn),
        ("in_progress", null.clone(), Told::GoesOn),
        ("completed", json!("success"), ended(Succeeded, "success")),
        ("completed", json!("skipped"), ended(Succeeded, "skipped")),
        ("completed", json!("neutral"), ended(Succeeded, "neutral")),
        ("completed", json!("failure"), ended(Failed, "failure")),
        (
            "completed",
            json!("startup_failure"),
            ended(Failed, "startup_failure"),
        ),
        (
            "completed",
            json!("timed_out"),
            ended(TimedOut, "timed_out"),
        ),
        ("completed", json!("stale"), ended(TimedOut, "stale")),
        ("completed", json!("cancelled"), ended(Aborted, "cancelled")),
        ("completed", json!("action_required"), Told::GoesOn),
        (
            "completed",
            json!("of_a_later_day"),
            ended(Failed, "of_a_later_day"),
        ),
        (
            "completed",
            null,
            ended(Failed, "completed without a conclusion"),
        ),
        ("of_a_later_day", json!("success"), Told::Nothing),
    ] {
        let heard = heard("github", "workflow_run", &workflow_run(action, &conclusion));
        let words = [Some("nightly"), Some("main"), Some("acb5820c")];
        let mut expected = context("github:octo/shop/30433642/2", words);
        expected.attempt = Some(2);
        let page = ("url".to_owned(), "https://github.example/r/1".to_owned());
        expected.labels.extend([page]);
        assert_eq!(heard.context, expected);
        assert_eq!(heard.provenance, "webhook:github");
        assert_eq!(heard.end, end, "{action} {conclusion}");
    }
}

#[test]
fn a_job_speaks_of_its_workflow_run_and_does_not_end_it() {
    let job = json!({
        "action": "completed",
        "workflow_job": {
            "id": 7, "run_id": 30_433_642, "run_attempt": 2, "workflow_name": "nightly", "name": "e2e",
            "head_branch": "main", "head_sha": "acb5820c", "conclusion": "failure",
            "html_url": "https://github.example/job/7",
        },
        "repository": { "full_name": "octo/shop" },
    });
    let job = heard("github", "workflow_job", &job);
    let run = heard(
        "github",
        "workflow_run",
        &workflow_run("requested", &Value::Null),
    );
    assert_eq!(job.context.run_id, run.context.run_id);
    assert_eq!(job.context.pipeline, run.context.pipeline);
    assert_eq!(job.context.attempt, run.context.attempt);
    assert_eq!(job.context.labels.len(), 0);
    assert_eq!(job.end, Told::Nothing);
}

#[test]
fn a_check_of_another_system_is_a_run_and_one_of_actions_is_not() {
    let check = |slug: &str, external: &str, status: &str| {
        json!({
            "check_run": {
                "id": 128_620_228, "external_id": external, "name": "e2e", "head_sha": "acb5820c",
                "status": status, "conclusion": "success", "app": { "slug": slug },
                "check_suite": { "head_branch": "main" },
            },
            "repository": { "full_name": "octo/shop" },
        })
    };
    let words = [Some("e2e"), Some("main"), Some("acb5820c")];
    let goes_on = heard(
        "github",
        "check_run",
        &check("buildco", "b-17", "in_progress"),
    );
    assert_eq!(
        goes_on.context,
        context("github:octo/shop/check/b-17", words)
    );
    assert_eq!(goes_on.end, Told::GoesOn);
    for reference in ["", "a b", "../x", &"x".repeat(65)] {
        let done = heard(
            "github",
            "check_run",
            &check("buildco", reference, "completed"),
        );
        assert_eq!(done.context.run_id, "github:octo/shop/check/128620228");
        assert_eq!(done.end, ended(Succeeded, "success"));
    }
    let own = check("github-actions", "", "completed");
    assert!(matches!(hear("github", "check_run", &own), Said::Other(_)));
    assert_eq!(hear("github", "ping", &json!({})), Said::Greeting);
    assert!(matches!(hear("github", "push", &own), Said::Other(_)));
}

#[test]
fn a_pipeline_tells_its_end_with_the_reason_of_its_first_failed_job() {
    let failed = |reason: &str| {
        json!([
            { "status": "success", "allow_failure": false, "failure_reason": null },
            { "status": "failed", "allow_failure": true, "failure_reason": "unknown_failure" },
            { "status": "failed", "allow_failure": false, "failure_reason": reason },
        ])
    };
    let timeout = "job_execution_timeout";
    for (status, builds, end) in [
        ("created", json!([]), Told::GoesOn),
        ("running", json!([]), Told::GoesOn),
        ("manual", json!([]), Told::GoesOn),
        ("success", failed("x"), ended(Succeeded, "success")),
        ("skipped", json!([]), ended(Succeeded, "skipped")),
        ("canceled", json!([]), ended(Aborted, "canceled")),
        ("failed", json!([]), ended(Failed, "failed")),
        (
            "failed",
            failed("script_failure"),
            ended(Failed, "script_failure"),
        ),
        ("failed", failed(timeout), ended(TimedOut, timeout)),
    ] {
        let body = json!({
            "object_kind": "pipeline",
            "object_attributes": { "id": 31, "ref": "main", "sha": "bcbb5ec3", "status": status },
            "project": { "path_with_namespace": "shop/web/e2e" },
            "builds": builds,
        });
        let heard = heard("gitlab", "Pipeline Hook", &body);
        let words = [Some("shop/web/e2e"), Some("main"), Some("bcbb5ec3")];
        assert_eq!(heard.context, context("gitlab:shop/web/e2e/31", words));
        assert_eq!(heard.end, end, "{status}");
    }
    let job = json!({
        "object_kind": "build", "ref": "main", "sha": "bcbb5ec3", "pipeline_id": 31,
        "build_id": 1977, "build_status": "failed",
        "project": { "path_with_namespace": "shop/web/e2e" },
    });
    let job = heard("gitlab", "Job Hook", &job);
    assert_eq!(job.context.run_id, "gitlab:shop/web/e2e/31");
    assert_eq!(job.end, Told::Nothing);
}

#[test]
fn a_build_of_jenkins_tells_its_phases_and_its_status() {
    for (phase, status, end) in [
        ("QUEUED", Value::Null, Told::GoesOn),
        ("STARTED", Value::Null, Told::GoesOn),
        ("COMPLETED", json!("SUCCESS"), ended(Succeeded, "SUCCESS")),
        ("FINALIZED", json!("SUCCESS"), ended(Succeeded, "SUCCESS")),
        ("COMPLETED", json!("UNSTABLE"), ended(Failed, "UNSTABLE")),
        ("COMPLETED", json!("FAILURE"), ended(Failed, "FAILURE")),
        ("COMPLETED", json!("ABORTED"), ended(Aborted, "ABORTED")),
        ("COMPLETED", json!("NOT_BUILT"), ended(Aborted, "NOT_BUILT")),
        (
            "COMPLETED",
            Value::Null,
            ended(Failed, "completed without a status"),
        ),
        ("NONE", json!("SUCCESS"), Told::Nothing),
    ] {
        let body = json!({
            "name": "e2e", "url": "job/shop/job/e2e/",
            "build": {
                "number": 18, "phase": phase, "status": status,
                "scm": { "branch": "origin/main", "commit": "acb5820c" },
            },
        });
        let heard = heard("jenkins", "", &body);
        let words = [Some("shop/e2e"), Some("origin/main"), Some("acb5820c")];
        assert_eq!(heard.context, context("jenkins:shop/e2e/18", words));
        assert_eq!(heard.end, end, "{phase} {status}");
    }
    for (url, id) in [
        ("job/e2e/", "jenkins:e2e/18"),
        ("job/shop/job/other/", "jenkins:e2e/18"),
        ("view/shop/job/e2e/", "jenkins:e2e/18"),
        ("", "jenkins:e2e/18"),
    ] {
        let body = json!({ "name": "e2e", "url": url, "build": { "number": 18 } });
        assert_eq!(heard("jenkins", "", &body).context.run_id, id, "{url}");
    }
    let queued = json!({ "name": "e2e", "url": "job/e2e/", "build": { "phase": "QUEUED" } });
    assert!(matches!(hear("jenkins", "", &queued), Said::Other(_)));
}

#[test]
fn a_generic_delivery_says_what_its_mapping_says() {
    for (status, end) in [
        (json!("Started"), Told::GoesOn),
        (json!("passed"), ended(Succeeded, "passed")),
        (json!("ERROR"), ended(Failed, "ERROR")),
        (json!("timeout"), ended(TimedOut, "timeout")),
        (json!("canceled"), ended(Aborted, "canceled")),
        (Value::Null, Told::Nothing),
    ] {
        let body = json!({
            "run_id": 17, "pipeline": "e2e", "environment": "staging", "branch": "main",
            "commit": "acb5820c", "attempt": "3", "status": status,
        });
        let heard = heard("generic", "", &body);
        let words = [Some("e2e"), Some("main"), Some("acb5820c")];
        let mut expected = context("17", words);
        expected.environment = Some("staging".to_owned());
        expected.attempt = Some(3);
        assert_eq!(heard.context, expected);
        assert_eq!(heard.end, end, "{status}");
    }
    for nothing in [
        json!({ "status": "passed" }),
        json!({ "run_id": "a b", "status": "passed" }),
        json!({ "run_id": "../x", "status": "passed" }),
        json!({ "run_id": "r1", "status": "blue" }),
        json!("r1"),
    ] {
        assert!(
            matches!(hear("generic", "", &nothing), Said::Other(_)),
            "{nothing}"
        );
    }
}

/// Any JSON, with the names that kinds look for often enough to get anywhere.
fn any_json() -> impl Strategy<Value = Value> {
    let names = proptest::sample::select(vec![
        "action",
        "workflow_run",
        "workflow_job",
        "check_run",
        "check_suite",
        "repository",
        "full_name",
        "id",
        "run_id",
        "run_attempt",
        "app",
        "slug",
        "external_id",
        "status",
        "conclusion",
        "object_attributes",
        "project",
        "path_with_namespace",
        "pipeline_id",
        "builds",
        "failure_reason",
        "name",
        "url",
        "build",
        "number",
        "phase",
        "attempt",
        "html_url",
    ]);
    let words = proptest::sample::select(vec![
        "completed",
        "failed",
        "COMPLETED",
        "job/a/job/b/",
        "..",
        "é/%",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,300}".prop_map(Value::from),
        words.prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 12, move |inner| {
        let names = names.clone();
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((names.prop_map(str::to_owned), inner), 0..12)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_is_said_is_heard_as_a_run_that_can_be_named_or_not_at_all(body in any_json()) {
        for kind in &KINDS {
            for event in ["workflow_run", "workflow_job", "check_run", "Pipeline Hook", "Job Hook", "x"] {
                if let Said::Run(heard) = hear(kind.name, event, &body) {
                    prop_assert!(is_run_id(&heard.context.run_id), "{}", heard.context.run_id);
                    prop_assert_eq!(heard.provenance, kind.provenance);
                    if let Told::Ended(end) = heard.end {
                        prop_assert!(end.cause.len() <= CAUSE);
                    }
                }
            }
        }
    }
}
