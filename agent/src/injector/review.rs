//! One question of the API server (AdmissionReview v1) and its answer: what `sentinel inject` would do to the object.
//!
//! Every object is allowed. One that cannot be injected stays as it is, with a warning that says why.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sentinel_inject::{Options, Patched, Sidecar, patch};
use serde::Deserialize;
use serde_json::{Value, json};

/// Bytes of a warning; API servers cut longer ones.
const WARNING: usize = 256;

/// What is asked, as far as it matters.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Review {
    api_version: String,
    kind: String,
    request: Request,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    uid: String,
    operation: String,
    #[serde(default)]
    sub_resource: String,
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    object: Value,
}

/// What became of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The sidecar is put in.
    Injected,
    /// It was in before.
    Already,
    /// It cannot be put in.
    Unfit,
    /// This was not a question about a new workload of somebody else's.
    NotOurs,
}

/// What is put in, and into whose pods it is not.
#[derive(Debug)]
pub(super) struct Injection {
    pub(super) options: Options,
    /// The agent's own namespace.
    pub(super) own: String,
}

impl Review {
    /// Reads a question; what is wrong with it otherwise.
    pub(super) fn read(body: &[u8]) -> Result<Review, String> {
        let review: Review = serde_json::from_slice(body).map_err(|e| e.to_string())?;
        if review.api_version != "admission.k8s.io/v1" || review.kind != "AdmissionReview" {
            return Err("expected an AdmissionReview of admission.k8s.io/v1".to_owned());
        }
        Ok(review)
    }

    /// The answer for a server that runs such sidecars, and what became of it.
    pub(super) fn answer(&self, injection: &Injection, sidecar: Sidecar) -> (Value, Outcome) {
        let request = &self.request;
        let mut response = json!({"uid": request.uid, "allowed": true});
        let options = Options {
            sidecar,
            ..injection.options.clone()
        };
        let outcome = self.decide((&options, &injection.own), &mut response);
        let answer = json!({
            "apiVersion": self.api_version, "kind": self.kind, "response": response,
        });
        (answer, outcome)
    }

    fn decide(&self, (options, own): (&Options, &str), response: &mut Value) -> Outcome {
        let request = &self.request;
        let created = request.operation == "CREATE" && request.sub_resource.is_empty();
        // The API server should not have asked.
        if !created || request.namespace == own {
            return Outcome::NotOurs;
        }
        match patch(&request.object, options) {
            Patched::Patch(operations, mode, told) => {
                let operations = Value::Array(operations).to_string();
                response["patchType"] = "JSONPatch".into();
                response["patch"] = BASE64_STANDARD.encode(operations).into();
                response["auditAnnotations"] = json!({"injected": mode.word()});
                if let Some(told) = told {
                    response["warnings"] = json!([warning(&format!("sentinel: {told}"))]);
                }
                Outcome::Injected
            }
            Patched::Unfit(why) => {
                tracing::info!(
                    namespace = request.namespace,
                    why,
                    "an object was not injected"
                );
                let why = warning(&format!("sentinel does not watch these tests: {why}"));
                response["auditAnnotations"] = json!({"not-injected": why});
                response["warnings"] = json!([why]);
                Outcome::Unfit
            }
            Patched::Already => Outcome::Already,
            Patched::NotOurs => Outcome::NotOurs,
        }
    }
}

/// As much of it as is let through, in one line of characters that can be shown.
fn warning(text: &str) -> String {
    let shown = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut all: String = shown.collect();
    all.truncate(all.floor_char_boundary(WARNING));
    all
}

#[cfg(test)]
mod tests;
