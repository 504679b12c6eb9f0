//! `GET /ready`: whether streams are taken and stored; parts that do not work as they should.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use sentinel_config::Scope;
use serde::{Deserialize, Serialize};

use crate::app::App;

/// The agent's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readiness {
    /// Whether streams are taken and stored.
    pub ready: bool,
    /// What does not work as it should although the agent goes on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub degraded: Vec<Degraded>,
}

/// A part that does not work as it should.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Degraded {
    /// Which.
    pub part: String,
    /// Why; absent for those who may not read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// For everybody, as probes have no token; reasons are for those who may read.
pub(crate) async fn ready(
    State(app): State<Arc<App>>,
    head: HeaderMap,
) -> (StatusCode, Json<Readiness>) {
    let told = app.gate.admit(&head, Scope::Read).await.is_ok();
    let failing = app.watch.store_failing();
    let ready = failing.is_none();
    let mut degraded: Vec<Degraded> = failing
        .into_iter()
        .map(|reason| ("store", reason))
        .chain(app.watch.degraded())
        .map(|(part, reason)| Degraded {
            part: part.to_owned(),
            reason: if told { reason } else { String::new() },
        })
        .collect();
    degraded.sort_by(|a, b| a.part.cmp(&b.part));
    let status = match ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(Readiness { ready, degraded }))
}
