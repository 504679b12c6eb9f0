//! `GET /api/v1/runs/{id}/anomalies`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};

use super::call::{Part, ask, found};
use super::problem::Problem;
use super::read;
use super::view::{AnomalyView, Page};
use crate::app::App;

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Path(run_id): Path<String>,
    part: Result<Query<Part>, QueryRejection>,
) -> Result<Json<Page<AnomalyView>>, Problem> {
    let Query(part) = part.map_err(|e| Problem::bad(e.body_text()))?;
    let question = move |reader: &_| read::anomalies(reader, &run_id, &part.into());
    found(ask(&app, question).await?)
}
