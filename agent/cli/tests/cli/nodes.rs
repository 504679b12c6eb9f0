//! From a sidecar through a node to a hub and to a person, with tokens and TLS on the way.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use sentinel_config::{Config, Role, SidecarConfig};
use tokio::runtime::Runtime;

use crate::bench::{Bench, check_exit};
use crate::doors::{agent, send, token, vouched};

#[test]
fn a_sidecars_stream_goes_through_a_node_to_a_hub_and_is_read_there() {
    let bench = Bench::new();
    let (sender, of_sender) = token(&bench, "ci", "send");
    let (nodes, of_nodes) = token(&bench, "nodes", "send");
    let (reader, of_reader) = token(&bench, "me", "read");
    let (trust, certificate, key) = vouched(&bench, "hub");
    let runtime = Runtime::new().expect("a runtime");

    let mut config = Config::default();
    config.agent.role = Role::Hub;
    config.agent.auth.tokens = vec![of_nodes, of_reader];
    config.agent.tls.certificate = Some(certificate.into());
    config.agent.tls.key = Some(key.into());
    config.run.finalize_after = Duration::ZERO;
    let hub = agent(&bench, "hub-data", &runtime, &config);
    let url = format!("https://{}", hub.addr());

    let mut config = Config::default();
    config.agent.role = Role::Node;
    config.agent.auth.tokens = vec![of_sender];
    let forward = &mut config.agent.forward;
    forward.hub = Some(url.clone());
    forward.node = Some("machine-7".to_owned());
    forward.token_file = Some(nodes.into());
    forward.ca_file = Some(PathBuf::from(&trust));
    let node = agent(&bench, "node-data", &runtime, &config);

    let sidecar = SidecarConfig {
        token_file: Some(sender.into()),
        ..SidecarConfig::default()
    };
    let near = format!("http://{}", node.addr());
    assert!(send(&runtime, &bench.path("recorded"), &near, &sidecar).complete);

    let asks = [
        "--agent",
        &url,
        "--token-file",
        &reader,
        "--ca-file",
        &trust,
    ];
    let args = [&["report", "r1", "--format", "json"][..], &asks].concat();
    let begun = Instant::now();
    loop {
        // The report is made of several answers, which may be of different moments.
        let done = bench.sentinel(&args);
        let parts = [
            "\"reason\": \"1 passed\"",
            "\"tests\": 1",
            "\"name\": \"a\"",
        ];
        if parts.iter().all(|part| done.stdout.contains(part)) {
            check_exit(&done, 0);
            break;
        }
        let patience = Duration::from_secs(30);
        assert!(begun.elapsed() < patience, "{}{}", done.stdout, done.stderr);
    }
    runtime.block_on(node.shutdown());
    runtime.block_on(hub.shutdown());
}

#[test]
fn a_node_without_a_hub_is_a_mistake_in_the_configuration() {
    let bench = Bench::new();
    let config = bench.file("node.toml", "[agent]\nrole = \"node\"\n");
    let done = bench.sentinel(&["config", "check", &config]);
    check_exit(&done, 2);
    let told =
        "node.toml:2:8: `role` in [agent] is \"node\", so `hub` in [agent.forward] must be set";
    assert!(done.stderr.contains(told), "{}", done.stderr);
}
