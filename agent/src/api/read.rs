//! The questions about stored runs, asked of a [`Reader`]: the same functions serve the HTTP API
//! and a command line that reads a data directory without a running agent.

use sentinel_parsers::event::Status;

use super::view::{AnomalyView, AuditView, Page, RunView, StreamView, TestView};
use crate::store::sqlite::{
    anomalies as anomaly_table, audit as audit_table, gaps, runs as run_table,
    streams as stream_table, tests as test_table,
};
use crate::store::{Reader, StoreError};

/// Entries on a page at most.
pub const PAGE: usize = 1_000;
/// Entries on a page when nothing is said.
pub const PAGE_DEFAULT: usize = 100;
/// Losses shown with a run at most.
const GAPS: usize = 1_000;

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Not retryable: `after` is not what an earlier page gave.
    #[error("not a place in this list: {0:?}")]
    After(String),
    /// As the store says.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Which part of a list is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paging {
    /// At most so many, capped at [`PAGE`]; [`PAGE_DEFAULT`] when zero.
    pub limit: usize,
    /// `next` of the page before.
    pub after: Option<String>,
}

impl Paging {
    fn limit(&self) -> usize {
        match self.limit {
            0 => PAGE_DEFAULT,
            n => n.min(PAGE),
        }
    }

    /// Two numbers, or a number and a text, joined by a dot.
    fn pair(&self) -> Result<Option<(i64, &str)>, ReadError> {
        let Some(after) = &self.after else {
            return Ok(None);
        };
        after
            .split_once('.')
            .and_then(|(number, rest)| Some((number.parse().ok()?, rest)))
            .map(Some)
            .ok_or_else(|| ReadError::After(after.clone()))
    }
}

/// Cuts the entry beyond the page off and says how to go on, from the last entry kept.
fn page<T>(mut found: Vec<T>, limit: usize, place: impl FnOnce(&T) -> String) -> Page<T> {
    let more = found.len() > limit;
    found.truncate(limit);
    Page {
        next: found.last().filter(|_| more).map(place),
        items: found,
    }
}

/// Runs, newest first, without their streams and gaps.
///
/// # Errors
/// As [`ReadError`] says.
pub fn runs(reader: &Reader, paging: &Paging) -> Result<Page<RunView>, ReadError> {
    let below = paging.pair()?;
    let found = reader.call(|conn| run_table::list(conn, below, paging.limit() + 1))?;
    Ok(page(found, paging.limit(), |run| {
        format!("{}.{}", run.started_ms, run.run_id)
    }))
}

/// One run with its streams and gaps; `None` if it is not known.
///
/// # Errors
/// As [`ReadError`] says.
pub fn run(reader: &Reader, run_id: &str) -> Result<Option<RunView>, ReadError> {
    let found = reader.call(|conn| {
        let Some((id, mut run)) = run_table::find(conn, run_id)? else {
            return Ok(None);
        };
        run.gaps = gaps::list(conn, id, GAPS)?;
        run.streams = stream_table::list(conn, id)?;
        Ok(Some(run))
    })?;
    Ok(found)
}

/// What of a run's tests is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestsQuery {
    /// Only these statuses; all when empty.
    pub statuses: Vec<Status>,
    /// Which part.
    pub paging: Paging,
    /// Those with the longest durations first; there is then one page only.
    pub slowest: bool,
    /// Those of attempts that a later one replaced as well.
    pub replaced: bool,
}

/// A run's tests in the order of the output; `None` if the run is not known.
///
/// # Errors
/// As [`ReadError`] says.
pub fn tests(
    reader: &Reader,
    run_id: &str,
    query: &TestsQuery,
) -> Result<Option<Page<TestView>>, ReadError> {
    let place = |(stream, ordinal): (i64, &str)| Some((stream, ordinal.parse().ok()?));
    let after = match query.paging.pair()? {
        None => None,
        Some(pair) => Some(
            place(pair)
                .ok_or_else(|| ReadError::After(query.paging.after.clone().unwrap_or_default()))?,
        ),
    };
    let limit = query.paging.limit();
    let wanted = test_table::Wanted {
        statuses: &query.statuses,
        after,
        limit: limit + usize::from(!query.slowest),
        slowest: query.slowest,
        replaced: query.replaced,
    };
    let found = reader.call(|conn| {
        run_table::find(conn, run_id)?
            .map(|(id, _)| test_table::list(conn, id, &wanted))
            .transpose()
    })?;
    Ok(found.map(|found| {
        let page = page(found, limit, |((stream, ordinal), _)| {
            format!("{stream}.{ordinal}")
        });
        Page {
            next: page.next,
            items: page.items.into_iter().map(|(_, test)| test).collect(),
        }
    }))
}

/// A run's anomalies in order of appearance; `None` if the run is not known.
///
/// # Errors
/// As [`ReadError`] says.
pub fn anomalies(
    reader: &Reader,
    run_id: &str,
    paging: &Paging,
) -> Result<Option<Page<AnomalyView>>, ReadError> {
    let after = match &paging.after {
        None => 0,
        Some(text) => text.parse().map_err(|_| ReadError::After(text.clone()))?,
    };
    let limit = paging.limit();
    let found = reader.call(|conn| {
        run_table::find(conn, run_id)?
            .map(|(id, _)| anomaly_table::list(conn, id, after, limit + 1))
            .transpose()
    })?;
    Ok(found.map(|found| {
        let page = page(found, limit, |(id, _)| id.to_string());
        Page {
            next: page.next,
            items: page.items.into_iter().map(|(_, anomaly)| anomaly).collect(),
        }
    }))
}

/// Who did what, the latest first.
///
/// # Errors
/// As [`ReadError`] says.
pub fn audit(reader: &Reader, paging: &Paging) -> Result<Page<AuditView>, ReadError> {
    let below = match &paging.after {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| ReadError::After(text.clone()))?),
    };
    let limit = paging.limit();
    let found = reader.call(|conn| audit_table::list(conn, below, limit + 1))?;
    let page = page(found, limit, |(id, _)| id.to_string());
    Ok(Page {
        next: page.next,
        items: page.items.into_iter().map(|(_, act)| act).collect(),
    })
}

/// A run's streams in the order they were opened; `None` if the run is not known.
///
/// # Errors
/// As [`ReadError`] says.
pub fn streams(reader: &Reader, run_id: &str) -> Result<Option<Vec<StreamView>>, ReadError> {
    let found = reader.call(|conn| {
        run_table::find(conn, run_id)?
            .map(|(id, _)| stream_table::list(conn, id))
            .transpose()
    })?;
    Ok(found)
}
