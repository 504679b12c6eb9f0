//! Webhooks over HTTP: who may deliver, what a delivery does to a run, and what a repeated or late one does not.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use common::{Answer, Client, Running, hello, tests};
use hmac::{Hmac, KeyInit, Mac};
use sentinel_agent::api::view::{AuditView, Page, RunView};
use sentinel_agent::{Agent, Options, StartError};
use sentinel_config::{Config, Scope, TokenConfig};
use serde_json::{Value, json};
use sha2::Sha256;

const SECRET: &str = "a-secret-of-more-than-16-bytes";
const RUN: &str = "github:octo/shop/7/1";

/// A configuration whose webhooks of these kinds have the secret.
fn config(dir: &Path, kinds: &[&str]) -> Config {
    let path = dir.join("secret");
    std::fs::write(&path, format!("{SECRET}\n")).unwrap();
    let mut config = Config::default();
    let hooks = &mut config.webhooks;
    for kind in kinds {
        let file = match *kind {
            "github" => &mut hooks.github.secret_file,
            "gitlab" => &mut hooks.gitlab.secret_file,
            "gitlab signing" => &mut hooks.gitlab.signing_file,
            "jenkins" => &mut hooks.jenkins.secret_file,
            _ => &mut hooks.generic.secret_file,
        };
        *file = Some(path.clone());
    }
    config
}

fn with(kinds: &[&str]) -> (tempfile::TempDir, Running) {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), kinds);
    let agent = Running::with(&dir.path().join("data"), &config);
    (dir, agent)
}

fn mac(key: &str, signed: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(signed);
    mac.finalize().into_bytes().to_vec()
}

fn deliver(client: &Client, kind: &str, head: &[(&str, &str)], body: &Value) -> Answer {
    let body = body.to_string();
    let path = format!("/webhooks/{kind}");
    client
        .with_headers(head)
        .post(&path, "application/json", body.as_bytes())
}

/// A delivery of GitHub, signed with the key.
fn github(client: &Client, key: &str, id: &str, event: &str, body: &Value) -> Answer {
    let hex: String = mac(key, body.to_string().as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let head = [
        ("x-github-event", event),
        ("x-github-delivery", id),
        ("x-hub-signature-256", &format!("sha256={hex}")),
    ];
    deliver(client, "github", &head, body)
}

fn workflow_run(action: &str, conclusion: Option<&str>) -> Value {
    json!({
        "action": action,
        "workflow_run": {
            "id": 7, "run_attempt": 1, "name": "nightly", "head_branch": "main", "head_sha": "acb5820c",
            "conclusion": conclusion,
        },
        "repository": { "full_name": "octo/shop" },
    })
}

#[track_caller]
fn is(answer: &Answer, status: u16, outcome: &str) {
    let told: Value = answer.json();
    assert_eq!(
        (answer.status, told["outcome"].as_str()),
        (status, Some(outcome)),
        "{answer:?}"
    );
}

#[track_caller]
fn run(agent: &Running, id: &str) -> RunView {
    let id = id.replace('/', "%2F");
    let answer = agent.client.get(&format!("/api/v1/runs/{id}"));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn counted(agent: &Running, kind: &str, outcome: &str) -> u64 {
    let page = agent.client.get("/metrics").body;
    let head =
        format!("sentinel_webhook_deliveries_total{{kind=\"{kind}\",outcome=\"{outcome}\"}} ");
    let value = page.lines().find_map(|line| line.strip_prefix(&head));
    value.unwrap().parse().unwrap()
}

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
fn what_is_not_signed_with_the_secret_is_refused_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path(), &["github", "gitlab", "jenkins"]);
    // Nobody's token opens this door, and no token is asked for.
    let token = sentinel_agent::auth::Token::new().unwrap();
    config.agent.auth.tokens.push(TokenConfig {
        name: "ops".to_owned(),
        scope: Scope::Admin,
        hash: token.hash(),
    });
    let agent = Running::with(&dir.path().join("data"), &config);
    let body = workflow_run("requested", None);
    let admin = agent.client.with_token(token.reveal());
    let event = ("x-github-event", "workflow_run");
    let hollow = ("x-hub-signature-256", "sha256=");
    let answers = [
        github(
            &agent.client,
            "another-secret-of-enough-bytes",
            "1",
            "workflow_run",
            &body,
        ),
        deliver(&agent.client, "github", &[event], &body),
        deliver(&agent.client, "github", &[event, hollow], &body),
        admin.post("/webhooks/github", "application/json", b"{}"),
        admin.post("/webhooks/jenkins", "application/json", b"{}"),
        deliver(
            &agent.client,
            "gitlab",
            &[("x-gitlab-token", "another-secret-of-enough-bytes")],
            &body,
        ),
        deliver(&agent.client, "gitlab", &[], &body),
    ];
    for answer in &answers {
        assert_eq!(answer.status, 401, "{answer:?}");
    }
    let watch = agent.handle().watch();
    assert_eq!(watch.steps.value(), 0);
    assert_eq!(watch.refused.value(), 7);
    assert_eq!(watch.webhooks[0].refused.value(), 4);
    let written = |answer: &Answer| {
        let refused = |row: &AuditView| row.verb == "refused" && row.actor.is_none();
        let page: Page<AuditView> = answer.json();
        let mut refusals = page.items.iter().filter(|row| refused(row));
        refusals.any(|row| row.object == "POST /webhooks/github")
    };
    admin.until("/api/v1/audit", written);
    agent.stop();
}

#[test]
fn whoever_offers_no_proof_is_answered_before_the_body_is_sent() {
    let (_dir, agent) = with(&["github", "jenkins"]);
    for kind in ["github", "jenkins"] {
        let mut client = TcpStream::connect(agent.client.address()).unwrap();
        client
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let head = format!(
            "POST /webhooks/{kind} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
             content-length: 1000\r\n\r\n"
        );
        client.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    }
    agent.stop();
}

#[test]
fn a_kind_without_a_secret_is_off() {
    let (_dir, agent) = with(&["github"]);
    for kind in ["gitlab", "jenkins", "generic", "nobody", ""] {
        assert_eq!(
            deliver(&agent.client, kind, &[], &json!({})).status,
            404,
            "{kind}"
        );
    }
    assert_eq!(agent.client.get("/webhooks/github").status, 405);
    agent.stop();
}

#[test]
fn a_secret_that_cannot_be_had_or_guessed_keeps_the_agent_from_starting() {
    let dir = tempfile::tempdir().unwrap();
    let start = |secret: Option<&str>| {
        let config = config(dir.path(), &["github"]);
        let path = config.webhooks.github.secret_file.as_ref().unwrap();
        match secret {
            Some(secret) => std::fs::write(path, secret).unwrap(),
            None => std::fs::remove_file(path).unwrap(),
        }
        let mut options = Options::new(dir.path().join("data"));
        options.listen = Some(([127, 0, 0, 1], 0).into());
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(Agent::start(&config, options)).map(drop)
    };
    for secret in [
        None,
        Some(""),
        Some("too-short\n"),
        Some("two\nlines of enough bytes"),
    ] {
        let error = start(secret).unwrap_err();
        assert!(matches!(error, StartError::Webhooks(_)), "{error}");
        let told = error.to_string();
        assert!(
            !told.contains("lines of") && !told.contains("too-short"),
            "{told}"
        );
    }
}

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
    // `sentinel:` and the secret, in base64.
    let basic = "Basic c2VudGluZWw6YS1zZWNyZXQtb2YtbW9yZS10aGFuLTE2LWJ5dGVz";
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
        &deliver(client, "jenkins", &[("authorization", basic)], &build),
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

#[test]
fn a_kind_with_a_signing_key_only_takes_no_token() {
    let (_dir, agent) = with(&["gitlab signing"]);
    let body = json!({
        "object_attributes": { "id": 31, "status": "running" },
        "project": { "path_with_namespace": "shop/e2e" },
    });
    let time = (common::START_MS / 1_000).to_string();
    let signed = format!("1.{time}.{body}");
    let code = mac(SECRET, signed.as_bytes());
    let signature = format!(
        "v1,{}",
        base64::Engine::encode(&base64::prelude::BASE64_STANDARD, code)
    );
    let head = |signature| {
        [
            ("x-gitlab-event", "Pipeline Hook"),
            ("x-gitlab-token", SECRET),
            ("webhook-id", "1"),
            ("webhook-timestamp", time.as_str()),
            ("webhook-signature", signature),
        ]
    };
    let client = &agent.client;
    let token_only = &head("")[..2];
    assert_eq!(deliver(client, "gitlab", token_only, &body).status, 401);
    assert_eq!(
        deliver(client, "gitlab", &head("v1,AAAA"), &body).status,
        401
    );
    is(
        &deliver(client, "gitlab", &head(&signature), &body),
        200,
        "accepted",
    );
    agent.clock.advance(301_000);
    assert_eq!(
        deliver(client, "gitlab", &head(&signature), &body).status,
        401
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
