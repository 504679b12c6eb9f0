//! `GET /v1/streams/{id}/position`: how far a stream is durable; where a sender begins.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use sentinel_core::{Input, Reply};

use super::{answer, ask, is_stream_id};
use crate::api::problem::Problem;
use crate::app::App;

pub(crate) async fn position(
    State(app): State<Arc<App>>,
    Path(stream): Path<String>,
) -> Result<Response, Problem> {
    if !is_stream_id(&stream) {
        return Ok(answer(stream, &Reply::UnknownStream));
    }
    let input = Input::AskPosition {
        stream: stream.clone(),
    };
    Ok(answer(stream, &ask(&app, input).await?))
}
