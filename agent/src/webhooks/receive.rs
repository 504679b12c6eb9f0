//! Receiving a delivery: who sent it is settled before anything of it is read as JSON, what came before has no
//! effect, and what it says goes to the core like everything else that happens to a run.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sentinel_config::{GenericWebhook, WebhooksConfig};
use sentinel_core::{Input, Millis, Reply, Told};
use serde_json::json;

use super::replay::{Claim, Key, Remembered, key};
use super::secret::{Secret, SecretError};
use super::signature::{Keys, Proof, Refusal};
use super::{Call, Heard, KINDS, Kind, Said};
use crate::api::problem::Problem;
use crate::app::App;
use crate::audit::{Act, Verb};
use crate::ingest::body;
use crate::server::{Peer, Seat};
use crate::watch::Deliveries;

/// What deliveries are held against, and which came already.
pub(crate) struct Webhooks {
    /// Of each kind; `None` if it is off.
    keys: [Option<Keys>; KINDS.len()],
    mapping: GenericWebhook,
    max_body: usize,
    delivered: Remembered,
    /// Runs that ended.
    ended: Remembered,
}

impl Webhooks {
    /// All kinds are off.
    pub(crate) fn off() -> Webhooks {
        Webhooks::with(&WebhooksConfig::default(), [const { None }; KINDS.len()])
    }

    /// Reads the secrets; a kind without any stays off.
    pub(crate) fn new(config: &WebhooksConfig) -> Result<Webhooks, SecretError> {
        let (lab, jenkins, generic) = (&config.gitlab, &config.jenkins, &config.generic);
        let files = [
            (&config.github.secret_file, &None),
            (&lab.secret_file, &lab.signing_file),
            (&jenkins.secret_file, &jenkins.signing_file),
            (&generic.secret_file, &generic.signing_file),
        ];
        let mut keys = [const { None }; KINDS.len()];
        for ((kind, (secret, signing)), keys) in KINDS.iter().zip(files).zip(&mut keys) {
            let name = format!("SENTINEL_WEBHOOK_{}", kind.name.to_ascii_uppercase());
            let found = Keys {
                secret: Secret::find(secret.as_deref(), &name)?,
                signing: Secret::find(signing.as_deref(), &format!("{name}_SIGNING"))?,
            };
            *keys = (found.secret.is_some() || found.signing.is_some()).then_some(found);
        }
        Ok(Webhooks::with(config, keys))
    }

    fn with(config: &WebhooksConfig, keys: [Option<Keys>; KINDS.len()]) -> Webhooks {
        let remembered = || Remembered::new(config.remember, config.remember_for);
        Webhooks {
            keys,
            mapping: config.generic.clone(),
            max_body: usize::try_from(config.max_body).unwrap_or(usize::MAX),
            delivered: remembered(),
            ended: remembered(),
        }
    }
}

/// One kind at work.
struct Desk<'a> {
    app: &'a App,
    kind: &'static Kind,
    keys: &'a Keys,
    counts: &'a Deliveries,
    now: Millis,
}

/// `POST /webhooks/{kind}`.
pub(crate) async fn receive(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let at = KINDS.iter().position(|kind| kind.name == name);
    let desk = at.and_then(|at| {
        Some(Desk {
            app: &app,
            kind: &KINDS[at],
            keys: app.webhooks.keys[at].as_ref()?,
            counts: &app.watch.webhooks[at],
            now: app.clock.now_ms(),
        })
    });
    let Some(desk) = desk else {
        let detail = "no such webhook, or it has no secret in the configuration";
        return Err(Problem::new(StatusCode::NOT_FOUND, detail));
    };
    desk.receive(request).await
}

impl Desk<'_> {
    async fn receive(&self, request: Request) -> Result<Response, Problem> {
        let (parts, sent) = request.into_parts();
        let head = &parts.headers;
        let proof = Proof::of(&self.kind.scheme, self.keys, head, self.now);
        let proof = proof.map_err(|why| self.refuse(&why, &parts))?;
        body::check_kind(head, "application/json")?;
        let (told, most) = (body::told_length(head), self.app.webhooks.max_body);
        let length = body::within(told, most)?;
        let _room = body::room(self.app, self.kind.provenance, length).await?;
        let seat = parts.extensions.get::<Arc<Seat>>();
        let pause = self.app.bounds.body_pause;
        let bytes = body::read(sent, told, most, pause, seat).await?;
        let code = proof
            .holds(&bytes)
            .map_err(|why| self.refuse(&why, &parts))?;
        let Some(claim) = self.claim(head, code.as_ref().map(<[u8; 32]>::as_slice)) else {
            self.counts.repeated.one();
            return Ok(answer(
                StatusCode::OK,
                "repeated",
                "this delivery came before",
            ));
        };
        let body = serde_json::from_slice(&bytes).map_err(|e| Problem::bad(e.to_string()))?;
        let said = (self.kind.hear)(&Call {
            head,
            body: &body,
            now: self.now,
            mapping: &self.app.webhooks.mapping,
        });
        let heard = match said {
            Said::Run(heard) => *heard,
            Said::Greeting => return Ok(answer(StatusCode::OK, "greeting", "")),
            Said::Other(why) => {
                self.counts.ignored.one();
                return Ok(answer(StatusCode::ACCEPTED, "ignored", why));
            }
        };
        let run_id = heard.context.run_id.clone();
        self.tell(heard, claim).await?;
        self.counts.accepted.one();
        Ok(answer(StatusCode::OK, "accepted", &run_id))
    }

    /// Takes the delivery for new, unless one of its name or with its signature came before: not every sender
    /// signs the name.
    fn claim(&self, head: &HeaderMap, code: Option<&[u8]>) -> Option<Claim<'_>> {
        let kind = self.kind.name.as_bytes();
        let named = self.kind.delivery.iter().find_map(|name| head.get(*name));
        let named = named.map(|name| key(&[kind, b"name", name.as_bytes()]));
        let signed = code.map(|code| key(&[kind, b"code", code]));
        let keys = named.into_iter().chain(signed).collect();
        self.app.webhooks.delivered.claim(keys, self.now)
    }

    /// Tells the core, and remembers the delivery once that is durable.
    async fn tell(&self, mut heard: Heard, claim: Claim<'_>) -> Result<(), Problem> {
        let ended = self.ending(&heard);
        let known = &self.app.webhooks.ended;
        if heard.end == Told::GoesOn && !self.kind.begins_again && known.knows(&ended, self.now) {
            heard.end = Told::Nothing;
        }
        let ends = matches!(heard.end, Told::Ended(_));
        let input = Input::Run {
            context: heard.context,
            provenance: heard.provenance.to_owned(),
            end: heard.end,
        };
        let busy = || self.app.watch.busy.one();
        let reply = self.app.door.submit(input).inspect_err(|_| busy())?;
        match reply.await {
            Ok(Some(Reply::Refused(why))) => {
                self.app.watch.limited.one();
                return Err(Problem::busy(why));
            }
            Ok(_) => {}
            Err(_) => return Err(Problem::busy("the agent is stopping")),
        }
        if ends {
            known.note(ended, self.now);
        }
        claim.keep();
        Ok(())
    }

    fn ending(&self, heard: &Heard) -> Key {
        let (kind, run) = (self.kind.name.as_bytes(), heard.context.run_id.as_bytes());
        let attempt = heard.context.attempt.unwrap_or(0).to_be_bytes();
        key(&[kind, run, &attempt])
    }

    fn refuse(&self, why: &Refusal, parts: &Parts) -> Problem {
        self.counts.refused.one();
        self.app.watch.refused.one();
        self.app.note(Act {
            actor: None,
            verb: Verb::Refused,
            object: format!("POST /webhooks/{}", self.kind.name),
            peer: parts.extensions.get::<Peer>().map(|peer| peer.0.ip()),
        });
        Problem::new(StatusCode::UNAUTHORIZED, why.to_string())
    }
}

fn answer(status: StatusCode, outcome: &str, detail: &str) -> Response {
    let body = json!({ "outcome": outcome, "detail": detail });
    (status, Json(body)).into_response()
}
