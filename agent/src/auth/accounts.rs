//! Tokens of service accounts: Kubernetes says whose they are, and a token that is bound to a pod is good for
//! that pod's streams.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sentinel_config::{Scope, ServiceAccountsConfig};
use sentinel_core::Millis;
use tokio::sync::Semaphore;

use super::believed::Believed;
use super::claims::Claims;
use super::issuer::Issuer;
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

/// The keys of a [`Review`], when they come: a JSON Web Key Set.
pub(crate) type Fetching<'a> =
    std::pin::Pin<Box<dyn Future<Output = Result<Vec<u8>, Unavailable>> + Send + 'a>>;

/// Somebody who can be asked about a token that was made for an audience.
pub(crate) trait Review: Send + Sync {
    fn review<'a>(&'a self, token: &'a str, audience: &'a str) -> Reviewing<'a>;

    /// What tokens are signed with, for when nobody can be asked.
    fn keys(&self) -> Fetching<'_>;
}

/// Who can never be asked.
#[cfg(not(feature = "kubernetes"))]
pub(crate) struct Nobody;

#[cfg(not(feature = "kubernetes"))]
impl Review for Nobody {
    fn review<'a>(&'a self, _token: &'a str, _audience: &'a str) -> Reviewing<'a> {
        Box::pin(std::future::ready(Err(Unavailable(WITHOUT.into()))))
    }

    fn keys(&self) -> Fetching<'_> {
        Box::pin(std::future::ready(Err(Unavailable(WITHOUT.into()))))
    }
}

#[cfg(not(feature = "kubernetes"))]
const WITHOUT: &str = "this agent was built without Kubernetes";

/// Knows the tokens of service accounts.
pub(crate) struct ServiceAccounts {
    audience: String,
    config: ServiceAccountsConfig,
    review: Arc<dyn Review>,
    clock: Arc<dyn Clock>,
    believed: Mutex<Believed>,
    /// Who made the tokens that Kubernetes vouched for.
    issuer: Arc<Mutex<Issuer>>,
    turns: Semaphore,
    /// Until when nobody is asked, as there was no answer.
    silent_until: AtomicI64,
}

impl ServiceAccounts {
    /// Those whose tokens are for the audience.
    pub(crate) fn new(
        audience: &str,
        config: &ServiceAccountsConfig,
        review: Arc<dyn Review>,
        clock: Arc<dyn Clock>,
    ) -> ServiceAccounts {
        ServiceAccounts {
            audience: audience.to_owned(),
            config: config.clone(),
            review,
            clock,
            believed: Mutex::default(),
            issuer: Arc::default(),
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
                if said.is_some() {
                    self.learn(text, &claims, now);
                }
                let identity = said.and_then(|reviewed| self.identity(&reviewed));
                let believe = Millis::try_from(self.config.believe.as_millis()).unwrap_or(0);
                let times = (now, believe, claims.expires_ms());
                self.with(|believed| believed.remember(digest, identity.clone(), times));
                Ok(identity)
            }
            Err(away) => match self.with(|believed| believed.once(&digest, now)) {
                Some(said) => Ok(said),
                None => {
                    let vouched = self.vouched(text, &claims, now);
                    vouched.map(Some).ok_or(away)
                }
            },
        }
    }

    /// Kubernetes vouched for a token: whoever made it is to be known by its keys when nobody can be asked.
    fn learn(&self, token: &str, claims: &Claims, now: Millis) {
        if !locked(&self.issuer).is_due(token, claims, now) {
            return;
        }
        let (review, issuer) = (Arc::clone(&self.review), Arc::clone(&self.issuer));
        tokio::spawn(async move {
            match review.keys().await {
                Ok(set) => locked(&issuer).learn(&set, now),
                Err(error) => {
                    tracing::info!(%error, "the keys of the tokens' issuer are not known");
                }
            }
        });
    }

    /// Whose token it is by its issuer's keys alone. Only pods are let in so: whether they are still there nobody can say.
    fn vouched(&self, token: &str, claims: &Claims, now: Millis) -> Option<Identity> {
        let vouched = locked(&self.issuer).vouches_for(token, claims, now)?;
        let identity = self.identity(&vouched)?;
        Some(Identity {
            offline: true,
            ..identity
        })
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
        act(&mut locked(&self.believed))
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
            offline: false,
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

/// Nothing panics while one of these is held, and what is in it is whole after each act.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
