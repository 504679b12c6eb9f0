//! How a delivery proves who sent it: as much as can be is decided from its head, and the rest from the bytes of
//! its body before anything is made of them. Every comparison takes the same time whatever is wrong.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sentinel_core::Millis;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::secret::{Bytes, Secret};
use crate::auth::bearer;

/// How far a signed time may be from ours.
const WINDOW: Millis = 5 * 60_000;
/// Signatures of one delivery at most: one for each key while keys are exchanged.
const SIGNATURES: usize = 8;

/// How a kind proves it by its own means.
pub(super) enum Scheme {
    /// The header is `sha256=` and the HMAC of the body in hex.
    Signed(&'static str),
    /// The header is the secret.
    Token(&'static str),
    /// The secret is a bearer token, or the password of basic authorization.
    Authorization,
}

/// What a kind's deliveries are held against. At least one is there, or the kind is off.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) secret: Option<Secret>,
    /// The key of Standard Webhooks.
    pub(super) signing: Option<Secret>,
}

/// Why a delivery is nobody's.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the delivery is not signed, or not with what is set here")]
    Unsigned,
    #[error("the signature or token is wrong")]
    Wrong,
    #[error("the signature's time is more than five minutes away")]
    Stale,
}

type Code = [u8; 32];

/// What the head proves, or says of the body.
#[derive(Debug)]
pub(super) enum Proof {
    /// The head holds the secret itself.
    Told,
    /// One of the codes must be that of the body with what goes before it.
    Signed {
        key: Bytes,
        before: String,
        codes: Vec<Code>,
    },
}

impl Proof {
    /// What the head offers. Who has a signing key and signs is held to the signature.
    pub(super) fn of(
        scheme: &Scheme,
        keys: &Keys,
        head: &HeaderMap,
        now: Millis,
    ) -> Result<Proof, Refusal> {
        if let Some(signing) = &keys.signing
            && head.contains_key("webhook-signature")
        {
            return standard(signing, head, now);
        }
        let secret = keys.secret.as_ref().ok_or(Refusal::Unsigned)?.bytes();
        match scheme {
            Scheme::Signed(name) => {
                let hex = one(head, name)?.strip_prefix("sha256=");
                Ok(Proof::Signed {
                    key: secret,
                    before: String::new(),
                    codes: vec![hex.and_then(from_hex).ok_or(Refusal::Wrong)?],
                })
            }
            Scheme::Token(name) => same(one(head, name)?.as_bytes(), &secret),
            Scheme::Authorization => match bearer(head) {
                Some(token) => same(token, &secret),
                None => same(&password(head)?, &secret),
            },
        }
    }

    /// Whether the body is what was signed; gives the code that says so.
    pub(super) fn holds(&self, body: &[u8]) -> Result<Option<Code>, Refusal> {
        let Proof::Signed { key, before, codes } = self else {
            return Ok(None);
        };
        // A key may have any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| Refusal::Wrong)?;
        mac.update(before.as_bytes());
        mac.update(body);
        let ours: Code = mac.finalize().into_bytes().into();
        let good = codes.iter().filter(|code| bool::from(code.ct_eq(&ours)));
        match good.count() {
            0 => Err(Refusal::Wrong),
            _ => Ok(Some(ours)),
        }
    }
}

/// Standard Webhooks: `v1,` and base64 of the HMAC of `ID.TIME.BODY`; of several signatures one must be right.
fn standard(signing: &Secret, head: &HeaderMap, now: Millis) -> Result<Proof, Refusal> {
    let id = one(head, "webhook-id")?;
    let time = one(head, "webhook-timestamp")?;
    let seconds: i64 = time.parse().map_err(|_| Refusal::Wrong)?;
    if now.abs_diff(seconds.saturating_mul(1_000)) > WINDOW.unsigned_abs() {
        return Err(Refusal::Stale);
    }
    let told = one(head, "webhook-signature")?.split(' ').take(SIGNATURES);
    let codes = told.filter_map(|signature| {
        let code = STANDARD.decode(signature.strip_prefix("v1,")?).ok()?;
        Code::try_from(code).ok()
    });
    Ok(Proof::Signed {
        key: signing.key(),
        before: format!("{id}.{time}."),
        codes: codes.collect(),
    })
}

/// The value of a header that is there once.
fn one<'a>(head: &'a HeaderMap, name: &str) -> Result<&'a str, Refusal> {
    let mut values = head.get_all(name).iter();
    let (value, None) = (values.next().ok_or(Refusal::Unsigned)?, values.next()) else {
        return Err(Refusal::Wrong);
    };
    value.to_str().map_err(|_| Refusal::Wrong)
}

/// Hashes are compared, so that not even the length shows.
fn same(told: &[u8], secret: &[u8]) -> Result<Proof, Refusal> {
    let same = Sha256::digest(told).ct_eq(&Sha256::digest(secret));
    match bool::from(same) {
        true => Ok(Proof::Told),
        false => Err(Refusal::Wrong),
    }
}

fn password(head: &HeaderMap) -> Result<Vec<u8>, Refusal> {
    let value = one(head, header::AUTHORIZATION.as_str())?;
    let encoded = value.strip_prefix("Basic ").ok_or(Refusal::Wrong)?;
    let pair = STANDARD
        .decode(encoded.trim())
        .map_err(|_| Refusal::Wrong)?;
    let colon = pair.iter().position(|byte| *byte == b':');
    let password = pair.get(colon.ok_or(Refusal::Wrong)? + 1..);
    Ok(password.unwrap_or_default().to_vec())
}

fn from_hex(hex: &str) -> Option<Code> {
    let digits: Option<Vec<u8>> = hex
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits?;
    let bytes = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some(high << 4 | low),
        _ => None,
    });
    Code::try_from(bytes.collect::<Option<Vec<u8>>>()?).ok()
}

#[cfg(test)]
mod timing;

#[cfg(test)]
mod tests {
    use super::*;

    fn head(lines: &[(&'static str, &str)]) -> HeaderMap {
        let lines = lines.iter();
        lines
            .map(|(name, value)| {
                let name = axum::http::HeaderName::from_static(name);
                (name, value.parse().unwrap())
            })
            .collect()
    }

    fn keys(secret: &str, signing: &str) -> Keys {
        let folder = tempfile::tempdir().unwrap();
        let find = |text: &str| {
            let path = folder.path().join("secret");
            std::fs::write(&path, text).unwrap();
            let some = (!text.is_empty()).then_some(path.as_path())?;
            Secret::find(Some(some), "").unwrap()
        };
        Keys {
            secret: find(secret),
            signing: find(signing),
        }
    }

    /// The example of GitHub's documentation on validating deliveries.
    #[test]
    fn githubs_own_example_holds() {
        let keys = keys("It's a Secret to Everybody", "");
        let told = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let name = "x-hub-signature-256";
        let scheme = Scheme::Signed(name);
        let holds = |value: &str, body: &[u8]| {
            let proof = Proof::of(&scheme, &keys, &head(&[(name, value)]), 0)?;
            proof.holds(body).map(|code| code.is_some())
        };
        assert_eq!(holds(told, b"Hello, World!"), Ok(true));
        assert_eq!(holds(told, b"Hello, World?"), Err(Refusal::Wrong));
        for wrong in [&told[..70], &told[7..], "", "sha256=", "sha1=757107ea"] {
            assert_eq!(
                holds(wrong, b"Hello, World!"),
                Err(Refusal::Wrong),
                "{wrong}"
            );
        }
        let twice = head(&[(name, told), (name, told)]);
        assert_eq!(
            Proof::of(&scheme, &keys, &twice, 0).unwrap_err(),
            Refusal::Wrong
        );
        let none = HeaderMap::new();
        assert_eq!(
            Proof::of(&scheme, &keys, &none, 0).unwrap_err(),
            Refusal::Unsigned
        );
    }

    #[test]
    fn a_token_comes_in_its_header_or_as_a_bearer_or_a_password_and_nothing_else_passes() {
        let keys = keys("0123456789abcdef", "");
        let held = |scheme: &Scheme, name, value: &str| {
            Proof::of(scheme, &keys, &head(&[(name, value)]), 0).map(|_| ())
        };
        let lab = Scheme::Token("x-gitlab-token");
        assert_eq!(held(&lab, "x-gitlab-token", "0123456789abcdef"), Ok(()));
        for wrong in ["0123456789abcdee", "0123456789abcdef0", "", "x"] {
            assert_eq!(held(&lab, "x-gitlab-token", wrong), Err(Refusal::Wrong));
        }
        let name = "authorization";
        let authorized = |value: &str| held(&Scheme::Authorization, name, value);
        assert_eq!(authorized("Bearer 0123456789abcdef"), Ok(()));
        let pair = |text: &str| format!("Basic {}", STANDARD.encode(text));
        assert_eq!(authorized(&pair("x:0123456789abcdef")), Ok(()));
        for wrong in [
            &pair("x:0123456789abcdee"),
            &pair("0123456789abcdef"),
            &pair("0123456789abcdef:"),
            "Basic 0123456789abcdef",
            "Bearer 0123",
            "0123456789abcdef",
        ] {
            assert_eq!(authorized(wrong), Err(Refusal::Wrong), "{wrong}");
        }
    }

    /// The example of the Standard Webhooks specification.
    #[test]
    fn the_example_of_standard_webhooks_holds_within_its_time() {
        let keys = keys("", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let good = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        let proof = |signature: &str, now: Millis| {
            let head = head(&[
                ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
                ("webhook-timestamp", "1614265330"),
                ("webhook-signature", signature),
            ]);
            Proof::of(&Scheme::Authorization, &keys, &head, now)
        };
        let body = br#"{"test": 2432232314}"#;
        let at = 1_614_265_330_000;
        assert!(proof(good, at).unwrap().holds(body).is_ok());
        assert!(
            proof(&format!("v1,AAAA v2,x {good}"), at)
                .unwrap()
                .holds(body)
                .is_ok()
        );
        assert_eq!(proof(good, at).unwrap().holds(b"{}"), Err(Refusal::Wrong));
        assert_eq!(proof("v1,", at).unwrap().holds(body), Err(Refusal::Wrong));
        for wrong in [at + WINDOW + 1, at - WINDOW - 1, 0, i64::MAX, i64::MIN] {
            assert_eq!(proof(good, wrong).unwrap_err(), Refusal::Stale);
        }
    }
}
