//! `GET /api/v1/runs/{id}/streams`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};

use super::call::{ask, found};
use super::problem::Problem;
use super::read;
use super::view::StreamView;
use crate::app::App;

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Path(run_id): Path<String>,
) -> Result<Json<Vec<StreamView>>, Problem> {
    found(ask(&app, move |reader| read::streams(reader, &run_id)).await?)
}
