//! Asking the API server whose a token is (TokenReview).

use std::time::Duration;

use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec, TokenReviewStatus};
use kube::Client;
use kube::api::{Api, PostParams};
use sentinel_config::KubernetesConfig;
use tokio::sync::OnceCell;

use super::rights::KEYS;
use super::watch::client;
use super::wire;
use crate::auth::{Fetching, Review, Reviewed, Reviewing, Unavailable};

/// How long a question may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why nobody can say whose a token is; retryable.
#[derive(Debug, thiserror::Error)]
enum ReviewError {
    #[error("the API server does not answer in {} s", PATIENCE.as_secs())]
    Late,
    #[error("there is no way to the API server: {0}")]
    Away(String),
    #[error("no keys: {0}")]
    NoKeys(String),
    #[error(transparent)]
    Refused(#[from] kube::Error),
}

/// The API server, once somebody asks.
pub(crate) struct ApiServer {
    config: KubernetesConfig,
    client: OnceCell<Client>,
}

impl ApiServer {
    pub(crate) fn new(config: &KubernetesConfig) -> ApiServer {
        ApiServer {
            config: config.clone(),
            client: OnceCell::new(),
        }
    }

    async fn client(&self) -> Result<&Client, ReviewError> {
        let client = self.client.get_or_try_init(|| client(&self.config)).await;
        client.map_err(ReviewError::Away)
    }

    async fn fetch(&self) -> Result<Vec<u8>, ReviewError> {
        let said = wire::short(self.client().await?, KEYS.resource).await;
        said.map_err(|trouble| ReviewError::NoKeys(trouble.to_string()))
    }

    async fn ask(&self, token: &str, audience: &str) -> Result<Option<Reviewed>, ReviewError> {
        let api: Api<TokenReview> = Api::all(self.client().await?.clone());
        let question = TokenReview {
            spec: TokenReviewSpec {
                audiences: Some(vec![audience.to_owned()]),
                token: token.to_owned(),
            },
            ..TokenReview::default()
        };
        let answer = api.create(&PostParams::default(), &question).await?;
        Ok(reviewed(answer.status.unwrap_or_default(), audience))
    }
}

impl Review for ApiServer {
    fn review<'a>(&'a self, token: &'a str, audience: &'a str) -> Reviewing<'a> {
        Box::pin(async move {
            let asked = tokio::time::timeout(PATIENCE, self.ask(token, audience)).await;
            let asked = asked.unwrap_or(Err(ReviewError::Late));
            asked.map_err(|error| Unavailable(Box::new(error)))
        })
    }

    fn keys(&self) -> Fetching<'_> {
        Box::pin(async move {
            let fetched = tokio::time::timeout(PATIENCE, self.fetch()).await;
            let fetched = fetched.unwrap_or(Err(ReviewError::Late));
            fetched.map_err(|error| Unavailable(Box::new(error)))
        })
    }
}

/// Whose token it is, if it was found good, for this audience, and to be a service account's.
fn reviewed(status: TokenReviewStatus, audience: &str) -> Option<Reviewed> {
    // An API server that knows no audiences would have found a token for somebody else good.
    let ours = |audiences: Vec<String>| audiences.iter().any(|one| one == audience);
    if status.authenticated != Some(true) || !status.audiences.is_some_and(ours) {
        return None;
    }
    let user = status.user?;
    let name = user.username?;
    let (namespace, account) = name
        .strip_prefix("system:serviceaccount:")?
        .split_once(':')?;
    let mut extra = user.extra.unwrap_or_default();
    let mut of_pod = |what: &str| {
        let values = extra.remove(&format!("authentication.kubernetes.io/pod-{what}"))?;
        values.into_iter().next()
    };
    Some(Reviewed {
        namespace: namespace.to_owned(),
        account: account.to_owned(),
        pod: of_pod("name").zip(of_pod("uid")),
    })
}
