//! Certificates that the agent makes for itself, and when the next one takes over. The time is an argument.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sentinel_core::Millis;

/// How long before now a certificate is good already: clocks of a cluster differ.
const SKEW: Millis = 3_600_000;
/// How long the API servers have to hear of a root before somebody it vouches for is shown to them.
pub(super) const SETTLE: Millis = 60_000;

/// Why there is no certificate; not cured by trying again.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// It cannot be made for this name.
    #[error("no certificate can be made for {name}: {source}")]
    Made {
        /// Whose.
        name: String,
        /// What the library said.
        #[source]
        source: rcgen::Error,
    },
    /// What was made cannot be used.
    #[error("a certificate that was made cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// A certificate, and the root that vouches for it and for nothing else: its key is forgotten at once, so nobody can have
/// it vouch for another.
#[derive(Debug)]
struct Pair {
    /// In PEM.
    root: String,
    shown: Arc<CertifiedKey>,
    /// When the next one is made.
    renew: Millis,
    /// When it is no longer good.
    until: Millis,
}

impl Pair {
    fn new(name: &str, now: Millis, life: Millis) -> Result<Pair, CertificateError> {
        let (not_before, not_after) = (at(now - SKEW), at(now + life));
        let made = || -> Result<_, rcgen::Error> {
            let mut root = CertificateParams::new(Vec::new())?;
            root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
            root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
            let called = format!("{name} root {now}");
            root.distinguished_name.push(DnType::CommonName, called);
            let mut own = CertificateParams::new(vec![name.to_owned()])?;
            own.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            own.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            own.distinguished_name.push(DnType::CommonName, name);
            for params in [&mut root, &mut own] {
                params.not_before = not_before.into();
                params.not_after = not_after.into();
            }
            let root_key = KeyPair::generate()?;
            let vouches = root.self_signed(&root_key)?;
            let key = KeyPair::generate()?;
            let certificate = own.signed_by(&key, &Issuer::new(root, root_key))?;
            Ok((
                vouches.pem(),
                certificate.der().clone(),
                key.serialize_der(),
            ))
        };
        let (root, certificate, key) = made().map_err(|source| CertificateError::Made {
            name: name.to_owned(),
            source,
        })?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key));
        let shown = CertifiedKey::from_der(vec![certificate], key, &ring::default_provider())?;
        Ok(Pair {
            root,
            shown: Arc::new(shown),
            renew: now + life / 3 * 2,
            until: now + life,
        })
    }
}

fn at(millis: Millis) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

/// The certificate that is shown to whoever connects.
#[derive(Debug)]
pub(super) struct Shown(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&shown))
    }
}

/// The certificate that is shown, and the one that takes over once the API servers know its root.
#[derive(Debug)]
pub(super) struct Rotation {
    name: String,
    life: Millis,
    shown: Arc<Shown>,
    current: Pair,
    /// With the time since when its root is known.
    next: Option<(Pair, Option<Millis>)>,
}

impl Rotation {
    pub(super) fn new(
        name: &str,
        life: Duration,
        now: Millis,
    ) -> Result<Rotation, CertificateError> {
        let life = Millis::try_from(life.as_millis()).unwrap_or(Millis::MAX / 4);
        let current = Pair::new(name, now, life)?;
        Ok(Rotation {
            name: name.to_owned(),
            life,
            shown: Arc::new(Shown(RwLock::new(Arc::clone(&current.shown)))),
            current,
            next: None,
        })
    }

    /// What connections are accepted with.
    pub(super) fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.shown)
    }

    /// The roots that must be known, in PEM.
    pub(super) fn roots(&self) -> String {
        let next = self.next.as_ref().map_or("", |(next, _)| &next.root);
        format!("{next}{}", self.current.root)
    }

    /// Makes the next certificate when it is time, and shows it once its root has been known for long enough; true if
    /// another one is shown from now on.
    pub(super) fn turn(&mut self, now: Millis) -> Result<bool, CertificateError> {
        if let Some((next, Some(since))) = &self.next
            && now - since >= SETTLE.min(self.life / 12)
            && now < next.until
        {
            let shown = Arc::clone(&next.shown);
            *self.shown.0.write().unwrap_or_else(PoisonError::into_inner) = shown;
            if let Some((next, _)) = self.next.take() {
                self.current = next;
            }
            return Ok(true);
        }
        let newest = self.next.as_ref().map_or(&self.current, |(next, _)| next);
        if now >= newest.renew {
            self.next = Some((Pair::new(&self.name, now, self.life)?, None));
        }
        Ok(false)
    }

    /// The API server knows these roots now.
    pub(super) fn known(&mut self, roots: &str, now: Millis) {
        if *roots == self.roots()
            && let Some((_, since @ None)) = &mut self.next
        {
            *since = Some(now);
        }
    }

    /// How long a certificate is good for.
    pub(super) fn life(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.life).unwrap_or(0))
    }

    /// When what is shown is no longer good.
    pub(super) fn until(&self) -> Millis {
        self.current.until
    }
}

#[cfg(test)]
mod tests;
