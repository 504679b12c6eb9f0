//! Who may deliver, and what becomes of those who may not.

use crate::common::{self, Answer, Running, answer_to_head};
use crate::sending::{SECRET, config, deliver, github, is, mac, with, workflow_run};
use sentinel_agent::api::view::{AuditView, Page};
use sentinel_agent::{Agent, Options, StartError};
use sentinel_config::{Scope, TokenConfig};
use serde_json::json;

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
        let head = format!(
            "POST /webhooks/{kind} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
             content-length: 1000\r\n\r\n"
        );
        let answer = answer_to_head(agent.client.address(), &head);
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
