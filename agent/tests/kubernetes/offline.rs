//! Tokens that were never seen before, while the API server is away: known by the keys of whoever made those that it found
//! good, for streams of their pod and nothing else, and so written down. The row A4 of `docs/torture.md`.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use sentinel_agent::api::read::{self, Paging};
use sentinel_agent::api::view::AuditView;
use serde_json::{Value, json};

use crate::common::START_MS;
use crate::tokens::{LIFE, POD, SIGNED, Stage, open};

/// Somebody who signs tokens.
struct Signer {
    id: &'static str,
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl Signer {
    fn new(id: &'static str) -> Signer {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let made = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, made.as_ref(), &random).unwrap();
        Signer { id, pair, random }
    }

    /// Its key, in a set.
    fn keys(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        let encode = |part: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(part);
        json!({"keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "kid": self.id, "x": encode(x), "y": encode(y),
        }]})
    }

    fn sign(&self, claims: &Value) -> String {
        let head = json!({"alg": "ES256", "kid": self.id});
        let encode = |part: &str| BASE64_URL_SAFE_NO_PAD.encode(part);
        let text = format!(
            "{}.{}",
            encode(&head.to_string()),
            encode(&claims.to_string())
        );
        let signature = self.pair.sign(&self.random, text.as_bytes()).unwrap();
        format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}

/// What a token says that was made so many seconds after the start, as the recorded one does.
fn claims(seconds: i64) -> Value {
    let issued = START_MS / 1_000 + seconds;
    json!({
        "aud": ["sentinel"], "exp": issued + LIFE, "iat": issued, "nbf": issued,
        "iss": "https://kubernetes.default.svc.cluster.local",
        "sub": "system:serviceaccount:tok:runner",
        "kubernetes.io": {
            "namespace": "tok",
            "pod": {"name": "tokenpod", "uid": POD},
            "serviceaccount": {"name": "runner", "uid": "43c8ac0d-3a99-4c13-abbe-411942b0c600"},
        },
    })
}

/// The same with another value at a place.
fn but(place: &str, value: Value) -> Value {
    let mut claims = claims(1);
    *claims.pointer_mut(place).unwrap() = value;
    claims
}

/// An agent that has seen one token of the signer, found good by an API server that is away since; `None` where there
/// are no recordings.
fn away(signer: &Signer) -> Option<Stage> {
    let stage = Stage::set(|_| ())?;
    stage.reviewer.has_keys(signer.keys());
    let seen = stage.with(&signer.sign(&claims(0)));
    assert_eq!(open(&seen, POD).status, 200);
    let fetched = || stage.reviewer.key_questions() == 1;
    stage.agent.client.until("/health", |_| fetched());
    // The answer is on its way.
    stage.reviewer.is_away(true);
    let next = signer.sign(&claims(2));
    stage.with(&next).until(
        &format!("/v1/streams/{}/position", "0".repeat(32)),
        |answer| answer.status != 503,
    );
    Some(stage)
}

#[test]
fn a_new_token_of_the_same_issuer_is_good_for_its_pod_while_nobody_can_be_asked_and_that_is_written_down()
 {
    let signer = Signer::new("one");
    let Some(stage) = away(&signer) else { return };
    let new = stage.with(&signer.sign(&claims(1)));
    assert_eq!(open(&new, POD).status, 200);
    assert_eq!(open(&new, "another").status, 403);
    assert_eq!(new.get("/api/v1/runs").status, 403, "it may not read");
    let name = format!("tok/tokenpod {POD}");
    let of_it = |act: AuditView| act.verb == "checked_offline" && act.actor.as_ref() == Some(&name);
    stage.agent.client.until("/health", |_| {
        let noted = read::audit(stage.agent.handle().reader(), &Paging::default());
        noted.unwrap().items.into_iter().any(of_it)
    });

    // As soon as somebody can be asked again, the keys alone are not enough.
    stage.reviewer.is_away(false);
    stage.reviewer.says_instead(SIGNED, "after-pod-deleted");
    stage.agent.pass(5_000);
    assert_eq!(open(&new, POD).status, 401);
    stage.reviewer.is_away(true);
    stage.agent.pass(60_000);
    assert_eq!(open(&new, POD).status, 401, "what was refused stays so");
    stage.agent.stop();
}

#[test]
fn while_nobody_can_be_asked_no_token_is_good_that_the_issuer_did_not_sign_for_a_pod_and_this_time()
{
    let signer = Signer::new("one");
    let Some(stage) = away(&signer) else { return };
    let now = START_MS / 1_000;
    for (why, claims) in [
        ("expired", but("/exp", json!(now))),
        ("of the future", but("/nbf", json!(now + 3_600))),
        (
            "of another issuer",
            but("/iss", json!("https://example.com")),
        ),
        ("of no pod", but("/kubernetes.io/pod", Value::Null)),
        (
            "of a pod without a uid",
            but("/kubernetes.io/pod/uid", json!("")),
        ),
        (
            "of two accounts",
            but("/sub", json!("system:serviceaccount:tok:other")),
        ),
    ] {
        let client = stage.with(&signer.sign(&claims));
        assert_eq!(open(&client, POD).status, 503, "{why}");
    }
    let foreign = [Signer::new("one"), Signer::new("two")];
    for signer in foreign {
        let client = stage.with(&signer.sign(&claims(1)));
        assert_eq!(open(&client, POD).status, 503, "signed by somebody else");
    }
    let good = signer.sign(&claims(1));
    let (text, signature) = good.rsplit_once('.').unwrap();
    let (head, _) = text.split_once('.').unwrap();
    let other = BASE64_URL_SAFE_NO_PAD.encode(claims(3).to_string());
    for changed in [
        format!("{head}.{other}.{signature}"),
        format!("{text}."),
        format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode([0; 64])),
    ] {
        assert_eq!(open(&stage.with(&changed), POD).status, 503, "{changed}");
    }
    let for_others = signer.sign(&but("/aud", json!(["other"])));
    assert_eq!(open(&stage.with(&for_others), POD).status, 401);
    stage.agent.stop();
}

#[test]
fn an_issuer_that_changes_its_keys_is_known_by_the_new_ones() {
    let (old, new) = (Signer::new("old"), Signer::new("new"));
    let Some(stage) = away(&old) else { return };
    stage.reviewer.is_away(false);
    stage.reviewer.has_keys(new.keys());
    stage.agent.pass(60_000);
    assert_eq!(open(&stage.with(&new.sign(&claims(60))), POD).status, 200);
    let fetched = || stage.reviewer.key_questions() == 2;
    stage.agent.client.until("/health", |_| fetched());
    stage.reviewer.is_away(true);
    stage.agent.pass(60_000);
    let client = stage.with(&new.sign(&claims(61)));
    let path = format!("/v1/streams/{}/position", "0".repeat(32));
    client.until(&path, |answer| answer.status != 503);
    assert_eq!(open(&stage.with(&old.sign(&claims(61))), POD).status, 503);
    stage.agent.stop();
}
