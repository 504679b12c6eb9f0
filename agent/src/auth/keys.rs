//! The keys that an issuer of tokens signs with (a JSON Web Key Set), and whether a token was signed by one of them. What a
//! key may have signed with is told by the key, never by the token.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, EcdsaVerificationAlgorithm,
    RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Keys kept of a set; an issuer has one, and two while it changes them.
const KEYS: usize = 16;

/// A set of keys.
#[derive(Debug, Default)]
pub(crate) struct Keys(Vec<Key>);

#[derive(Debug)]
struct Key {
    id: String,
    /// What a token must say that it was signed with.
    algorithm: &'static str,
    public: Public,
}

#[derive(Debug)]
enum Public {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// A point of a curve, uncompressed.
    Ec(&'static EcdsaVerificationAlgorithm, Vec<u8>),
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Told {
    kty: String,
    kid: String,
    #[serde(rename = "use", default)]
    used: Option<String>,
    #[serde(default)]
    crv: String,
    #[serde(default)]
    n: String,
    #[serde(default)]
    e: String,
    #[serde(default)]
    x: String,
    #[serde(default)]
    y: String,
}

#[derive(Deserialize)]
struct Head {
    alg: String,
    kid: String,
    /// What whoever checks must understand: nothing of it is known here.
    #[serde(default)]
    crit: Option<IgnoredAny>,
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

impl Keys {
    /// The keys of a set that are of a kind known here; `None` if it is no set.
    pub(crate) fn read(set: &[u8]) -> Option<Keys> {
        let set: Set = serde_json::from_slice(set).ok()?;
        let keys = set.keys.into_iter().filter_map(|key| {
            let told: Told = serde_json::from_value(key).ok()?;
            Key::read(&told)
        });
        Some(Keys(keys.take(KEYS).collect()))
    }

    /// Whether the key that the token names is here.
    pub(super) fn has_key_of(&self, token: &str) -> bool {
        self.named(token).is_some()
    }

    /// Whether the token was signed by the key it names.
    pub(super) fn signed(&self, token: &str) -> bool {
        let signed = self.named(token).and_then(|key| {
            let (text, signature) = token.rsplit_once('.')?;
            let signature = decoded(signature)?;
            Some(key.signed(text.as_bytes(), &signature))
        });
        signed.unwrap_or(false)
    }

    fn named(&self, token: &str) -> Option<&Key> {
        let (head, _) = token.split_once('.')?;
        let head: Head = serde_json::from_slice(&decoded(head)?).ok()?;
        let mut keys = self.0.iter();
        keys.find(|key| key.id == head.kid && key.algorithm == head.alg && head.crit.is_none())
    }
}

impl Key {
    fn read(told: &Told) -> Option<Key> {
        if told.used.as_deref().is_some_and(|used| used != "sig") {
            return None;
        }
        let (algorithm, public) = match (told.kty.as_str(), told.crv.as_str()) {
            ("RSA", _) => {
                let (n, e) = (decoded(&told.n)?, decoded(&told.e)?);
                ("RS256", Public::Rsa { n, e })
            }
            ("EC", "P-256") => ("ES256", told.point(&ECDSA_P256_SHA256_FIXED)?),
            ("EC", "P-384") => ("ES384", told.point(&ECDSA_P384_SHA384_FIXED)?),
            _ => return None,
        };
        Some(Key {
            id: told.kid.clone(),
            algorithm,
            public,
        })
    }

    fn signed(&self, text: &[u8], signature: &[u8]) -> bool {
        let checked = match &self.public {
            Public::Rsa { n, e } => {
                let key = RsaPublicKeyComponents { n, e };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, text, signature)
            }
            Public::Ec(algorithm, point) => {
                UnparsedPublicKey::new(*algorithm, point).verify(text, signature)
            }
        };
        checked.is_ok()
    }
}

impl Told {
    fn point(&self, algorithm: &'static EcdsaVerificationAlgorithm) -> Option<Public> {
        let point = [vec![4], decoded(&self.x)?, decoded(&self.y)?].concat();
        Some(Public::Ec(algorithm, point))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Key and signature of RFC 7515, appendix A.2; its token names no key, so that the text is checked by itself.
    const RSA: &str = r#"{"keys": [7, {"kty": "OKP", "kid": "b"}, {"kty": "RSA", "kid": "a", "use": "sig", "e": "AQAB",
        "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}]}"#;
    const TEXT: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const SIGNATURE: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

    #[test]
    fn what_the_standard_signed_is_signed_and_nothing_else() {
        let keys = Keys::read(RSA.as_bytes()).unwrap();
        let signature = decoded(SIGNATURE).unwrap();
        assert!(keys.0[0].signed(TEXT.as_bytes(), &signature));
        assert!(!keys.0[0].signed(&TEXT.as_bytes()[1..], &signature));
        let mut other = signature.clone();
        other[0] ^= 1;
        assert!(!keys.0[0].signed(TEXT.as_bytes(), &other));
        assert!(!keys.0[0].signed(TEXT.as_bytes(), &[]));
    }

    #[test]
    fn keys_of_unknown_kinds_and_odd_ones_are_left_out() {
        assert_eq!(Keys::read(RSA.as_bytes()).unwrap().0.len(), 1);
        for none in ["", "[]", "{}", "{\"keys\": 3}"] {
            assert!(Keys::read(none.as_bytes()).is_none(), "{none}");
        }
        let encryption = RSA.replace("\"sig\"", "\"enc\"");
        assert!(Keys::read(encryption.as_bytes()).unwrap().0.is_empty());
        let many = format!(
            "{{\"keys\": [{}]}}",
            vec![r#"{"kty":"RSA","kid":"a"}"#; 40].join(",")
        );
        assert_eq!(Keys::read(many.as_bytes()).unwrap().0.len(), KEYS);
    }

    #[test]
    fn a_token_cannot_choose_how_it_is_checked() {
        let keys = Keys::read(RSA.as_bytes()).unwrap();
        let token = |head: &str| format!("{}.e30.{SIGNATURE}", BASE64_URL_SAFE_NO_PAD.encode(head));
        assert!(keys.has_key_of(&token(r#"{"alg":"RS256","kid":"a"}"#)));
        for head in [
            r#"{"alg":"none","kid":"a"}"#,
            r#"{"alg":"HS256","kid":"a"}"#,
            r#"{"alg":"ES256","kid":"a"}"#,
            r#"{"alg":"RS256","kid":"b"}"#,
            r#"{"alg":"RS256"}"#,
            r#"{"alg":"RS256","kid":"a","crit":["exp"]}"#,
            "",
        ] {
            assert!(!keys.has_key_of(&token(head)), "{head}");
            assert!(!keys.signed(&token(head)), "{head}");
        }
    }
}
