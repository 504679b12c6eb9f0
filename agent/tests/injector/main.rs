//! The admission webhook over TLS, beside an API server that believes only what stands in its configuration: recorded
//! questions, certificates that are kept known, and askers that are slow, large or wrong.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod api_server;
#[path = "../common/mod.rs"]
mod common;
mod scripted;

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use api_server::{ApiServer, Services, ask, connect};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use common::Client;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use sentinel_agent::{Agent, Handle, Options};
use sentinel_config::{Config, Watching};
use serde_json::{Value, json};

const NAME: &str = "sentinel-injector.sentinel.svc";
/// For what comes with pauses between tries, on a machine that does other things as well.
const PATIENCE: Duration = Duration::from_secs(60);

fn configuration() -> Value {
    let service = json!({"namespace": "sentinel", "name": "sentinel-injector", "path": "/inject"});
    let rules = json!([{
        "apiGroups": ["batch", ""], "apiVersions": ["v1"], "resources": ["jobs", "pods"],
        "operations": ["CREATE"],
    }]);
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "sentinel", "resourceVersion": "1"},
        "webhooks": [{
            "name": "inject.run-sentinel.dev", "clientConfig": {"service": service},
            "rules": rules, "failurePolicy": "Ignore", "timeoutSeconds": 2,
            "sideEffects": "None", "admissionReviewVersions": ["v1"],
        }],
    })
}

/// An agent that injects, and the API server that asks it.
struct Stage {
    server: ApiServer,
    agent: Option<Handle>,
    runtime: tokio::runtime::Runtime,
    _dir: tempfile::TempDir,
}

impl Stage {
    fn set(server: ApiServer) -> Stage {
        Stage::configured(server, |_| ())
    }

    fn configured(server: ApiServer, configure: impl FnOnce(&mut Config)) -> Stage {
        let dir = tempfile::tempdir().unwrap();
        let kubeconfig = dir.path().join("kubeconfig");
        std::fs::write(&kubeconfig, server.kubeconfig()).unwrap();
        let mut config = Config::default();
        config.kubernetes.watch = Watching::Off;
        config.kubernetes.kubeconfig = Some(kubeconfig);
        config.injector.configuration = Some("sentinel".to_owned());
        config.injector.listen = ([127, 0, 0, 1], 0).into();
        configure(&mut config);
        let mut options = Options::new(dir.path().join("data"));
        options.listen = Some(([127, 0, 0, 1], 0).into());
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let agent = runtime.block_on(Agent::start(&config, options)).unwrap();
        Stage {
            server,
            agent: Some(agent),
            runtime,
            _dir: dir,
        }
    }

    /// The same, once the API server knows the agent's certificate.
    fn known() -> Stage {
        let stage = Stage::set(ApiServer::start(&configuration()));
        stage.until("the certificate to be known", |stage| {
            !stage.roots().is_empty()
        });
        stage
    }

    fn agent(&self) -> &Handle {
        self.agent.as_ref().unwrap()
    }

    fn roots(&self) -> Vec<u8> {
        let configuration = self.server.configuration();
        let bundle = &configuration["webhooks"][0]["clientConfig"]["caBundle"];
        BASE64_STANDARD
            .decode(bundle.as_str().unwrap_or_default())
            .unwrap()
    }

    fn ask(&self, question: &Value) -> Result<Value, String> {
        let door = self.agent().injector().unwrap();
        let until = Instant::now() + PATIENCE;
        ask(
            door,
            (NAME, &self.roots()),
            "/inject?timeout=2s",
            question,
            until,
        )
    }

    fn until(&self, what: &str, holds: impl Fn(&Stage) -> bool) {
        let begun = Instant::now();
        while !holds(self) {
            assert!(begun.elapsed() < PATIENCE, "in vain: {what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What the metrics say of questions with this outcome.
    fn counted(&self, outcome: &str) -> u64 {
        let page = Client::new(self.agent().addr()).get("/metrics").body;
        let name = format!("sentinel_injector_reviews_total{{outcome=\"{outcome}\"}} ");
        let line = page.lines().find_map(|line| line.strip_prefix(&name));
        line.unwrap().parse().unwrap()
    }

    fn end(mut self) {
        let agent = self.agent.take().unwrap();
        self.runtime.block_on(agent.shutdown());
    }
}

fn question(object: &Value) -> Value {
    json!({
        "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
        "request": {"uid": "u", "operation": "CREATE", "namespace": "team-a", "object": object},
    })
}

fn pod() -> Value {
    let containers = json!([{"name": "tests", "image": "t", "command": ["pytest"]}]);
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "e2e"},
        "spec": {"containers": containers},
    })
}

#[test]
fn questions_that_a_real_api_server_sent_are_answered_and_new_workloads_injected() {
    let Some(folder) = common::recorded("admissionreview") else {
        return;
    };
    let stage = Stage::known();
    let (mut injected, mut warned) = (Vec::new(), Vec::new());
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().flatten().collect();
    files.sort_by_key(std::fs::DirEntry::path);
    for file in files {
        let name = file.file_name().into_string().unwrap();
        if !name.ends_with(".request.json") {
            continue;
        }
        let text = std::fs::read_to_string(file.path()).unwrap();
        let question: Value = serde_json::from_str(&text).unwrap();
        let answer = stage.ask(&question).unwrap();
        let response = &answer["response"];
        assert_eq!(response["uid"], question["request"]["uid"], "{name}");
        assert_eq!(response["allowed"], true, "{name}");
        let Some(patch) = response["patch"].as_str() else {
            let warnings = response["warnings"].as_array();
            warned.extend(warnings.into_iter().flatten().cloned());
            continue;
        };
        injected.push(name.split('.').next().unwrap().to_owned());
        let patch = BASE64_STANDARD.decode(patch).unwrap();
        let patch: json_patch::Patch = serde_json::from_slice(&patch).unwrap();
        let before = &question["request"]["object"];
        let mut after = before.clone();
        json_patch::patch(&mut after, &patch).unwrap();
        // Both are good objects, and what was the user's is as it was.
        let spec = match after["kind"].as_str().unwrap() {
            "Job" => {
                serde_json::from_value::<Job>(after.clone()).unwrap();
                "/spec/template/spec"
            }
            _ => {
                serde_json::from_value::<Pod>(after.clone()).unwrap();
                "/spec"
            }
        };
        let test = |object: &Value| object.pointer(spec).unwrap()["containers"][0].clone();
        for kept in ["name", "image", "resources", "env", "args"] {
            assert_eq!(test(before)[kept], test(&after)[kept], "{name}: {kept}");
        }
    }
    assert_eq!(
        injected,
        [
            "01-create-jobs",
            "02-create-pods",
            "04-create-jobs-dryrun",
            "07-create-jobs"
        ]
    );
    // Number 6 is a pod that runs what its image runs by itself.
    let [warning] = &warned[..] else {
        panic!("{warned:?}");
    };
    let told = "sentinel does not watch these tests: container `plain` has no `command`";
    assert!(warning.as_str().unwrap().starts_with(told), "{warning}");
    let counted = ["injected", "unfit", "not_ours"].map(|outcome| stage.counted(outcome));
    assert_eq!(counted, [4, 1, 10]);
    stage.end();
}

#[test]
fn the_certificate_is_made_known_with_two_rights_and_again_when_somebody_takes_it_out() {
    let server = ApiServer::start(&configuration());
    server.refuses(true);
    let stage = Stage::set(server);
    let degraded = |stage: &Stage| {
        let ready = Client::new(stage.agent().addr()).get("/ready").body;
        ready.contains("\"injector\"")
    };
    stage.until("a part that does not work", degraded);
    stage.server.refuses(false);
    stage.until("the certificate to be known", |stage| {
        !stage.roots().is_empty()
    });
    stage.until("the part to work", |stage| !degraded(stage));
    let first = stage.roots();
    assert!(stage.ask(&question(&pod())).is_ok());

    let mut others = configuration();
    others["webhooks"][0]["timeoutSeconds"] = 1.into();
    stage.server.replace(&others);
    stage.until("the certificate to be known again", |stage| {
        stage.roots() == first
    });
    let mut now = stage.server.configuration();
    let config = now["webhooks"][0]["clientConfig"].as_object_mut().unwrap();
    config.remove("caBundle");
    assert_eq!(now, others, "nothing else was changed");

    let path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/sentinel";
    for asked in stage.server.requests() {
        // Everybody may ask for the version.
        let known = [
            format!("GET {path}"),
            format!("PATCH {path}"),
            "GET /version".to_owned(),
        ];
        assert!(known.contains(&asked), "{asked}");
    }
    stage.end();
}

#[test]
fn a_running_agent_changes_its_certificate_and_the_api_server_knows_the_next_one_first() {
    let server = ApiServer::start(&configuration());
    let stage = Stage::configured(server, |config| {
        config.injector.certificate_life = Duration::from_secs(10);
    });
    stage.until("the certificate to be known", |stage| {
        !stage.roots().is_empty()
    });
    let text = |stage: &Stage| String::from_utf8(stage.roots()).unwrap();
    let first = text(&stage);
    stage.until("the next root to be known beside it", |stage| {
        text(stage).ends_with(&first) && text(stage).len() > first.len()
    });
    stage.until("the first root to be gone", |stage| {
        !text(stage).contains(&first)
    });
    stage.until("an answer that is believed", |stage| {
        stage.ask(&question(&pod())).is_ok()
    });
    stage.end();
}

#[test]
fn a_server_of_before_1_29_is_told_an_ordinary_container_and_one_of_no_known_version_nothing() {
    let server = ApiServer::start(&configuration());
    server.is_of("x");
    let stage = Stage::set(server);
    let ready = || Client::new(stage.agent().addr()).get("/ready").body;
    stage.until("it to be said", |_| ready().contains("its version 1.x"));
    assert!(stage.roots().is_empty());
    stage.server.is_of("28");
    stage.until("the certificate to be known", |stage| {
        !stage.roots().is_empty()
    });
    let answer = stage.ask(&question(&pod())).unwrap();
    let patch = answer["response"]["patch"].as_str().unwrap();
    let patch = String::from_utf8(BASE64_STANDARD.decode(patch).unwrap()).unwrap();
    assert!(patch.contains("/spec/containers/-"), "{patch}");
    assert!(!patch.contains("restartPolicy"), "{patch}");
    stage.end();
}

#[test]
fn a_configuration_that_is_not_there_is_said_and_nobody_is_believed_without_it() {
    let mut other = configuration();
    other["metadata"]["name"] = "other".into();
    let stage = Stage::set(ApiServer::start(&other));
    let ready = || Client::new(stage.agent().addr()).get("/ready").body;
    stage.until("it to be said", |_| ready().contains("NotFound"));
    assert!(stage.ask(&question(&pod())).is_err(), "no root is known");
    stage.end();
}

#[test]
fn the_slow_the_large_and_the_wrong_get_no_answer_and_keep_nobody_waiting() {
    let stage = Stage::known();
    let door = stage.agent().injector().unwrap();
    let roots = stage.roots();
    let begin = |head: &str| {
        let until = Instant::now() + PATIENCE;
        let mut stream = connect(door, (NAME, &roots), until).unwrap();
        let all = format!("POST /inject HTTP/1.1\r\nhost: a\r\n{head}\r\n");
        stream.write_all(all.as_bytes()).unwrap();
        stream
    };
    let json = "content-type: application/json\r\n";
    let slow: Vec<_> = (0..20)
        .map(|_| begin(&format!("{json}content-length: 900\r\n")))
        .collect();
    // Bodies that never come take nobody's turn.
    let answer = stage.ask(&question(&pod())).unwrap();
    assert_eq!(answer["response"]["patchType"], "JSONPatch");
    let answer_of = |mut stream: rustls::StreamOwned<_, std::net::TcpStream>| {
        let mut text = String::new();
        // It may be closed without a word of TLS.
        let _ = stream.read_to_string(&mut text);
        text.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    for stream in slow {
        assert!(["503", "408"].contains(&&*answer_of(stream)));
    }
    let large = format!("{json}content-length: {}\r\n", 1 << 20);
    assert_eq!(answer_of(begin(&large)), "413");
    assert_eq!(answer_of(begin("content-length: 2\r\n")), "415");
    assert!(
        stage
            .ask(&json!({"kind": "Pod"}))
            .unwrap_err()
            .contains("400")
    );
    assert_eq!(stage.counted("unanswered"), 23);
    assert_eq!(stage.counted("injected"), 1);
    // Nothing else is behind this door, and nobody comes in without TLS.
    let until = Instant::now() + PATIENCE;
    let elsewhere = ask(door, (NAME, &roots), "/api/v1/runs", &json!({}), until);
    assert!(elsewhere.unwrap_err().contains("404"));
    assert_eq!(Client::new(door).get("/health").status, 0);
    let outside = Client::new(stage.agent().addr()).post("/inject", "application/json", b"{}");
    assert_eq!(outside.status, 404);
    stage.end();
}

#[test]
fn asked_about_a_pod_that_was_injected_already_the_agent_leaves_it() {
    let stage = Stage::known();
    let place = ("sentinel".to_owned(), "sentinel-injector".to_owned());
    let services = Services::from([(place, stage.agent().injector().unwrap())]);
    let make = |object: &Value| {
        stage
            .server
            .create(("team-a", &json!({})), object, &services)
    };
    let once = make(&pod()).unwrap();
    assert_eq!(once.called, 1);
    assert_eq!(once.ignored, [""; 0]);
    assert_ne!(once.object, pod());
    let twice = make(&once.object).unwrap();
    assert_eq!(twice.object, once.object);
    assert_eq!(
        (stage.counted("injected"), stage.counted("already")),
        (1, 1)
    );
    stage.end();
}
