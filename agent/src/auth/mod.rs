//! Who is asking, decided from a request's head alone: nothing of its body is read, inflated, parsed or
//! stored before.
//!
//! A token is offered to each [`Authenticate`] in turn. [`StaticTokens`] knows those of the
//! configuration, `ServiceAccounts` asks Kubernetes.

mod accounts;
mod believed;
mod claims;
pub(crate) mod guard;
mod issuer;
mod keys;
mod token;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::http::{HeaderMap, header};
use sentinel_config::Scope;

#[cfg(not(feature = "kubernetes"))]
pub(crate) use accounts::Nobody;
#[cfg(feature = "kubernetes")]
pub(crate) use accounts::{Fetching, Reviewed, Reviewing};
pub(crate) use accounts::{Review, ServiceAccounts};
pub use token::{StaticTokens, Token, TokenError};

/// Bytes of a token at most; those of Kubernetes take about a thousand.
const TOKEN: usize = 8 * 1024;

/// Somebody who proved who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its name; streams belong to it.
    pub name: Arc<str>,
    /// What it may do.
    pub scope: Scope,
    /// The only pod whose streams it may deliver; any if none is named.
    pub pod_uid: Option<Arc<str>>,
    /// Whether only the keys of whoever made its token speak for it: nobody could be asked.
    pub offline: bool,
}

/// Nobody can say at present whose token it is; retryable.
#[derive(Debug, thiserror::Error)]
#[error("tokens cannot be checked at present: {0}")]
pub struct Unavailable(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// The answer of an [`Authenticate`], when it comes.
pub type Identifying<'a> =
    Pin<Box<dyn Future<Output = Result<Option<Identity>, Unavailable>> + Send + 'a>>;

/// Somebody who can tell whose token it is.
pub trait Authenticate: Send + Sync {
    /// Whose token it is; `None` if it is not one of its own. Takes the same time for any token it
    /// does not know.
    fn identify<'a>(&'a self, token: &'a [u8]) -> Identifying<'a>;
}

/// Who asks, as the handlers see it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caller(Option<Identity>);

impl Caller {
    /// The name that streams belong to; `None` where nobody has to prove who it is.
    pub(crate) fn name(&self) -> Option<&str> {
        self.0.as_ref().map(|identity| &*identity.name)
    }

    /// Whether it may deliver streams of one pod only.
    pub(crate) fn is_bound(&self) -> bool {
        self.0.as_ref().is_some_and(|id| id.pod_uid.is_some())
    }

    /// Whether only the keys of whoever made its token speak for it.
    pub(crate) fn is_offline(&self) -> bool {
        self.0.as_ref().is_some_and(|id| id.offline)
    }

    /// Whether it may deliver streams of this pod.
    pub(crate) fn speaks_for(&self, pod_uid: &str) -> bool {
        let bound = self.0.as_ref().and_then(|id| id.pod_uid.as_deref());
        bound.is_none_or(|pod| pod == pod_uid)
    }
}

/// Why somebody was not let in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("a token is needed: `Authorization: Bearer TOKEN`")]
    NoToken,
    #[error("the token is not known here")]
    UnknownToken,
    #[error("{name} may not do this: its scope is {held}, {asked} is needed")]
    Scope {
        name: Arc<str>,
        held: &'static str,
        asked: &'static str,
    },
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Decides who comes in.
#[derive(Default)]
pub(crate) struct Gate(Vec<Arc<dyn Authenticate>>);

impl Gate {
    /// A gate that asks these in turn; with none it stands open.
    pub(crate) fn new(authenticators: Vec<Arc<dyn Authenticate>>) -> Gate {
        Gate(authenticators)
    }

    pub(crate) fn is_open(&self) -> bool {
        self.0.is_empty()
    }

    /// Who asks, if it may do what needs the scope.
    pub(crate) async fn admit(&self, head: &HeaderMap, asked: Scope) -> Result<Caller, Refusal> {
        if self.is_open() {
            return Ok(Caller::default());
        }
        let token = bearer(head).ok_or(Refusal::NoToken)?;
        for authenticator in &self.0 {
            let Some(identity) = authenticator.identify(token).await? else {
                continue;
            };
            if !identity.scope.covers(asked) {
                return Err(Refusal::Scope {
                    name: identity.name,
                    held: identity.scope.as_str(),
                    asked: asked.as_str(),
                });
            }
            return Ok(Caller(Some(identity)));
        }
        Err(Refusal::UnknownToken)
    }
}

/// The token of the one `Authorization` header; `None` if there is not exactly one, or another scheme.
pub(crate) fn bearer(head: &HeaderMap) -> Option<&[u8]> {
    let mut values = head.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?.as_bytes(), values.next()) else {
        return None;
    };
    let (scheme, token) = value.split_at_checked(b"bearer ".len())?;
    let token = token.trim_ascii();
    let good = scheme.eq_ignore_ascii_case(b"bearer ") && (1..=TOKEN).contains(&token.len());
    good.then_some(token)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn head(values: &[&str]) -> HeaderMap {
        let values = values
            .iter()
            .map(|v| (header::AUTHORIZATION, HeaderValue::from_str(v).unwrap()));
        values.collect()
    }

    #[test]
    fn only_one_bearer_token_counts() {
        assert_eq!(bearer(&head(&["Bearer abc"])), Some(&b"abc"[..]));
        assert_eq!(bearer(&head(&["bEARER  abc "])), Some(&b"abc"[..]));
        for bad in [
            &["Bearer abc", "Bearer abc"][..],
            &["Basic abc"],
            &["Bearer "],
            &["Bearer"],
            &["abc"],
            &[""],
            &[],
        ] {
            assert_eq!(bearer(&head(bad)), None, "{bad:?}");
        }
        let long = format!("Bearer {}", "x".repeat(TOKEN + 1));
        assert_eq!(bearer(&head(&[&long])), None);
    }
}
