//! Who may send by way of a node: those a hub knows, and to a hub only.

use std::fs;

use sentinel_config::{Config, Scope, TokenConfig};
use sha2::{Digest, Sha256};

use crate::common::{Running, hello};
use crate::stage::{
    Line, all_closed, deliver, forwarded, hub_config, node, node_config, run_at, stream,
};

fn knows(config: &mut Config, name: &str, token: &str) {
    let hash = Sha256::digest(token.as_bytes());
    let hash: String = hash.iter().map(|b| format!("{b:02x}")).collect();
    config.agent.auth.tokens.push(TokenConfig {
        name: name.to_owned(),
        scope: Scope::Send,
        hash: format!("sha256:{hash}"),
    });
}

#[test]
fn an_agent_that_is_no_hub_takes_nothing_by_way_of_nodes_and_the_node_says_so() {
    let (at_hub, at_node) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let other = Running::start(at_hub.path());
    let node = node(at_node.path(), &Line::to(other.client.address()), "n1");
    deliver(&node.client, &stream("a"), 0, 10, Some(0));
    let ready = node.client.until("/ready", |ready| {
        ready.body.contains("refused by the hub (403)")
    });
    assert_eq!(ready.status, 200);
    assert_eq!(other.client.get("/api/v1/runs/r1").status, 404);
    node.stop();
    other.stop();
}

#[test]
fn a_node_proves_who_it_is_with_a_token_that_is_read_again_when_it_was_refused() {
    let (at_hub, at_node) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut config = hub_config();
    knows(&mut config, "nodes", "sntl_right");
    let hub = Running::with(at_hub.path(), &config);
    let line = Line::to(hub.client.address());
    let token = at_node.path().join("token");
    fs::write(&token, "sntl_wrong").unwrap();
    let data = at_node.path().join("data");
    fs::create_dir(&data).unwrap();
    let mut config = node_config(&line.url(), "n1");
    config.agent.forward.token_file = Some(token.clone());
    let node = Running::with(&data, &config);
    deliver(&node.client, &stream("a"), 0, 50, Some(1));
    let refused = |body: &str| body.contains("refused by the hub (401)");
    node.client.until("/ready", |ready| refused(&ready.body));
    fs::write(&token, "sntl_right").unwrap();
    node.client
        .until("/ready", |ready| !ready.body.contains("forward"));
    forwarded(&node, 6);
    node.stop();
    hub.stop();
    // Nobody may read at that hub: its directory tells what it has.
    let hub = Running::with(at_hub.path(), &hub_config());
    let run = run_at(&hub.client, |_| true);
    assert!(all_closed(&run), "{run:?}");
    assert_eq!(run.totals.tests, 50);
    hub.stop();
}

#[test]
fn a_nodes_name_is_a_name() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Running::with(dir.path(), &hub_config());
    let long = "n".repeat(254);
    for (name, status) in [
        ("n-1.example_x", 200),
        ("", 400),
        ("../x", 400),
        (&long, 400),
    ] {
        let mut opening = serde_json::to_value(hello("r1")).unwrap();
        opening["via"] = serde_json::json!({ "node": name, "silent_ms": u64::MAX });
        let body = opening.to_string();
        let answer = hub
            .client
            .post("/v1/streams", "application/json", body.as_bytes());
        assert_eq!(answer.status, status, "{name:?}: {answer:?}");
    }
    hub.stop();
}
