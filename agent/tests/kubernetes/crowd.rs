//! A cluster of any size, made up and served in pages and watches: Jobs that come, pods that come and go. It answers only
//! what the rights in `docs/cluster.md` allow.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::sync::mpsc::{Sender, channel};

/// Lines that a watch may be behind; one that is further is ended, as by a real server.
const BEHIND: usize = 1 << 16;

/// What was asked for.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) lists: usize,
    pub(crate) watches: usize,
    pub(crate) longest_page: usize,
    /// Resources and verbs that were used.
    pub(crate) used: BTreeSet<(String, &'static str)>,
    /// What was refused.
    pub(crate) refused: Vec<String>,
    pub(crate) selectors: BTreeSet<String>,
}

#[derive(Default)]
struct Inner {
    objects: BTreeMap<String, BTreeMap<String, Value>>,
    watchers: BTreeMap<String, Vec<Sender<Bytes>>>,
    asked: Asked,
    /// Kinds of which the next watch is told that its history is gone.
    forgotten: BTreeSet<String>,
    version: u64,
}

/// The cluster.
#[derive(Clone)]
pub(crate) struct Crowd {
    inner: Arc<Mutex<Inner>>,
    rights: Arc<BTreeSet<(String, String)>>,
}

impl Crowd {
    /// Serves on a port of its own for as long as the runtime lives.
    pub(crate) async fn start() -> (Crowd, SocketAddr) {
        let crowd = Crowd {
            inner: Arc::default(),
            rights: Arc::new(rights()),
        };
        let routes = Router::new().fallback(answer).with_state(crowd.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        (crowd, address)
    }

    /// An object is made or changed.
    pub(crate) fn put(&self, kind: &str, mut object: Value) {
        let mut inner = self.inner.lock().unwrap();
        inner.version += 1;
        object["metadata"]["resourceVersion"] = inner.version.to_string().into();
        let uid = object["metadata"]["uid"].as_str().unwrap().to_owned();
        inner.tell(kind, "MODIFIED", &object);
        let of_kind = inner.objects.entry(kind.to_owned()).or_default();
        of_kind.insert(uid, object);
    }

    /// An object goes.
    pub(crate) fn delete(&self, kind: &str, uid: &str) {
        let mut inner = self.inner.lock().unwrap();
        let of_kind = inner.objects.entry(kind.to_owned()).or_default();
        if let Some(object) = of_kind.remove(uid) {
            inner.tell(kind, "DELETED", &object);
        }
    }

    /// All watches break in mid line, and when they are begun again their histories are gone.
    pub(crate) fn break_watches(&self) {
        let mut inner = self.inner.lock().unwrap();
        for (kind, watchers) in std::mem::take(&mut inner.watchers) {
            for watcher in watchers {
                // One that is gone already needs no end.
                let _ = watcher.try_send(Bytes::from_static(b"{\"type\":\"MODIFIED\",\"obj"));
            }
            inner.forgotten.insert(kind);
        }
    }

    pub(crate) fn asked<T>(&self, of: impl FnOnce(&Asked) -> T) -> T {
        of(&self.inner.lock().unwrap().asked)
    }

    pub(crate) fn rights(&self) -> &BTreeSet<(String, String)> {
        &self.rights
    }
}

impl Inner {
    fn tell(&mut self, kind: &str, word: &str, object: &Value) {
        let line = format!("{}\n", json!({"type": word, "object": object}));
        let line = Bytes::from(line);
        if let Some(watchers) = self.watchers.get_mut(kind) {
            watchers.retain(|watcher| watcher.try_send(line.clone()).is_ok());
        }
    }

    fn watch(&mut self, kind: &str) -> Response {
        self.asked.watches += 1;
        if self.forgotten.remove(kind) {
            let gone =
                json!({"code": 410, "reason": "Expired", "message": "too old resource version"});
            return format!("{}\n", json!({"type": "ERROR", "object": gone})).into_response();
        }
        let (sender, lines) = channel(BEHIND);
        self.watchers
            .entry(kind.to_owned())
            .or_default()
            .push(sender);
        let lines = stream::unfold(lines, |mut lines| async move {
            let line = lines.recv().await?;
            Some((Ok::<_, Infallible>(line), lines))
        });
        Body::from_stream(lines.boxed()).into_response()
    }

    fn list(&mut self, kind: &str, limit: usize, after: Option<&str>) -> Response {
        self.asked.lists += 1;
        let empty = BTreeMap::new();
        let of_kind = self.objects.get(kind).unwrap_or(&empty);
        let from = of_kind
            .iter()
            .filter(|(uid, _)| after.is_none_or(|a| uid.as_str() > a));
        let page: Vec<(&String, &Value)> = from.take(limit).collect();
        self.asked.longest_page = self.asked.longest_page.max(page.len());
        let more = page.last().filter(|_| page.len() == limit);
        let meta = json!({
            "resourceVersion": self.version.to_string(),
            "continue": more.map(|(uid, _)| uid),
        });
        let items: Vec<&Value> = page.iter().map(|(_, object)| *object).collect();
        Json(json!({"metadata": meta, "items": items})).into_response()
    }
}

async fn answer(State(crowd): State<Crowd>, request: Request) -> Response {
    let mut parts = request.uri().path().split('/').skip(1);
    let group = match parts.next() {
        Some("apis") => parts.next().unwrap_or_default(),
        _ => "",
    };
    let kind = parts.nth(1).unwrap_or_default().to_owned();
    let words = request.uri().query().unwrap_or_default().split('&');
    let query: BTreeMap<&str, &str> = words.filter_map(|w| w.split_once('=')).collect();
    let verb = match query.contains_key("watch") {
        true => "watch",
        false => "list",
    };
    let resource = format!("{kind}.{group}");
    let mut inner = crowd.inner.lock().unwrap();
    let selector = query.get("fieldSelector").copied().unwrap_or_default();
    inner.asked.selectors.insert(format!("{kind}?{selector}"));
    let right = (resource.clone(), verb.to_owned());
    if request.method() != "GET" || !crowd.rights.contains(&right) {
        inner.asked.refused.push(format!("{verb} {resource}"));
        return StatusCode::FORBIDDEN.into_response();
    }
    inner.asked.used.insert((resource, verb));
    match verb {
        "watch" => inner.watch(&kind),
        _ => inner.list(
            &kind,
            query["limit"].parse().unwrap(),
            query.get("continue").copied(),
        ),
    }
}

/// Writes a kubeconfig that leads to such a server.
pub(crate) fn kubeconfig(path: &Path, address: SocketAddr) {
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
         clusters: [{{name: c, cluster: {{server: 'http://{address}'}}}}]\n\
         users: [{{name: u, user: {{}}}}]\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n"
    );
    std::fs::write(path, text).unwrap();
}

/// The rights that `docs/cluster.md` says are needed: resources with their groups, and verbs.
fn rights() -> BTreeSet<(String, String)> {
    let text = include_str!("../../../docs/cluster.md");
    let words = |line: &str, key: &str| -> Vec<String> {
        let (_, from) = line.split_once(key).unwrap();
        let (list, _) = from.trim_start_matches(": [").split_once(']').unwrap();
        let words = list.split(',').map(|word| word.trim().trim_matches('"'));
        words.map(str::to_owned).collect()
    };
    let mut rights = BTreeSet::new();
    for line in text.lines().filter(|line| line.contains("apiGroups")) {
        let group = &words(line, "apiGroups")[0];
        for resource in words(line, "resources") {
            for verb in words(line, "verbs") {
                rights.insert((format!("{resource}.{group}"), verb));
            }
        }
    }
    rights
}
