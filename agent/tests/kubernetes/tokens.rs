//! Tokens of service accounts, about which a scripted API server says what a real one was recorded to say. The row A4 of
//! `docs/torture.md`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sentinel_config::{Config, Watching};
use sentinel_parsers::wire::Position;
use serde_json::{Value, json};

use crate::common::{self, Answer, Client, Running, START_MS, hello};
use crate::watching;

/// The pod of the recorded token.
pub(crate) const POD: &str = "bb50bcdd-d90d-4e02-ad8d-210f35d2d1db";
/// Seconds that a token is good for.
pub(crate) const LIFE: i64 = 600;

/// A token as Kubernetes makes them, about which the server says what is recorded under the name.
fn token(recorded: &str, audience: &str) -> String {
    rotated(recorded, audience, 0)
}

/// One that was made later.
fn rotated(recorded: &str, audience: &str, seconds: i64) -> String {
    let issued = START_MS / 1_000 + seconds;
    let claims = json!({"aud": [audience], "exp": issued + LIFE, "iat": issued});
    let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let parts = [r#"{"alg":"RS256"}"#, &claims.to_string(), recorded];
    parts.map(encode).join(".")
}

#[derive(Default)]
struct Told {
    /// What is said of tokens now, by the name they were made with, if it is something else.
    instead: BTreeMap<String, &'static str>,
    away: bool,
    questions: usize,
    /// The keys that tokens are signed with, and how often they were asked for.
    keys: Option<Value>,
    key_questions: usize,
}

/// An API server that only knows tokens.
#[derive(Clone)]
pub(crate) struct Reviewer {
    folder: PathBuf,
    told: Arc<Mutex<Told>>,
}

impl Reviewer {
    async fn start(folder: PathBuf) -> (Reviewer, SocketAddr) {
        let told = Arc::default();
        let reviewer = Reviewer { folder, told };
        let path = "/apis/authentication.k8s.io/v1/tokenreviews";
        let routes = Router::new()
            .route(path, post(review))
            .route("/openid/v1/jwks", get(keys))
            .with_state(reviewer.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        (reviewer, address)
    }

    pub(crate) fn has_keys(&self, keys: Value) {
        self.told.lock().unwrap().keys = Some(keys);
    }

    pub(crate) fn key_questions(&self) -> usize {
        self.told.lock().unwrap().key_questions
    }

    pub(crate) fn questions(&self) -> usize {
        self.told.lock().unwrap().questions
    }

    pub(crate) fn is_away(&self, away: bool) {
        self.told.lock().unwrap().away = away;
    }

    pub(crate) fn says_instead(&self, of: &str, says: &'static str) {
        let mut told = self.told.lock().unwrap();
        told.instead.insert(of.to_owned(), says);
    }
}

async fn keys(State(reviewer): State<Reviewer>) -> Response {
    let mut told = reviewer.told.lock().unwrap();
    told.key_questions += 1;
    match &told.keys {
        Some(keys) if !told.away => Json(keys.clone()).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// What the server calls a token that is signed in earnest.
pub(crate) const SIGNED: &str = "pod-bound-audience-sentinel";

async fn review(State(reviewer): State<Reviewer>, Json(asked): Json<Value>) -> Response {
    let mut told = reviewer.told.lock().unwrap();
    told.questions += 1;
    if told.away {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    assert_eq!(asked["spec"]["audiences"], json!(["sentinel"]));
    let token = asked["spec"]["token"].as_str().unwrap();
    let name = BASE64_URL_SAFE_NO_PAD.decode(token.rsplit('.').next().unwrap());
    let name = String::from_utf8(name.unwrap()).unwrap_or_else(|_| SIGNED.to_owned());
    let says = told.instead.get(&name).copied().unwrap_or(&name);
    let file = reviewer.folder.join(format!("{says}.response.json"));
    let answer: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    (StatusCode::CREATED, Json(answer)).into_response()
}

/// An agent that asks the server, as the configuration says besides.
pub(crate) struct Stage {
    pub(crate) agent: Running,
    pub(crate) reviewer: Reviewer,
    _dirs: [tempfile::TempDir; 2],
    _serving: tokio::runtime::Runtime,
}

impl Stage {
    /// `None`, said aloud, where there are no recordings.
    pub(crate) fn set(configure: impl FnOnce(&mut Config)) -> Option<Stage> {
        let folder = common::recorded("tokenreview")?;
        let serving = tokio::runtime::Runtime::new().unwrap();
        let (reviewer, address) = serving.block_on(Reviewer::start(folder));
        let (mut config, kubeconfig) = watching(address);
        config.kubernetes.watch = Watching::Off;
        config.agent.auth.service_accounts.audience = Some("sentinel".to_owned());
        configure(&mut config);
        let dir = tempfile::tempdir().unwrap();
        Some(Stage {
            agent: Running::with(dir.path(), &config),
            reviewer,
            _dirs: [dir, kubeconfig],
            _serving: serving,
        })
    }

    pub(crate) fn with(&self, token: &str) -> Client {
        self.agent.client.with_token(token)
    }
}

/// Opens a stream of a pod.
pub(crate) fn open(client: &Client, pod: &str) -> Answer {
    let mut open = hello("r1");
    open.identity.pod_uid = pod.to_owned();
    client.post(
        "/v1/streams",
        "application/json",
        &serde_json::to_vec(&open).unwrap(),
    )
}

#[test]
fn a4_a_pods_token_delivers_streams_of_that_pod_and_every_other_token_is_refused() {
    let Some(stage) = Stage::set(|_| ()) else {
        return;
    };
    let good = stage.with(&token("pod-bound-audience-sentinel", "sentinel"));
    assert_eq!(open(&good, POD).status, 200);
    assert_eq!(open(&good, "another").status, 403);
    assert_eq!(good.get("/api/v1/runs").status, 403, "it may not read");
    assert_eq!(open(&stage.agent.client, POD).status, 401);
    for refused in [
        "tampered-signature",
        "wrong-audience",
        "default-token-audience-sentinel",
        "after-pod-deleted",
        "garbage",
    ] {
        let client = stage.with(&token(refused, "sentinel"));
        assert_eq!(open(&client, POD).status, 401, "{refused}");
    }
    // Made for another audience: found good by an API server that was asked about none, and refused all the same.
    stage
        .reviewer
        .says_instead("no-audiences", "default-token-no-audience");
    let client = stage.with(&token("no-audiences", "sentinel"));
    assert_eq!(open(&client, POD).status, 401);
    let questions = stage.reviewer.questions();
    for not_ours in [
        &token("pod-bound-audience-sentinel", "other"),
        "sntl_of-another-agent",
        "a.b.c",
        "",
    ] {
        assert_eq!(open(&stage.with(not_ours), POD).status, 401, "{not_ours}");
    }
    assert_eq!(
        stage.reviewer.questions(),
        questions,
        "nobody is asked about what is no token for this agent"
    );
    stage.agent.stop();
}

#[test]
fn a_token_is_asked_about_once_a_minute_and_the_next_one_goes_on_with_its_stream() {
    let Some(stage) = Stage::set(|_| ()) else {
        return;
    };
    let name = "pod-bound-audience-sentinel";
    let first = stage.with(&token(name, "sentinel"));
    let stream = open(&first, POD).json::<Position>().stream;
    for _ in 0..5 {
        assert_eq!(open(&first, POD).status, 200);
    }
    assert_eq!(stage.reviewer.questions(), 1);
    stage.agent.pass(60_000);
    assert_eq!(open(&first, POD).status, 200);
    assert_eq!(stage.reviewer.questions(), 2);
    let next = stage.with(&rotated(name, "sentinel", 60));
    assert_eq!(
        next.get(&format!("/v1/streams/{stream}/position")).status,
        200
    );
    assert_eq!(stage.reviewer.questions(), 3);
    // Its pod is deleted: what was believed is asked about again.
    stage.reviewer.says_instead(name, "after-pod-deleted");
    stage.agent.pass(60_000);
    assert_eq!(open(&next, POD).status, 401);
    stage.agent.stop();
}

#[test]
fn while_nobody_can_be_asked_a_known_token_is_good_until_it_expires_and_others_come_again() {
    let Some(stage) = Stage::set(|_| ()) else {
        return;
    };
    let name = "pod-bound-audience-sentinel";
    let known = stage.with(&token(name, "sentinel"));
    let unknown = stage.with(&rotated(name, "sentinel", 1));
    assert_eq!(open(&known, POD).status, 200);
    stage.reviewer.is_away(true);
    stage.agent.pass(LIFE * 1_000 - 1_000);
    assert_eq!(open(&known, POD).status, 200);
    assert_eq!(open(&known, "another").status, 403);
    let questions = stage.reviewer.questions();
    let answer = open(&unknown, POD);
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.head.contains("retry-after: "), "{answer:?}");
    assert_eq!(
        open(&stage.with(&rotated(name, "sentinel", 2)), POD).status,
        503
    );
    assert_eq!(
        stage.reviewer.questions(),
        questions,
        "nobody waits again at once"
    );
    stage.agent.pass(1_000);
    assert_eq!(open(&known, POD).status, 503, "it has expired");
    stage.reviewer.is_away(false);
    stage.agent.pass(5_000);
    let next = stage.with(&rotated(name, "sentinel", LIFE));
    assert_eq!(open(&next, POD).status, 200);
    stage.agent.stop();
}

#[test]
fn named_accounts_deliver_for_any_pod_or_read() {
    let account = || vec!["tok/runner".to_owned()];
    let Some(stage) = Stage::set(|c| c.agent.auth.service_accounts.nodes = account()) else {
        return;
    };
    let node = stage.with(&token("pod-bound-audience-sentinel", "sentinel"));
    assert_eq!(open(&node, POD).status, 200);
    assert_eq!(open(&node, "another").status, 200);
    assert_eq!(node.get("/api/v1/runs").status, 403);
    stage.agent.stop();
    let Some(stage) = Stage::set(|c| c.agent.auth.service_accounts.readers = account()) else {
        return;
    };
    let reader = stage.with(&token("pod-bound-audience-sentinel", "sentinel"));
    assert_eq!(reader.get("/api/v1/runs").status, 200);
    assert_eq!(open(&reader, POD).status, 403);
    stage.agent.stop();
}
