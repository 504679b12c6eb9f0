//! `GET /v1/streams/{id}/position`: how far a stream is durable; where a sender begins.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use sentinel_core::Input;

use super::{answer, ask, check_owner};
use crate::api::problem::Problem;
use crate::app::App;

pub(crate) async fn position(
    State(app): State<Arc<App>>,
    Path(stream): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    check_owner(&app, &stream, &request)?;
    let input = Input::AskPosition {
        stream: stream.clone(),
    };
    Ok(answer(stream, &ask(&app, input).await?))
}
