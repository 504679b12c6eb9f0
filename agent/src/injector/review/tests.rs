//! Every question is answered with "allowed", and the object changed or not, with the reason.

use sentinel_inject::{AGENT, AUDIENCE, IMAGE, Mode, Sidecar};

use super::*;

fn injection() -> Injection {
    Injection {
        options: Options {
            mode: Mode::Capture,
            sidecar: Sidecar::Native,
            host_logs: false,
            image: IMAGE.to_owned(),
            agent: AGENT.to_owned(),
            audience: AUDIENCE.to_owned(),
            container: None,
        },
        own: "sentinel".to_owned(),
    }
}

fn pod() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "e2e-"},
        "spec": {"containers": [{"name": "tests", "command": ["pytest"]}]},
    })
}

fn question(request: &Value) -> Vec<u8> {
    let mut whole = json!({"uid": "u-1", "operation": "CREATE", "namespace": "team-a"});
    let changes = request.as_object().unwrap();
    whole.as_object_mut().unwrap().extend(changes.clone());
    let review = json!({
        "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": whole,
    });
    review.to_string().into_bytes()
}

fn answered(request: &Value) -> (Value, Outcome) {
    let review = Review::read(&question(request)).unwrap();
    let (answer, outcome) = review.answer(&injection(), Sidecar::Native);
    assert_eq!(answer["kind"], "AdmissionReview");
    assert_eq!(answer["apiVersion"], "admission.k8s.io/v1");
    let response = answer["response"].clone();
    assert_eq!(response["uid"], "u-1");
    assert_eq!(response["allowed"], true);
    (response, outcome)
}

/// The object after the answer.
fn after(mut object: Value, response: &Value) -> Value {
    let patch = response["patch"].as_str().unwrap_or("W10=");
    let patch = BASE64_STANDARD.decode(patch).unwrap();
    let patch: json_patch::Patch = serde_json::from_slice(&patch).unwrap();
    json_patch::patch(&mut object, &patch).unwrap();
    object
}

#[test]
fn a_new_pod_is_injected_and_asked_about_again_it_stays_as_it_is() {
    let (response, outcome) = answered(&json!({"object": pod()}));
    assert_eq!(outcome, Outcome::Injected);
    assert_eq!(response["patchType"], "JSONPatch");
    assert_eq!(response["auditAnnotations"], json!({"injected": "capture"}));
    assert!(response["warnings"].is_null());
    let injected = after(pod(), &response);
    let command = &injected["spec"]["containers"][0]["command"];
    assert_eq!(command[0], "/sentinel/sentinel-sidecar");
    let (again, outcome) = answered(&json!({"object": injected}));
    assert_eq!(outcome, Outcome::Already);
    assert_eq!(again, json!({"uid": "u-1", "allowed": true}));
}

#[test]
fn for_a_server_without_native_sidecars_the_sidecar_is_an_ordinary_container() {
    let review = Review::read(&question(&json!({"object": pod()}))).unwrap();
    let (answer, outcome) = review.answer(&injection(), Sidecar::Container);
    assert_eq!(outcome, Outcome::Injected);
    let injected = after(pod(), &answer["response"]);
    let containers = injected["spec"]["containers"].as_array().unwrap();
    assert_eq!(containers[1]["name"], "sentinel-sidecar");
}

#[test]
fn a_dry_run_is_answered_as_the_creation_itself() {
    let (dry, outcome) = answered(&json!({"object": pod(), "dryRun": true}));
    assert_eq!(outcome, Outcome::Injected);
    assert_eq!(dry, answered(&json!({"object": pod(), "dryRun": false})).0);
}

#[test]
fn what_cannot_be_injected_is_allowed_with_a_warning_that_says_why() {
    let mut bare = pod();
    bare["spec"]["containers"][0]["command"].take();
    let (response, outcome) = answered(&json!({"object": bare}));
    assert_eq!(outcome, Outcome::Unfit);
    assert!(response["patch"].is_null());
    let warning = response["warnings"][0].as_str().unwrap();
    let told = "sentinel does not watch these tests: container `tests` has no `command`";
    assert!(warning.starts_with(told), "{warning}");
    assert_eq!(response["auditAnnotations"]["not-injected"], *warning);

    let mut many = pod();
    let names = (0..50).map(|n| json!({"name": format!("\u{1b}[31m\u{e4}\n{n}")}));
    many["spec"]["containers"] = names.collect();
    let (response, outcome) = answered(&json!({"object": many}));
    assert_eq!(outcome, Outcome::Unfit);
    let warning = response["warnings"][0].as_str().unwrap();
    assert!(warning.len() <= WARNING && warning.len() > WARNING - 4);
    assert!(!warning.chars().any(char::is_control), "{warning:?}");
}

#[test]
fn other_questions_are_allowed_without_a_word() {
    for request in [
        json!({"operation": "UPDATE", "object": pod()}),
        json!({"operation": "DELETE", "object": null}),
        json!({"subResource": "eviction", "object": {"kind": "Eviction"}}),
        json!({"object": {"apiVersion": "v1", "kind": "ConfigMap"}}),
        json!({"namespace": "sentinel", "object": pod()}),
        json!({}),
    ] {
        let (response, outcome) = answered(&request);
        assert_eq!(outcome, Outcome::NotOurs);
        assert_eq!(response, json!({"uid": "u-1", "allowed": true}));
    }
}

#[test]
fn what_is_no_question_is_refused() {
    let deep = "[".repeat(100_000);
    for body in ["", "{}", "null", &*deep, r#"{"kind": "AdmissionReview"}"#] {
        assert!(Review::read(body.as_bytes()).is_err());
    }
    let old = String::from_utf8(question(&json!({}))).unwrap();
    let old = old.replace("admission.k8s.io/v1", "admission.k8s.io/v1beta1");
    assert!(Review::read(old.as_bytes()).is_err());
}

#[test]
fn the_worst_question_takes_a_bounded_multiple_of_its_bytes() {
    let mut most = 0;
    for filler in [json!(0), json!([0]), json!({}), json!({"": 0}), json!("x")] {
        let count = super::super::BODY / (filler.to_string().len() + 1);
        let mut object = pod();
        object["spec"]["x"] = vec![filler; count - 200].into();
        let body = question(&json!({"object": object}));
        assert!(body.len() <= super::super::BODY);
        drop(object);
        let used = allocation_counter::measure(|| {
            let review = Review::read(&body).unwrap();
            assert_eq!(
                review.answer(&injection(), Sidecar::Native).1,
                Outcome::Injected
            );
        });
        most = used.bytes_max.max(most);
    }
    println!("at most {most} bytes");
    assert!(most < 52 << 20, "{most} bytes");
}
