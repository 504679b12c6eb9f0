//! Tokens of service accounts: Kubernetes says whose they are, and a token that is bound to a pod is good for
//! that pod's streams.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sentinel_config::{Scope, ServiceAccountsConfig};
use sentinel_core::Millis;
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::believed::Believed;
use super::token::digest;
use super::{Authenticate, Identifying, Identity, Unavailable};
use crate::clock::Clock;

/// Questions under way at once: whoever makes tokens up cannot ask more of Kubernetes.
const QUESTIONS: usize = 16;
/// How long to wait for a turn to ask.
const TURN: Duration = Duration::from_secs(2);
/// Who did not answer is not asked again for so long, lest every request waits for it.
const SILENCE: Millis = 5_000;

/// What Kubernetes says of a token that it knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reviewed {
    pub(crate) namespace: String,
    pub(crate) account: String,
    /// Name and uid of the pod that the token is bound to.
    pub(crate) pod: Option<(String, String)>,
}

/// The answer of a [`Review`], when it comes: `None` for a token that is not known or for something else.
pub(crate) type Reviewing<'a> =
    std::pin::Pin<Box<dyn Future<Output = Result<Option<Reviewed>, Unavailable>> + Send + 'a>>;

/// Somebody who can be asked about a token that was made for an audience.
pub(crate) trait Review: Send + Sync {
    fn review<'a>(&'a self, token: &'a str, audience: &'a str) -> Reviewing<'a>;
}

/// Who can never be asked.
#[cfg(not(feature = "kubernetes"))]
pub(crate) struct Nobody;

#[cfg(not(feature = "kubernetes"))]
impl Review for Nobody {
    fn review<'a>(&'a self, _token: &'a str, _audience: &'a str) -> Reviewing<'a> {
        let why = "this agent was built without Kubernetes";
        Box::pin(std::future::ready(Err(Unavailable(why.into()))))
    }
}

/// What a token says of itself; nobody has vouched for it.
#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    aud: Audience,
    exp: Millis,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Default for Audience {
    fn default() -> Audience {
        Audience::Several(Vec::new())
    }
}

impl Claims {
    fn read(token: &str) -> Option<Claims> {
        let mut parts = token.split('.');
        let (_, claims, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next())
        else {
            return None;
        };
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }

    fn is_for(&self, audience: &str) -> bool {
        match &self.aud {
            Audience::One(one) => one == audience,
            Audience::Several(several) => several.iter().any(|one| one == audience),
        }
    }

    fn expires_ms(&self) -> Millis {
        self.exp.saturating_mul(1_000)
    }
}

/// Knows the tokens of service accounts.
pub(crate) struct ServiceAccounts {
    audience: String,
    config: ServiceAccountsConfig,
    review: Box<dyn Review>,
    clock: Arc<dyn Clock>,
    believed: Mutex<Believed>,
    turns: Semaphore,
    /// Until when nobody is asked, as there was no answer.
    silent_until: AtomicI64,
}

impl ServiceAccounts {
    /// Those whose tokens are for the audience.
    pub(crate) fn new(
        audience: &str,
        config: &ServiceAccountsConfig,
        review: Box<dyn Review>,
        clock: Arc<dyn Clock>,
    ) -> ServiceAccounts {
        ServiceAccounts {
            audience: audience.to_owned(),
            config: config.clone(),
            review,
            clock,
            believed: Mutex::default(),
            turns: Semaphore::new(QUESTIONS),
            silent_until: AtomicI64::new(Millis::MIN),
        }
    }

    async fn find(&self, token: &[u8]) -> Result<Option<Identity>, Unavailable> {
        // Whatever is no token for us by its own account is not worth a question.
        let told = std::str::from_utf8(token).ok();
        let told = told.and_then(|text| Some((text, Claims::read(text)?)));
        let Some((text, claims)) = told.filter(|(_, claims)| claims.is_for(&self.audience)) else {
            return Ok(None);
        };
        let digest = digest(token);
        let now = self.clock.now_ms();
        if let Some(said) = self.with(|believed| believed.fresh(&digest, now)) {
            return Ok(said);
        }
        match self.ask(text, now).await {
            Ok(said) => {
                let identity = said.and_then(|reviewed| self.identity(&reviewed));
                let believe = Millis::try_from(self.config.believe.as_millis()).unwrap_or(0);
                let times = (now, believe, claims.expires_ms());
                self.with(|believed| believed.remember(digest, identity.clone(), times));
                Ok(identity)
            }
            Err(away) => {
                let once = self.with(|believed| believed.once(&digest, now));
                once.map(Some).ok_or(away)
            }
        }
    }

    async fn ask(&self, token: &str, now: Millis) -> Result<Option<Reviewed>, Unavailable> {
        if now < self.silent_until.load(Ordering::Relaxed) {
            return Err(Unavailable("Kubernetes did not answer just now".into()));
        }
        let turn = tokio::time::timeout(TURN, self.turns.acquire()).await;
        let busy = |_| Unavailable("too many are asked about at once".into());
        let _turn = turn.map_err(busy)?;
        let said = self.review.review(token, &self.audience).await;
        if said.is_err() {
            let until = self.clock.now_ms() + SILENCE;
            self.silent_until.store(until, Ordering::Relaxed);
        }
        said
    }

    fn with<T>(&self, act: impl FnOnce(&mut Believed) -> T) -> T {
        // Nothing panics while it is held, and what is in it is whole after each act.
        act(&mut self.believed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What an account may do; none without a pod, unless the configuration names it.
    fn identity(&self, reviewed: &Reviewed) -> Option<Identity> {
        let Reviewed {
            namespace,
            account,
            pod,
        } = reviewed;
        let account = format!("{namespace}/{account}");
        let identity = |name: &str, scope, pod_uid: Option<&String>| Identity {
            name: name.into(),
            scope,
            pod_uid: pod_uid.map(|uid| uid.as_str().into()),
        };
        if self.config.nodes.contains(&account) {
            // One name for all: a stream that moves from one to another is then still one stream.
            return Some(identity("nodes", Scope::Send, None));
        }
        if self.config.readers.contains(&account) {
            return Some(identity(&account, Scope::Read, None));
        }
        let (pod, uid) = pod.as_ref()?;
        let name = format!("{namespace}/{pod} {uid}");
        Some(identity(&name, Scope::Send, Some(uid)))
    }
}

impl Authenticate for ServiceAccounts {
    fn identify<'a>(&'a self, token: &'a [u8]) -> Identifying<'a> {
        Box::pin(self.find(token))
    }
}
