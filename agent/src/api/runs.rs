//! `GET /api/v1/runs` and `GET /api/v1/runs/{id}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};

use super::call::{Part, ask, found};
use super::problem::Problem;
use super::read;
use super::view::{Page, RunView};
use crate::app::App;

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    part: Result<Query<Part>, QueryRejection>,
) -> Result<Json<Page<RunView>>, Problem> {
    let Query(part) = part.map_err(|e| Problem::bad(e.body_text()))?;
    let page = ask(&app, move |reader| read::runs(reader, &part.into())).await?;
    Ok(Json(page))
}

pub(crate) async fn one(
    State(app): State<Arc<App>>,
    Path(run_id): Path<String>,
) -> Result<Json<RunView>, Problem> {
    found(ask(&app, move |reader| read::run(reader, &run_id)).await?)
}
