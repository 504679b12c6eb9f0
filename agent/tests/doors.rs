//! Who comes in (torture row A4): nothing from somebody who did not prove who it is is inflated,
//! parsed or stored, and everybody has its own streams only.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{Answer, Client, PER_TEST, Running, answer_to_head, hello, tests};
use sentinel_agent::api::read;
use sentinel_agent::api::view::{AuditView, Page};
use sentinel_agent::auth::{Authenticate, Identifying, Identity, Token, Unavailable};
use sentinel_agent::{Agent, Options, StartError};
use sentinel_config::{Config, Scope, TokenConfig};

/// An agent that knows a token of each name and scope, and a client for each.
fn guarded<const N: usize>(dir: &Path, known: [(&str, Scope); N]) -> (Running, [Client; N]) {
    let mut config = Config::default();
    let tokens = known.map(|(name, scope)| known_as(&mut config, name, scope));
    let agent = Running::with(dir, &config);
    let clients = tokens.map(|token| agent.client.with_token(token.reveal()));
    (agent, clients)
}

/// A new token that the configuration knows.
fn known_as(config: &mut Config, name: &str, scope: Scope) -> Token {
    let token = Token::new().unwrap();
    config.agent.auth.tokens.push(TokenConfig {
        name: name.to_owned(),
        scope,
        hash: token.hash(),
    });
    token
}

fn refused(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(
        answer.head.contains("application/problem+json"),
        "{answer:?}"
    );
    let asks = answer.head.contains("www-authenticate: bearer");
    assert_eq!(asks, status == 401, "{answer:?}");
}

#[test]
fn without_a_known_token_nothing_is_read_inflated_or_stored() {
    let dir = tempfile::tempdir().unwrap();
    let (agent, [ours]) = guarded(dir.path(), [("ci", Scope::Send)]);
    let stream = ours.open(&hello("r1")).stream;
    let frames = tests(0, 2_000).encode();
    let foreign = Token::new().unwrap();
    for client in [
        agent.client.clone(),
        agent.client.with_token(foreign.reveal()),
        agent.client.with_token(""),
        agent.client.with_token(&"x".repeat(9_000)),
        agent.client.with_token("x\r\nauthorization: Bearer y"),
    ] {
        refused(&client.frames(&stream, &frames), 401);
        refused(&client.frames(&stream, b"not even a frame"), 401);
        let body = serde_json::to_vec(&hello("r2")).unwrap();
        refused(&client.post("/v1/streams", "application/json", &body), 401);
        refused(&client.get("/api/v1/runs"), 401);
        refused(&client.get("/metrics"), 401);
        refused(&client.get(&format!("/v1/streams/{stream}/position")), 401);
    }
    let watch = agent.handle().watch();
    assert_eq!(watch.refused.value(), 30);
    assert_eq!(watch.body_bytes.value(), 0);
    assert_eq!(watch.inflated_bytes.value(), 0);
    assert_eq!(watch.frames_rejected.value(), 0);
    assert_eq!(watch.steps.value(), 1, "the stream that was opened");
    assert_eq!(
        ours.frames(&stream, &frames).position(),
        (200, 2_000 * PER_TEST)
    );
    agent.stop();
}

#[test]
fn somebody_unknown_is_answered_before_its_body_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let (agent, _) = guarded(dir.path(), [("ci", Scope::Send)]);
    let head = "POST /v1/streams HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n\
        content-type: application/json\r\ncontent-length: 1000\r\n\r\n";
    let answer = answer_to_head(agent.handle().addr(), head);
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    agent.stop();
}

#[test]
fn a_scope_is_no_more_than_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let known = [
        ("sender", Scope::Send),
        ("reader", Scope::Read),
        ("admin", Scope::Admin),
    ];
    let (agent, [sender, reader, admin]) = guarded(dir.path(), known);
    let stream = sender.open(&hello("r1")).stream;
    refused(&sender.get("/api/v1/runs"), 403);
    refused(&sender.get("/metrics"), 403);
    refused(&reader.frames(&stream, &tests(0, 1).encode()), 403);
    refused(&admin.frames(&stream, &tests(0, 1).encode()), 403);
    refused(&reader.get("/api/v1/audit"), 403);
    assert_eq!(reader.get("/api/v1/runs/r1").status, 200);
    assert_eq!(reader.get("/metrics").status, 200);
    assert_eq!(admin.get("/api/v1/runs/r1").status, 200);
    assert_eq!(admin.get("/api/v1/audit").status, 200);
    // What a probe asks is for everybody.
    assert_eq!(agent.client.get("/health").status, 200);
    assert_eq!(agent.client.get("/ready").status, 200);
    agent.stop();
}

#[test]
fn a_stream_opened_under_one_token_cannot_be_continued_under_another() {
    let dir = tempfile::tempdir().unwrap();
    let known = [("a", Scope::Send), ("b", Scope::Send), ("a", Scope::Send)];
    let (agent, [a, b, a_again]) = guarded(dir.path(), known);
    let stream = a.open(&hello("r1")).stream;
    assert_eq!(
        a.frames(&stream, &tests(0, 5).encode()).position(),
        (200, 5 * PER_TEST)
    );
    let position = format!("/v1/streams/{stream}/position");
    refused(&b.frames(&stream, &tests(5, 9).encode()), 403);
    refused(&b.get(&position), 403);
    // Who tells the same identity under another name has a stream of its own.
    let theirs = b.open(&hello("r1"));
    assert_ne!(theirs.stream, stream);
    assert_eq!(theirs.committed, 0);
    // A name's second token goes on with the streams of its first.
    assert_eq!(a_again.open(&hello("r1")).stream, stream);
    assert_eq!(
        a_again.frames(&stream, &tests(5, 9).encode()).position(),
        (200, 9 * PER_TEST)
    );
    agent.stop();
}

/// Stands for Kubernetes: the token is the pod's uid, unless the API cannot be asked.
struct Pods;

impl Authenticate for Pods {
    fn identify<'a>(&'a self, token: &'a [u8]) -> Identifying<'a> {
        Box::pin(async move {
            let pod = std::str::from_utf8(token).unwrap();
            if pod == "away" {
                return Err(Unavailable("no API server".into()));
            }
            let identity = || Identity {
                offline: false,
                name: format!("pod:{pod}").into(),
                scope: Scope::Send,
                pod_uid: Some(pod.into()),
            };
            Ok(pod.starts_with("uid-").then(identity))
        })
    }
}

#[test]
fn a_pods_token_delivers_that_pods_streams_only() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = Options::new(dir.path().to_owned());
    options.authenticators.push(Arc::new(Pods));
    let agent = Running::opened(options, &Config::default());
    let (one, deleted) = (
        agent.client.with_token("uid-1"),
        agent.client.with_token("gone"),
    );
    let of_pod = |pod: &str| {
        let mut open = hello("r1");
        open.identity.pod_uid = pod.to_owned();
        serde_json::to_vec(&open).unwrap()
    };
    let open = |client: &Client, pod| client.post("/v1/streams", "application/json", &of_pod(pod));
    assert_eq!(open(&one, "uid-1").status, 200);
    refused(&open(&one, "uid-2"), 403);
    refused(&open(&deleted, "uid-1"), 401);
    // Nobody can say whose token it is: to be tried again, and not let in.
    let away = open(&agent.client.with_token("away"), "uid-1");
    assert_eq!(away.status, 503, "{away:?}");
    assert!(away.head.contains("retry-after: "), "{away:?}");
    agent.stop();
}

#[test]
fn who_speaks_for_one_pod_is_not_told_what_others_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = Options::new(dir.path().to_owned());
    options.authenticators.push(Arc::new(Pods));
    let mut config = Config::default();
    let token = known_as(&mut config, "collector", Scope::Send);
    let agent = Running::opened(options, &config);
    let collector = agent.client.with_token(token.reveal());
    let ask = |client: &Client, body: &str| {
        client.post("/v1/collect", "application/json", body.as_bytes())
    };
    let node = r#"{"source":"node","node":"n-1"}"#;
    let told = ask(&collector, node);
    assert_eq!((told.status, &*told.body), (200, r#"{"pods":[]}"#));
    assert_eq!(ask(&collector, r#"{"source":"api"}"#).status, 200);
    for odd in [
        r#"{"source":"node"}"#,
        r#"{"source":"node","node":"../x"}"#,
        r#"{"source":"api","node":"n-1"}"#,
        r#"{"source":"sidecar"}"#,
        "[]",
    ] {
        refused(&ask(&collector, odd), 400);
    }
    refused(&ask(&agent.client.with_token("uid-1"), node), 403);
    refused(&ask(&agent.client, node), 401);
    agent.stop();
}

#[test]
fn who_did_what_is_written_down_once_and_read_by_admins() {
    let dir = tempfile::tempdir().unwrap();
    let known = [("ci", Scope::Send), ("root", Scope::Admin)];
    let (agent, [ci, root]) = guarded(dir.path(), known);
    let stream = ci.open(&hello("r1")).stream;
    ci.open(&hello("r1"));
    for _ in 0..50 {
        agent.client.get("/api/v1/runs");
    }
    assert_eq!(root.get("/api/v1/audit").status, 200);
    // Its own reading is written down behind it; asking over HTTP again would be as well.
    let begun = Instant::now();
    while read::audit(agent.handle().reader(), &read::Paging::default())
        .unwrap()
        .items
        .len()
        < 3
    {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "not written down"
        );
        std::thread::yield_now();
    }
    let told: Page<AuditView> = root.get("/api/v1/audit").json();
    let acts: Vec<String> = told
        .items
        .iter()
        .rev()
        .take(3)
        .map(|act| {
            let actor = act.actor.as_deref().unwrap_or("?");
            format!("{actor} {} {}", act.verb, act.object)
        })
        .collect();
    assert_eq!(
        acts,
        [
            format!("ci opened_stream {stream} of run r1"),
            "? refused GET /api/v1/runs".to_owned(),
            "root read_audit GET /api/v1/audit".to_owned(),
        ]
    );
    assert!(
        told.items
            .iter()
            .all(|act| act.peer.as_deref() == Some("127.0.0.1"))
    );
    assert_eq!(agent.handle().watch().audit_left_out.value(), 49);
    agent.stop();
}

/// Why an agent with this configuration does not listen on all addresses, if it does not.
fn refusal(config: &Config, change: impl FnOnce(&mut Options)) -> Option<String> {
    let dir = tempfile::tempdir().unwrap();
    let mut options = Options::new(dir.path().to_owned());
    options.listen = Some(([0, 0, 0, 0], 0).into());
    change(&mut options);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let started = runtime.block_on(Agent::start(config, options));
    match started {
        Ok(handle) => {
            runtime.block_on(handle.shutdown());
            None
        }
        Err(error @ (StartError::OpenToNetwork(_) | StartError::PlainToNetwork(_))) => {
            let line = error.to_string();
            assert!(!line.contains('\n'));
            Some(line)
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn beyond_loopback_it_starts_with_tokens_and_a_certificate_or_when_told_so() {
    let open = Config::default();
    let mut tokens = Config::default();
    tokens.agent.auth.tokens.push(TokenConfig {
        name: "ci".to_owned(),
        scope: Scope::Send,
        hash: Token::new().unwrap().hash(),
    });
    let line = refusal(&open, |_| {}).unwrap();
    assert!(line.contains("agent.auth.tokens"), "{line}");
    assert!(line.contains("--allow-unauthenticated"), "{line}");
    let line = refusal(&open, |options| options.open_to_network = true).unwrap();
    assert!(line.contains("--allow-plain-http"), "{line}");
    let line = refusal(&tokens, |_| {}).unwrap();
    assert!(line.contains("agent.tls"), "{line}");
    assert_eq!(
        refusal(&tokens, |options| options.plain_to_network = true),
        None
    );
    let both = |options: &mut Options| {
        options.open_to_network = true;
        options.plain_to_network = true;
    };
    assert_eq!(refusal(&open, both), None);
}
