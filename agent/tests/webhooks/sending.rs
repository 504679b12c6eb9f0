//! Deliveries as GitHub and the others send them, to an agent with their secrets.

use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sentinel_agent::api::view::RunView;
use sentinel_config::Config;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::common::{Answer, Client, Running};

pub(crate) const SECRET: &str = "a-secret-of-more-than-16-bytes";
/// `sentinel:` and the secret, in base64.
pub(crate) const BASIC: &str = "Basic c2VudGluZWw6YS1zZWNyZXQtb2YtbW9yZS10aGFuLTE2LWJ5dGVz";
pub(crate) const RUN: &str = "github:octo/shop/7/1";

/// A configuration whose webhooks of these kinds have the secret.
pub(crate) fn config(dir: &Path, kinds: &[&str]) -> Config {
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

pub(crate) fn with(kinds: &[&str]) -> (tempfile::TempDir, Running) {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), kinds);
    let agent = Running::with(&dir.path().join("data"), &config);
    (dir, agent)
}

pub(crate) fn mac(key: &str, signed: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(signed);
    mac.finalize().into_bytes().to_vec()
}

pub(crate) fn deliver(client: &Client, kind: &str, head: &[(&str, &str)], body: &Value) -> Answer {
    let body = body.to_string();
    let path = format!("/webhooks/{kind}");
    client
        .with_headers(head)
        .post(&path, "application/json", body.as_bytes())
}

/// A delivery of GitHub, signed with the key.
pub(crate) fn github(client: &Client, key: &str, id: &str, event: &str, body: &Value) -> Answer {
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

pub(crate) fn workflow_run(action: &str, conclusion: Option<&str>) -> Value {
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
pub(crate) fn is(answer: &Answer, status: u16, outcome: &str) {
    let told: Value = answer.json();
    assert_eq!(
        (answer.status, told["outcome"].as_str()),
        (status, Some(outcome)),
        "{answer:?}"
    );
}

#[track_caller]
pub(crate) fn run(agent: &Running, id: &str) -> RunView {
    let id = id.replace('/', "%2F");
    let answer = agent.client.get(&format!("/api/v1/runs/{id}"));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

pub(crate) fn counted(agent: &Running, kind: &str, outcome: &str) -> u64 {
    let page = agent.client.get("/metrics").body;
    let head =
        format!("sentinel_webhook_deliveries_total{{kind=\"{kind}\",outcome=\"{outcome}\"}} ");
    let value = page.lines().find_map(|line| line.strip_prefix(&head));
    value.unwrap().parse().unwrap()
}
