//! Torture row X3, the half that can be: whatever addresses a delivery names, the agent calls none of them. It follows no
//! link, and nothing it sends goes to an address that a delivery could choose.

use std::io::ErrorKind;
use std::net::TcpListener;

use serde_json::{Value, json};

use crate::sending::{BASIC, RUN, SECRET, deliver, github, is, run, with, workflow_run};

/// Words for the port on loopback, as somebody writes them who wants to be let in.
fn addresses(port: u16) -> Vec<String> {
    let hosts = [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "[::ffff:127.0.0.1]",
    ];
    let hosts = hosts
        .iter()
        .map(|host| format!("http://{host}:{port}/hook"));
    hosts.collect()
}

/// Each place where such a delivery may hold an address, and each that is read.
fn pointing(url: &str) -> Value {
    let mut body = workflow_run("requested", None);
    for field in [
        "url",
        "html_url",
        "jobs_url",
        "logs_url",
        "rerun_url",
        "name",
        "head_branch",
    ] {
        body["workflow_run"][field] = json!(url);
    }
    for field in ["url", "hooks_url", "statuses_url", "clone_url"] {
        body["repository"][field] = json!(url);
    }
    body["installation"] = json!({ "access_tokens_url": url });
    body
}

#[test]
fn x3_no_address_in_a_delivery_is_ever_called() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let urls = addresses(listener.local_addr().unwrap().port());
    let (_dir, agent) = with(&["github", "jenkins"]);
    for (n, url) in urls.iter().enumerate() {
        let answer = github(
            &agent.client,
            SECRET,
            &format!("d{n}"),
            "workflow_run",
            &pointing(url),
        );
        is(&answer, 200, "accepted");
        // A link where a job's page would be.
        let build = json!({
            "name": format!("e2e-{n}"), "url": url,
            "build": { "number": 18, "phase": "STARTED", "full_url": url, "url": url, "log": url },
        });
        let answer = deliver(
            &agent.client,
            "jenkins",
            &[("authorization", BASIC)],
            &build,
        );
        is(&answer, 200, "accepted");
    }
    let pipeline = run(&agent, RUN).pipeline.unwrap();
    assert!(urls.contains(&pipeline), "{pipeline}");
    agent.pass(60_000);
    agent.stop();
    // Whoever connected before the agent ended would wait here.
    let called = listener.accept().map_err(|error| error.kind());
    assert_eq!(called.err(), Some(ErrorKind::WouldBlock));
}
