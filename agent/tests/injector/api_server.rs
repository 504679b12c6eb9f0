//! As much of an API server as admission needs, after its documentation: it holds one MutatingWebhookConfiguration, lets
//! it be read and merged, and calls its webhooks for new objects with their selectors, timeout and failure policy.
//!
//! It stands in for a real one. What it shares with it is the documented protocol, TLS, and the recorded shape of questions.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

use super::scripted::{Asked, kubeconfig, listen, status, version};

const CONFIGURATIONS: &str = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/";

#[derive(Default)]
struct State {
    configuration: Value,
    /// Method and path of each request.
    requests: Vec<String>,
    /// Whether every request is refused, as without rights.
    refuses: bool,
    /// Of its version.
    minor: &'static str,
}

/// The server.
#[derive(Clone)]
pub(crate) struct ApiServer {
    state: Arc<Mutex<State>>,
    pub(crate) address: SocketAddr,
}

impl ApiServer {
    /// One that holds a configuration and answers for as long as the tests live.
    pub(crate) fn start(configuration: &Value) -> ApiServer {
        let state = State {
            configuration: configuration.clone(),
            minor: "36",
            ..State::default()
        };
        let state = Arc::new(Mutex::new(state));
        let answering = Arc::clone(&state);
        let address = listen(move |asked| {
            let mut state = answering.lock().expect("nobody panicked");
            state.answer(asked)
        });
        ApiServer { state, address }
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().expect("nobody panicked"))
    }

    pub(crate) fn configuration(&self) -> Value {
        self.with(|state| state.configuration.clone())
    }

    /// Somebody writes another one.
    pub(crate) fn replace(&self, configuration: &Value) {
        self.with(|state| state.configuration = configuration.clone());
    }

    /// It is of this version of Kubernetes 1.
    pub(crate) fn is_of(&self, minor: &'static str) {
        self.with(|state| state.minor = minor);
    }

    pub(crate) fn refuses(&self, refuses: bool) {
        self.with(|state| state.refuses = refuses);
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.with(|state| state.requests.clone())
    }

    /// The text of a kubeconfig that leads here.
    pub(crate) fn kubeconfig(&self) -> String {
        kubeconfig(self.address)
    }
}

impl State {
    fn answer(&mut self, asked: &Asked) -> (u16, Value) {
        let path = asked.path();
        self.requests.push(format!("{} {path}", asked.method));
        let name = &self.configuration["metadata"]["name"];
        let named = path.strip_prefix(CONFIGURATIONS);
        if path == "/version" && !self.refuses {
            return (200, version(self.minor));
        }
        if self.refuses || named.is_none() {
            return (403, status(403, "Forbidden"));
        }
        if named != name.as_str() {
            return (404, status(404, "NotFound"));
        }
        if asked.method == "PATCH" {
            let change: Value = serde_json::from_slice(&asked.body).expect("it is JSON");
            merge(&mut self.configuration, &change);
        }
        (200, self.configuration.clone())
    }
}

/// A strategic merge, in which lists of objects with names are merged by name.
fn merge(into: &mut Value, change: &Value) {
    match (into, change) {
        (Value::Object(into), Value::Object(change)) => {
            for (key, value) in change {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(change)) => {
            for value in change {
                match into.iter_mut().find(|one| one["name"] == value["name"]) {
                    Some(one) => merge(one, value),
                    None => into.push(value.clone()),
                }
            }
        }
        (into, change) => *into = change.clone(),
    }
}

/// What is made, and what its making was like.
#[derive(Debug)]
pub(crate) struct Created {
    pub(crate) object: Value,
    pub(crate) warnings: Vec<String>,
    /// Webhooks that were called.
    pub(crate) called: usize,
    /// What went wrong with those that failed, which their policy ignores.
    pub(crate) ignored: Vec<String>,
    /// The longest that all calls together may have taken.
    pub(crate) patience: Duration,
    pub(crate) took: Duration,
}

/// Where services lead: what the cluster's network does for an API server.
pub(crate) type Services = BTreeMap<(String, String), SocketAddr>;

impl ApiServer {
    /// Makes an object in a namespace with labels; an error if a webhook forbids it or its failure does.
    pub(crate) fn create(
        &self,
        (namespace, labels): (&str, &Value),
        object: &Value,
        services: &Services,
    ) -> Result<Created, String> {
        let begun = Instant::now();
        let mut created = Created {
            object: object.clone(),
            warnings: Vec::new(),
            called: 0,
            ignored: Vec::new(),
            patience: Duration::ZERO,
            took: Duration::ZERO,
        };
        let mut labels = labels.clone();
        labels["kubernetes.io/metadata.name"] = namespace.into();
        let configuration = self.configuration();
        for webhook in configuration["webhooks"].as_array().expect("a list") {
            let asked = rules(&webhook["rules"], object)
                && selects(&webhook["namespaceSelector"], &labels)
                && selects(&webhook["objectSelector"], &object["metadata"]["labels"]);
            if !asked {
                continue;
            }
            let timeout = webhook["timeoutSeconds"].as_u64().unwrap_or(10);
            created.called += 1;
            created.patience += Duration::from_secs(timeout);
            let called = call(webhook, namespace, &created.object, services);
            match called.and_then(|response| apply(&mut created, &response)) {
                Ok(()) => {}
                Err(why) if webhook["failurePolicy"] == "Ignore" => created.ignored.push(why),
                Err(why) => return Err(why),
            }
        }
        created.took = begun.elapsed();
        Ok(created)
    }
}

fn rules(rules: &Value, object: &Value) -> bool {
    let version = object["apiVersion"].as_str().expect("a version");
    let (group, version) = version.split_once('/').unwrap_or(("", version));
    let kind = object["kind"].as_str().expect("a kind");
    let resource = format!("{}s", kind.to_ascii_lowercase());
    let has = |list: &Value, word: &str| {
        let mut words = list.as_array().expect("a list").iter();
        words.any(|known| known == word || known == "*")
    };
    rules.as_array().expect("a list").iter().any(|rule| {
        has(&rule["operations"], "CREATE")
            && has(&rule["apiGroups"], group)
            && has(&rule["apiVersions"], version)
            && has(&rule["resources"], &resource)
            && rule["scope"] != "Cluster"
    })
}

/// Whether a label selector selects these labels; one that is absent selects everything.
fn selects(selector: &Value, labels: &Value) -> bool {
    let map = selector["matchLabels"].as_object();
    let mut pairs = map.into_iter().flatten();
    let expressions = selector["matchExpressions"].as_array();
    let mut expressions = expressions.into_iter().flatten();
    pairs.all(|(key, value)| labels[key] == *value)
        && expressions.all(|expression| {
            let value = &labels[expression["key"].as_str().expect("a key")];
            let among = expression["values"].as_array();
            let among = among.is_some_and(|values| values.contains(value));
            match expression["operator"].as_str() {
                Some("In") => among,
                Some("NotIn") => !among,
                Some("Exists") => !value.is_null(),
                Some("DoesNotExist") => value.is_null(),
                other => panic!("{other:?} is no operator"),
            }
        })
}

/// The response of a webhook, if it comes in time from somebody the configuration vouches for.
fn call(
    webhook: &Value,
    namespace: &str,
    object: &Value,
    services: &Services,
) -> Result<Value, String> {
    let timeout = webhook["timeoutSeconds"].as_u64().unwrap_or(10);
    let until = Instant::now() + Duration::from_secs(timeout);
    let service = &webhook["clientConfig"]["service"];
    let word = |key: &str| service[key].as_str().unwrap_or_default().to_owned();
    let place = (word("namespace"), word("name"));
    let name = format!("{}.{}.svc", place.1, place.0);
    let address = services.get(&place).ok_or("there is no such service")?;
    let bundle = webhook["clientConfig"]["caBundle"].as_str();
    let bundle = BASE64_STANDARD.decode(bundle.unwrap_or_default());
    let bundle = bundle.map_err(|e| e.to_string())?;
    let review = json!({
        "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "operation": "CREATE",
            "namespace": namespace, "object": object, "oldObject": null, "dryRun": false,
        },
    });
    let path = format!("{}?timeout={timeout}s", word("path"));
    let answer = ask(*address, (&name, &bundle), &path, &review, until)?;
    let response = &answer["response"];
    if response["uid"] != review["request"]["uid"] {
        return Err(format!("the answer is to another question: {answer}"));
    }
    Ok(response.clone())
}

/// The answer to a question over TLS, if it comes until then.
pub(crate) fn ask(
    address: SocketAddr,
    (name, roots): (&str, &[u8]),
    path: &str,
    question: &Value,
    until: Instant,
) -> Result<Value, String> {
    let mut stream = connect(address, (name, roots), until)?;
    let body = question.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {name}:443\r\nuser-agent: kube-apiserver-admission\r\n\
         content-length: {}\r\naccept: application/json, */*\r\ncontent-type: application/json\r\n\
         accept-encoding: gzip\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let told = |e: std::io::Error| e.to_string();
    stream.write_all(head.as_bytes()).map_err(told)?;
    stream.write_all(body.as_bytes()).map_err(told)?;
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err("context deadline exceeded".to_owned());
        }
        stream.sock.set_read_timeout(Some(left)).map_err(told)?;
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => answer.extend_from_slice(&piece[..read]),
            // A peer that ends without saying so in TLS has said all the same what it said.
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => break,
            Err(e) => return Err(e.to_string()),
        }
    }
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
    if !head.starts_with("HTTP/1.1 200 ") {
        return Err(head.lines().next().unwrap_or_default().to_owned());
    }
    serde_json::from_str(body).map_err(|e| e.to_string())
}

/// A connection to somebody these roots vouch for by that name.
pub(crate) fn connect(
    address: SocketAddr,
    (name, roots): (&str, &[u8]),
    until: Instant,
) -> Result<StreamOwned<ClientConnection, TcpStream>, String> {
    let mut store = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(roots) {
        let root = root.map_err(|e| e.to_string())?;
        store.add(root).map_err(|e| e.to_string())?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .with_root_certificates(store)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).map_err(|e| e.to_string())?;
    let connection = ClientConnection::new(Arc::new(config), name).map_err(|e| e.to_string())?;
    let left = until.saturating_duration_since(Instant::now());
    let left = left.max(Duration::from_millis(1));
    let stream = TcpStream::connect_timeout(&address, left).map_err(|e| e.to_string())?;
    stream
        .set_read_timeout(Some(left))
        .map_err(|e| e.to_string())?;
    Ok(StreamOwned::new(connection, stream))
}

fn apply(created: &mut Created, response: &Value) -> Result<(), String> {
    if response["allowed"] != true {
        return Err(format!("the request was denied: {response}"));
    }
    let warnings = response["warnings"].as_array().into_iter().flatten();
    let warnings = warnings.filter_map(Value::as_str).map(str::to_owned);
    created.warnings.extend(warnings);
    let Some(patch) = response["patch"].as_str() else {
        return Ok(());
    };
    let patch = BASE64_STANDARD.decode(patch).map_err(|e| e.to_string())?;
    let patch: json_patch::Patch = serde_json::from_slice(&patch).map_err(|e| e.to_string())?;
    json_patch::patch(&mut created.object, &patch).map_err(|e| e.to_string())
}
