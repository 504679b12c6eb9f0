//! What every request handler shares, and the routes.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use sentinel_config::{Role, Scope};
use sentinel_parsers::frame;
use tokio::sync::Semaphore;

use crate::admission::{Amount, Places, Pool};
use crate::api::problem::Problem;
use crate::api::{anomalies, audit, health, metrics, ready, runs, streams, tests};
use crate::audit::{Act, AuditRow, Throttle};
use crate::auth::Gate;
use crate::auth::guard::guard;
use crate::clock::Clock;
use crate::ingest;
use crate::runtime::{Command, Door};
use crate::store::Reader;
use crate::watch::Watch;
use crate::webhooks::{self, Webhooks};

/// Shared by all requests.
pub(crate) struct App {
    pub(crate) door: Door,
    pub(crate) reader: Arc<Reader>,
    pub(crate) watch: Arc<Watch>,
    pub(crate) bounds: Bounds,
    /// Whether streams may come by way of nodes.
    pub(crate) role: Role,
    pub(crate) clock: Arc<dyn Clock>,
    /// Who comes in.
    pub(crate) gate: Gate,
    /// Bodies being read.
    pub(crate) bodies: Pool,
    /// Frames on their way through core and writer, inflated.
    pub(crate) frames: Pool,
    /// Requests under way by stream.
    pub(crate) requests: Arc<Places<String>>,
    pub(crate) throttle: Throttle,
    pub(crate) webhooks: Webhooks,
    /// Questions being asked of the store: each takes a thread and a connection.
    pub(crate) questions: Semaphore,
}

/// Questions asked of the store at once.
pub(crate) const QUESTIONS: usize = 16;

/// Inputs of one stream that may wait for the core and the disk: enough to keep both busy, and no
/// more than others can wait for.
const INPUTS_OF_STREAM: usize = 16;

impl App {
    /// A pool of so many bytes for bodies and one of a quarter for frames, and places for so many inputs. A
    /// stream may take an eighth of the bytes, or the largest body there can be, and a quarter of the frames.
    /// Frames wait in one line behind their pool, which is therefore small: who tells little waits for all of it.
    pub(crate) fn pools(bytes: usize, inputs: usize, body: usize) -> (Pool, Pool) {
        let amount = |bytes, inputs| Amount { bytes, inputs };
        let bodies = Pool::new(
            amount(bytes, inputs),
            amount((bytes / 8).max(body), INPUTS_OF_STREAM),
        );
        let frames = Pool::new(
            amount(bytes / 4, inputs),
            amount(bytes / 16, INPUTS_OF_STREAM),
        );
        (bodies, frames)
    }

    /// Writes down what somebody did, unless it was refused once too often.
    pub(crate) fn note(&self, act: Act) {
        let at_ms = self.clock.now_ms();
        let written = self.throttle.lets_through(&act, at_ms)
            && self
                .door
                .send(Command::Audit(AuditRow { at_ms, act }))
                .is_ok();
        if !written {
            self.watch.audit_left_out.one();
        }
    }
}

/// What a request may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) body: usize,
    pub(crate) inflated: usize,
    /// Requests of one stream at once.
    pub(crate) requests: usize,
    /// For a request's turn.
    pub(crate) turn: Duration,
    pub(crate) body_pause: Duration,
    pub(crate) request: Duration,
    pub(crate) frame: frame::Limits,
}

/// All resources, each with the scope it takes. What a probe asks is for everybody;
/// what a webhook delivers is signed.
pub(crate) fn router(app: Arc<App>) -> Router {
    let guarded = |routes: Router<Arc<App>>, scope| {
        routes.route_layer(middleware::from_fn_with_state(
            (Arc::clone(&app), scope),
            guard,
        ))
    };
    let sends = Router::new()
        .route("/v1/streams", post(ingest::open::open))
        .route("/v1/collect", post(ingest::collect::collect))
        .route("/v1/streams/{id}/position", get(ingest::position::position))
        .route("/v1/streams/{id}/frames", post(ingest::frames::frames));
    let reads = Router::new()
        .route("/metrics", get(metrics::metrics))
        .route("/api/v1/runs", get(runs::list))
        .route("/api/v1/runs/{id}", get(runs::one))
        .route("/api/v1/runs/{id}/tests", get(tests::list))
        .route("/api/v1/runs/{id}/anomalies", get(anomalies::list))
        .route("/api/v1/runs/{id}/streams", get(streams::list));
    let administers = Router::new().route("/api/v1/audit", get(audit::list));
    Router::new()
        .route("/health", get(health::health))
        .route("/ready", get(ready::ready))
        // Each delivery proves itself who sent it.
        .route("/webhooks/{kind}", post(webhooks::receive))
        .merge(guarded(sends, Scope::Send))
        .merge(guarded(reads, Scope::Read))
        .merge(guarded(administers, Scope::Admin))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "no such resource"))
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "not with this method")
        })
        .layer(middleware::from_fn_with_state(Arc::clone(&app), bounded))
        .with_state(app)
}

/// Cuts requests off that take too long, and counts answers.
async fn bounded(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let head = request.headers();
    if head.contains_key(header::TRANSFER_ENCODING) && head.contains_key(header::CONTENT_LENGTH) {
        // A proxy in between may see another request here than we do.
        return Problem::bad("a body has one length, not two").closing();
    }
    let answer = tokio::time::timeout(app.bounds.request, next.run(request)).await;
    let response =
        answer.unwrap_or_else(|_| Problem::busy("the request took too long").into_response());
    let class = usize::from(response.status().as_u16() / 100);
    if let Some(counter) = class.checked_sub(2).and_then(|i| app.watch.requests.get(i)) {
        counter.one();
    }
    response
}
