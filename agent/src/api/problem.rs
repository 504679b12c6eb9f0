//! Errors as `application/problem+json` (RFC 9457).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::read::ReadError;
use crate::admission::Crowded;
use crate::runtime::SubmitError;

/// What went wrong, for programs and people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Problem {
    /// The kind of problem; always `about:blank`, so that `title` is the status' own phrase.
    pub(crate) r#type: String,
    /// The status' phrase.
    pub(crate) title: String,
    /// The HTTP status.
    pub(crate) status: u16,
    /// What exactly.
    pub(crate) detail: String,
}

/// Seconds after which a busy agent may be asked again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// What somebody without a token is asked for.
const BEARER: HeaderValue = HeaderValue::from_static("Bearer realm=\"sentinel\"");
const CLOSE: HeaderValue = HeaderValue::from_static("close");

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem {
            r#type: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
        }
    }

    /// 503 with `Retry-After`.
    pub(crate) fn busy(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    /// 429 with `Retry-After`.
    pub(crate) fn too_many(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::TOO_MANY_REQUESTS, detail)
    }

    pub(crate) fn bad(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, detail)
    }

    /// The answer after which the connection ends.
    pub(crate) fn closing(self) -> Response {
        let mut response = self.into_response();
        response.headers_mut().insert(header::CONNECTION, CLOSE);
        response
    }

    pub(crate) fn too_large(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
        let head = response.headers_mut();
        match status {
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                head.insert(header::RETRY_AFTER, RETRY_AFTER);
            }
            StatusCode::UNAUTHORIZED => {
                head.insert(header::WWW_AUTHENTICATE, BEARER);
            }
            _ => {}
        }
        // What such a client sends besides is not read to get at its next request.
        if matches!(
            status,
            StatusCode::UNAUTHORIZED
                | StatusCode::FORBIDDEN
                | StatusCode::REQUEST_TIMEOUT
                | StatusCode::PAYLOAD_TOO_LARGE
        ) {
            head.insert(header::CONNECTION, CLOSE);
        }
        response
    }
}

impl From<Crowded> for Problem {
    fn from(error: Crowded) -> Self {
        Problem::busy(error.to_string())
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        Problem::busy(error.to_string())
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match &error {
            ReadError::After(_) => Problem::bad(error.to_string()),
            ReadError::Store(store) if store.is_retryable() => Problem::busy(error.to_string()),
            ReadError::Store(_) => {
                tracing::error!(%error, "a query failed");
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
            }
        }
    }
}
