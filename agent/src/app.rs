//! What every request handler shares, and the routes.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use sentinel_parsers::frame;
use tokio::sync::Semaphore;

use crate::api::problem::Problem;
use crate::api::{anomalies, health, metrics, ready, runs, streams, tests};
use crate::ingest;
use crate::runtime::Door;
use crate::store::Reader;
use crate::watch::Watch;

/// Shared by all requests.
pub(crate) struct App {
    pub(crate) door: Door,
    pub(crate) reader: Arc<Reader>,
    pub(crate) watch: Arc<Watch>,
    pub(crate) bounds: Bounds,
    /// Inflated kibibytes that may be on their way through core and writer.
    pub(crate) budget: Arc<Semaphore>,
}

/// What a request may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) body: usize,
    pub(crate) inflated: usize,
    pub(crate) body_pause: Duration,
    pub(crate) request: Duration,
    pub(crate) frame: frame::Limits,
}

pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/health", get(health::health))
        .route("/ready", get(ready::ready))
        .route("/metrics", get(metrics::metrics))
        .route("/v1/streams", post(ingest::open::open))
        .route("/v1/streams/{id}/position", get(ingest::position::position))
        .route("/v1/streams/{id}/frames", post(ingest::frames::frames))
        .route("/api/v1/runs", get(runs::list))
        .route("/api/v1/runs/{id}", get(runs::one))
        .route("/api/v1/runs/{id}/tests", get(tests::list))
        .route("/api/v1/runs/{id}/anomalies", get(anomalies::list))
        .route("/api/v1/runs/{id}/streams", get(streams::list))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "no such resource"))
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "not with this method")
        })
        .layer(middleware::from_fn_with_state(Arc::clone(&app), bounded))
        .with_state(app)
}

/// Cuts requests off that take too long, and counts answers.
async fn bounded(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(app.bounds.request, next.run(request)).await;
    let response =
        answer.unwrap_or_else(|_| Problem::busy("the request took too long").into_response());
    let class = usize::from(response.status().as_u16() / 100);
    if let Some(counter) = class.checked_sub(2).and_then(|i| app.watch.requests.get(i)) {
        counter.one();
    }
    response
}
