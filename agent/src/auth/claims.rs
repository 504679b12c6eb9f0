//! What a token of a service account says of itself; by itself nobody has vouched for it.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sentinel_core::Millis;
use serde::Deserialize;

use super::accounts::Reviewed;

/// What a token says.
#[derive(Deserialize)]
pub(super) struct Claims {
    #[serde(default)]
    aud: Audience,
    exp: Millis,
    #[serde(default)]
    nbf: Millis,
    /// Who made it.
    #[serde(default)]
    pub(super) iss: String,
    #[serde(default)]
    sub: String,
    #[serde(rename = "kubernetes.io", default)]
    bound: Option<Bound>,
}

#[derive(Deserialize)]
struct Bound {
    namespace: String,
    serviceaccount: Object,
    #[serde(default)]
    pod: Option<Object>,
}

#[derive(Deserialize)]
struct Object {
    name: String,
    uid: String,
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
    pub(super) fn read(token: &str) -> Option<Claims> {
        let mut parts = token.split('.');
        let (_, claims, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next())
        else {
            return None;
        };
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }

    pub(super) fn is_for(&self, audience: &str) -> bool {
        match &self.aud {
            Audience::One(one) => one == audience,
            Audience::Several(several) => several.iter().any(|one| one == audience),
        }
    }

    pub(super) fn expires_ms(&self) -> Millis {
        self.exp.saturating_mul(1_000)
    }

    /// From when on it is good.
    pub(super) fn begins_ms(&self) -> Millis {
        self.nbf.saturating_mul(1_000)
    }

    /// The account and the pod that it says it is bound to, if it says both, and says the account in one way.
    pub(super) fn of_pod(&self) -> Option<Reviewed> {
        let bound = self.bound.as_ref()?;
        let (namespace, account) = (&bound.namespace, &bound.serviceaccount.name);
        let pod = bound.pod.as_ref()?;
        let subject = format!("system:serviceaccount:{namespace}:{account}");
        (self.sub == subject && !pod.uid.is_empty()).then(|| Reviewed {
            namespace: namespace.clone(),
            account: account.clone(),
            pod: Some((pod.name.clone(), pod.uid.clone())),
        })
    }
}
