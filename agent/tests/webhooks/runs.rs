//! What deliveries do to a run.

use sentinel_agent::api::view::RunView;
use serde_json::json;

use crate::common::{self, hello, tests};
use crate::sending::{BASIC, RUN, SECRET, counted, deliver, github, is, run, with, workflow_run};

#[test]
fn a_cancelled_workflow_is_an_aborted_run_with_its_cause() {
    let (_dir, agent) = with(&["github"]);
    let told = [
        ("requested", None),
        ("in_progress", None),
        ("completed", Some("cancelled")),
    ];
    for (n, (action, conclusion)) in told.into_iter().enumerate() {
        let body = workflow_run(action, conclusion);
        let answer = github(&agent.client, SECRET, &n.to_string(), "workflow_run", &body);
        is(&answer, 200, "accepted");
        let status = serde_json::to_value(run(&agent, RUN).status).unwrap();
        assert_eq!(status == "pending", n < 2, "{status}");
    }
    agent.pass(60_000);
    let run: RunView = agent
        .client
        .until("/api/v1/runs/github:octo%2Fshop%2F7%2F1", |answer| {
            answer.body.contains("\"aborted\"")
        })
        .json();
    assert_eq!(
        run.reason.as_deref(),
        Some("no output was seen; webhook:github ended: cancelled")
    );
    assert_eq!(run.pipeline.as_deref(), Some("nightly"));
    assert_eq!(run.branch.as_deref(), Some("main"));
    assert_eq!(run.commit.as_deref(), Some("acb5820c"));
    assert_eq!(run.attempt, Some(1));
    assert_eq!(run.provenance, ["webhook:github"]);
    agent.stop();
}

#[test]
fn a_delivery_that_comes_late_does_not_begin_an_ended_run_again() {
    let (_dir, agent) = with(&["github"]);
    let end = workflow_run("completed", Some("timed_out"));
    is(
        &github(&agent.client, SECRET, "1", "workflow_run", &end),
        200,
        "accepted",
    );
    let late = workflow_run("in_progress", None);
    is(
        &github(&agent.client, SECRET, "2", "workflow_run", &late),
        200,
        "accepted",
    );
    agent.pass(60_000);
    let path = "/api/v1/runs/github:octo%2Fshop%2F7%2F1";
    agent
        .client
        .until(path, |answer| answer.body.contains("\"timed_out\""));
    agent.stop();
}

#[test]
fn output_and_webhook_make_one_run_whichever_comes_first() {
    for output_first in [true, false] {
        let (_dir, agent) = with(&["github"]);
        let output = || {
            let mut open = hello(RUN);
            open.run.pipeline = None;
            let stream = agent.client.open(&open).stream;
            for frame in [tests(0, 3), common::end(3, 0)] {
                assert_eq!(agent.client.frames(&stream, &frame.encode()).status, 200);
            }
        };
        let webhook = || {
            for (id, body) in [
                ("1", workflow_run("requested", None)),
                ("2", workflow_run("completed", Some("success"))),
            ] {
                is(
                    &github(&agent.client, SECRET, id, "workflow_run", &body),
                    200,
                    "accepted",
                );
            }
        };
        let (first, second): (&dyn Fn(), &dyn Fn()) = match output_first {
            true => (&output, &webhook),
            false => (&webhook, &output),
        };
        first();
        second();
        agent.pass(60_000);
        let path = "/api/v1/runs/github:octo%2Fshop%2F7%2F1";
        let run: RunView = agent
            .client
            .until(path, |answer| answer.body.contains("\"passed\",\"reason\""))
            .json();
        let mut provenance = run.provenance.clone();
        provenance.sort();
        assert_eq!(provenance, ["capture", "webhook:github"]);
        assert_eq!(run.pipeline.as_deref(), Some("nightly"));
        assert_eq!(run.reason.as_deref(), Some("3 passed"));
        agent.stop();
    }
}

#[test]
fn each_kind_is_heard_once() {
    let (_dir, agent) = with(&["github", "gitlab", "jenkins", "generic"]);
    let pipeline = json!({
        "object_attributes": { "id": 31, "ref": "main", "sha": "bcbb5ec3", "status": "running" },
        "project": { "path_with_namespace": "shop/e2e" },
    });
    let build = json!({ "name": "e2e", "build": { "number": 18, "phase": "STARTED" } });
    let said = json!({ "run_id": "r1", "status": "running" });
    let bearer = format!("Bearer {SECRET}");
    let lab = [
        ("x-gitlab-token", SECRET),
        ("x-gitlab-event", "Pipeline Hook"),
        ("idempotency-key", "1"),
    ];
    let client = &agent.client;
    is(
        &github(
            client,
            SECRET,
            "1",
            "workflow_run",
            &workflow_run("requested", None),
        ),
        200,
        "accepted",
    );
    is(&deliver(client, "gitlab", &lab, &pipeline), 200, "accepted");
    is(&deliver(client, "gitlab", &lab, &pipeline), 200, "repeated");
    is(
        &deliver(client, "jenkins", &[("authorization", BASIC)], &build),
        200,
        "accepted",
    );
    is(
        &deliver(client, "generic", &[("authorization", &bearer)], &said),
        200,
        "accepted",
    );
    for (id, source) in [
        (RUN, "webhook:github"),
        ("gitlab:shop/e2e/31", "webhook:gitlab"),
        ("jenkins:e2e/18", "webhook:jenkins"),
        ("r1", "webhook:generic"),
    ] {
        assert_eq!(run(&agent, id).provenance, [source]);
        assert_eq!(counted(&agent, &source["webhook:".len()..], "accepted"), 1);
    }
    agent.stop();
}
