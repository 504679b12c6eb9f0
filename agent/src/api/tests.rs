//! `GET /api/v1/runs/{id}/tests?status=failed,errored&order=slowest&attempts=all`.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use sentinel_parsers::event::Status;
use serde::Deserialize;

use super::call::{ask, found};
use super::problem::Problem;
use super::read::{self, Paging, TestsQuery};
use super::view::{Page, TestView};
use crate::app::App;

/// The query string.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    limit: Option<usize>,
    after: Option<String>,
    /// Comma-separated.
    status: Option<String>,
    order: Option<String>,
    /// Of which attempts of a Job's pods: those that count, or `all`.
    attempts: Option<String>,
}

impl Asked {
    fn query(self) -> Result<TestsQuery, Problem> {
        let words = self.status.as_deref().unwrap_or_default();
        let statuses = words
            .split(',')
            .filter(|word| !word.is_empty())
            .map(|word| {
                let bad = || Problem::bad(format!("no such status: {word:?}"));
                Status::parse(word).ok_or_else(bad)
            })
            .collect::<Result<BTreeSet<_>, _>>()?;
        let slowest = match self.order.as_deref() {
            None | Some("output") => false,
            Some("slowest") => true,
            Some(other) => return Err(Problem::bad(format!("no such order: {other:?}"))),
        };
        let replaced = match self.attempts.as_deref() {
            None | Some("latest") => false,
            Some("all") => true,
            Some(other) => return Err(Problem::bad(format!("no such attempts: {other:?}"))),
        };
        Ok(TestsQuery {
            statuses: statuses.into_iter().collect(),
            paging: Paging {
                limit: self.limit.unwrap_or(0),
                after: self.after,
            },
            slowest,
            replaced,
        })
    }
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Path(run_id): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Page<TestView>>, Problem> {
    let Query(asked) = asked.map_err(|e| Problem::bad(e.body_text()))?;
    let query = asked.query()?;
    found(ask(&app, move |reader| read::tests(reader, &run_id, &query)).await?)
}
