//! `GET /api/v1/audit`: who did what, the latest first; for admins.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::{Extension, Json};

use super::call::{Part, ask};
use super::problem::Problem;
use super::read;
use super::view::{AuditView, Page};
use crate::app::App;
use crate::audit::{Act, Verb};
use crate::auth::Caller;

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    part: Result<Query<Part>, QueryRejection>,
    request: Request,
) -> Result<Json<Page<AuditView>>, Problem> {
    let Query(part) = part.map_err(|e| Problem::bad(e.body_text()))?;
    let page = ask(&app, move |reader| read::audit(reader, &part.into())).await?;
    app.note(Act::of_request(caller.name(), Verb::ReadAudit, &request));
    Ok(Json(page))
}
