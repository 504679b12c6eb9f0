//! Whoever made the tokens that Kubernetes vouched for, known by name and keys: enough to tell a token of its while nobody
//! can be asked, and not whether the pod is still there.

use sentinel_core::Millis;

use super::accounts::Reviewed;
use super::claims::Claims;
use super::keys::Keys;

/// Keys are asked for again after so long,
const KEEPS: Millis = 3_600_000;
/// and at the earliest after so long, if a token names one that is not known.
const AGAIN: Millis = 60_000;
/// By how much another machine's clock may be ahead.
const AHEAD: Millis = 60_000;

/// An issuer of tokens.
#[derive(Debug, Default)]
pub(super) struct Issuer {
    /// What the tokens say that Kubernetes found good.
    name: Option<String>,
    keys: Keys,
    /// When its keys came, and when they were last asked for.
    came_ms: Option<Millis>,
    asked_ms: Option<Millis>,
}

impl Issuer {
    /// Kubernetes found a token good. Whether to ask for the keys of whoever made it; if so, that counts as done.
    pub(super) fn is_due(&mut self, token: &str, claims: &Claims, now: Millis) -> bool {
        if self.name.as_deref() != Some(&claims.iss) {
            self.name = Some(claims.iss.clone());
        }
        let since =
            |then: Option<Millis>| then.map_or(Millis::MAX, |then| now.saturating_sub(then));
        let known = since(self.came_ms) < KEEPS && self.keys.has_key_of(token);
        let is_due = !known && since(self.asked_ms) >= AGAIN;
        if is_due {
            self.asked_ms = Some(now);
        }
        is_due
    }

    /// Its keys came.
    pub(super) fn learn(&mut self, set: &[u8], now: Millis) {
        match Keys::read(set) {
            Some(keys) => (self.keys, self.came_ms) = (keys, Some(now)),
            None => tracing::warn!("what the API server gives as its keys is no set of keys"),
        }
    }

    /// Whose token it is, if this issuer signed it for a pod, and it is good now. Its audience was looked at before.
    pub(super) fn vouches_for(
        &self,
        token: &str,
        claims: &Claims,
        now: Millis,
    ) -> Option<Reviewed> {
        let is_ours = self.name.as_deref().is_some_and(|name| name == claims.iss);
        let is_good = now < claims.expires_ms() && claims.begins_ms() <= now.saturating_add(AHEAD);
        (is_ours && is_good && self.keys.signed(token)).then(|| claims.of_pod())?
    }
}
