//! Standing before every route that is not for everybody: who asks is settled, and written down if it
//! is refused, before a handler sees the request.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sentinel_config::Scope;

use super::Refusal;
use crate::api::problem::Problem;
use crate::app::App;
use crate::audit::{Act, Verb};

/// Lets through whose scope covers the one asked for, and tells the handler who it is.
pub(crate) async fn guard(
    State((app, asked)): State<(Arc<App>, Scope)>,
    mut request: Request,
    next: Next,
) -> Response {
    match app.gate.admit(request.headers(), asked).await {
        Ok(caller) => {
            if caller.is_offline() {
                let act = Act::of_request(caller.name(), Verb::CheckedOffline, &request);
                app.note(act);
            }
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => refuse(&app, &refusal, &request).into_response(),
    }
}

fn refuse(app: &App, refusal: &Refusal, request: &Request) -> Problem {
    app.watch.refused.one();
    let (status, actor) = match refusal {
        Refusal::Unavailable(error) => {
            tracing::warn!(%error, "somebody was sent away unheard");
            return Problem::busy(refusal.to_string());
        }
        Refusal::NoToken | Refusal::UnknownToken => (StatusCode::UNAUTHORIZED, None),
        Refusal::Scope { name, .. } => (StatusCode::FORBIDDEN, Some(&**name)),
    };
    app.note(Act::of_request(actor, Verb::Refused, request));
    Problem::new(status, refusal.to_string())
}
