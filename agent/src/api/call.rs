//! Asking the store from a request: off the async threads, with the errors of the API.

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use serde::Deserialize;

use super::problem::Problem;
use super::read::{Paging, ReadError};
use crate::app::App;
use crate::store::Reader;

/// The part of a query string that all lists share.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Part {
    limit: Option<usize>,
    after: Option<String>,
}

impl From<Part> for Paging {
    fn from(part: Part) -> Self {
        Paging {
            limit: part.limit.unwrap_or(0),
            after: part.after,
        }
    }
}

/// Runs a question on a thread that may block.
pub(super) async fn ask<T: Send + 'static>(
    app: &Arc<App>,
    question: impl FnOnce(&Reader) -> Result<T, ReadError> + Send + 'static,
) -> Result<T, Problem> {
    let turn = tokio::time::timeout(app.bounds.turn, app.questions.acquire()).await;
    let Ok(_turn) = turn else {
        app.watch.busy.one();
        return Err(Problem::busy("too many questions are being asked"));
    };
    let reader = Arc::clone(&app.reader);
    let answer = tokio::task::spawn_blocking(move || question(&reader)).await;
    match answer {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the question could not be asked",
        )),
    }
}

/// What was found, or 404.
pub(super) fn found<T>(answer: Option<T>) -> Result<Json<T>, Problem> {
    answer
        .map(Json)
        .ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "no such run"))
}
