//! Deliveries without an effect: those that come again, say nothing of a run, or cannot be read.

use serde_json::json;

use crate::common::Running;
use crate::sending::{SECRET, config, counted, github, is, with, workflow_run};

#[test]
fn a_delivery_that_comes_again_has_no_effect_whatever_it_is_called_then() {
    let (_dir, agent) = with(&["github"]);
    let first = workflow_run("requested", None);
    is(
        &github(&agent.client, SECRET, "1", "workflow_run", &first),
        200,
        "accepted",
    );
    let steps = agent.handle().watch().steps.value();
    // The same name; then the same body, whose name nobody signed.
    let other = workflow_run("in_progress", None);
    is(
        &github(&agent.client, SECRET, "1", "workflow_run", &other),
        200,
        "repeated",
    );
    is(
        &github(&agent.client, SECRET, "2", "workflow_run", &first),
        200,
        "repeated",
    );
    assert_eq!(agent.handle().watch().steps.value(), steps);
    assert_eq!(counted(&agent, "github", "repeated"), 2);
    agent.clock.advance(8 * 86_400_000);
    is(
        &github(&agent.client, SECRET, "1", "workflow_run", &other),
        200,
        "accepted",
    );
    agent.stop();
}

#[test]
fn what_says_nothing_of_a_run_is_answered_and_changes_nothing() {
    let (_dir, agent) = with(&["github"]);
    let client = &agent.client;
    is(
        &github(client, SECRET, "1", "ping", &json!({ "zen": "x" })),
        200,
        "greeting",
    );
    is(
        &github(client, SECRET, "2", "push", &json!({ "ref": "x" })),
        202,
        "ignored",
    );
    is(
        &github(client, SECRET, "3", "workflow_run", &json!([])),
        202,
        "ignored",
    );
    assert_eq!(counted(&agent, "github", "ignored"), 2);
    assert_eq!(agent.handle().watch().steps.value(), 0);
    agent.stop();
}

#[test]
fn a_body_that_is_no_json_or_too_long_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path(), &["generic"]);
    config.webhooks.max_body = 64 * 1024;
    let agent = Running::with(&dir.path().join("data"), &config);
    let bearer = format!("Bearer {SECRET}");
    let client = agent.client.with_headers(&[("authorization", &bearer)]);
    let post = |kind: &str, body: &[u8]| client.post("/webhooks/generic", kind, body).status;
    let json = "application/json";
    assert_eq!(post(json, b"{"), 400);
    assert_eq!(post(json, "[".repeat(60_000).as_bytes()), 400);
    assert_eq!(post(json, &vec![b' '; 64 * 1024 + 1]), 413);
    assert_eq!(
        post("application/x-www-form-urlencoded", b"payload={}"),
        415
    );
    assert_eq!(agent.handle().watch().steps.value(), 0);
    agent.stop();
}
