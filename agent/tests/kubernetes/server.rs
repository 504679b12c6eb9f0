//! A scripted API server: lists in pages, watches that break, histories that are gone, as a real one has them.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

/// For what comes with pauses between tries.
const PATIENCE: Duration = Duration::from_secs(60);
/// Objects of a page.
const PAGE: usize = 2;

/// What happens to one kind: a list, a watch that brings some events and breaks, another that says that its history is
/// gone, and a list of what is there then.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    /// Watch events in order, as recorded.
    pub(crate) events: Vec<Value>,
}

#[derive(Debug, Default)]
struct Played {
    script: Script,
    watches: usize,
    /// Requests by what they asked for.
    requests: BTreeMap<&'static str, usize>,
}

#[derive(Clone, Default)]
pub(crate) struct Server(Arc<(Mutex<BTreeMap<String, Played>>, Condvar)>);

impl Server {
    /// Serves on a port of its own for as long as the runtime lives.
    pub(crate) async fn start(scripts: BTreeMap<String, Script>) -> (Server, SocketAddr) {
        let played = scripts.into_iter().map(|(kind, script)| {
            let played = Played {
                script,
                ..Played::default()
            };
            (kind, played)
        });
        let server = Server(Arc::new((Mutex::new(played.collect()), Condvar::new())));
        let routes = Router::new()
            .route("/api/v1/{kind}", get(answer))
            .route("/apis/{group}/v1/{kind}", get(answer_of_group))
            .with_state(server.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        (server, address)
    }

    /// Waits until each kind with a script has been watched so often.
    pub(crate) fn wait_for_watches(&self, watches: usize) {
        let missing = |kinds: &mut BTreeMap<String, Played>| {
            let mut scripted = kinds.values().filter(|p| !p.script.events.is_empty());
            scripted.any(|played| played.watches < watches)
        };
        let (kinds, watched) = &*self.0;
        let waited = watched.wait_timeout_while(kinds.lock().unwrap(), PATIENCE, missing);
        assert!(
            !waited.unwrap().1.timed_out(),
            "not watched {watches} times"
        );
    }

    /// How often this was asked for, of all kinds.
    pub(crate) fn asked(&self, what: &str) -> usize {
        let kinds = self.0.0.lock().unwrap();
        let of = |played: &Played| played.requests.get(what).copied().unwrap_or(0);
        kinds.values().map(of).sum()
    }
}

async fn answer_of_group(
    State(server): State<Server>,
    Path((_, kind)): Path<(String, String)>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Response {
    server.play(&kind, &asked)
}

async fn answer(
    State(server): State<Server>,
    Path(kind): Path<String>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Response {
    server.play(&kind, &asked)
}

impl Server {
    fn play(&self, kind: &str, asked: &BTreeMap<String, String>) -> Response {
        let mut kinds = self.0.0.lock().unwrap();
        let played = kinds.entry(kind.to_owned()).or_default();
        if asked.get("watch").is_some_and(|w| w == "true") {
            self.0.1.notify_all();
            return played.watch();
        }
        played.list(asked.get("continue").map(String::as_str))
    }
}

impl Played {
    /// The first list is empty. The one after the history was lost is of what is left, and its first
    /// continue token has expired.
    fn list(&mut self, from: Option<&str>) -> Response {
        let left = match self.watches {
            0 => Vec::new(),
            _ => left(&self.script.events),
        };
        let from: usize = from.map_or(0, |from| from.parse().unwrap());
        *self.requests.entry("pages").or_default() += usize::from(from > 0);
        if from > 0 && *self.requests.entry("expired").or_default() == 0 {
            *self.requests.entry("expired").or_default() += 1;
            let gone = status(410, "Expired", "the provided continue parameter is too old");
            return (StatusCode::GONE, Json(gone)).into_response();
        }
        let page: Vec<Value> = left.iter().skip(from).take(PAGE).cloned().collect();
        let next = from + page.len();
        let more = (next < left.len()).then(|| next.to_string());
        let list = json!({
            "kind": "List", "apiVersion": "v1",
            "metadata": {"resourceVersion": "900000", "continue": more.unwrap_or_default()},
            "items": page,
        });
        Json(list).into_response()
    }

    fn watch(&mut self) -> Response {
        self.watches += 1;
        let events = &self.script.events;
        let half = events.len() / 2;
        let (told, ends): (Vec<Value>, bool) = match self.watches {
            // Broken off in the middle of a line.
            1 => (events[..half].to_vec(), true),
            // The rest, but for the last, which are only seen in the list.
            2 => {
                let to = events.len().saturating_sub(2).max(half);
                let mut told = events[half..to].to_vec();
                let gone = status(410, "Expired", "too old resource version");
                told.push(json!({"type": "ERROR", "object": gone}));
                (told, true)
            }
            _ => (Vec::new(), false),
        };
        let mut text: Vec<u8> = Vec::new();
        for event in told {
            text.extend(serde_json::to_vec(&event).unwrap());
            text.push(b'\n');
        }
        if self.watches == 1 {
            text.extend(b"{\"type\":\"MODIFIED\",\"obj");
        }
        let told = stream::iter([Ok::<_, Infallible>(Bytes::from(text))]);
        match ends {
            true => Body::from_stream(told).into_response(),
            false => Body::from_stream(told.chain(stream::pending())).into_response(),
        }
    }
}

fn status(code: u16, reason: &str, message: &str) -> Value {
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code,
    })
}

/// What is there after all events.
fn left(events: &[Value]) -> Vec<Value> {
    let mut left: BTreeMap<String, Value> = BTreeMap::new();
    for event in events.iter().filter(|event| event["type"] != "BOOKMARK") {
        let object = &event["object"];
        let uid = object["metadata"]["uid"].as_str().unwrap().to_owned();
        match event["type"] == "DELETED" {
            true => left.remove(&uid),
            false => left.insert(uid, object.clone()),
        };
    }
    left.into_values().collect()
}
