//! `POST /webhooks/{kind}`: what CI systems say of runs. One file per kind, each a pure function from a
//! delivery to what it says; one row per kind in [`KINDS`].

mod field;
mod generic;
mod github;
mod gitlab;
mod jenkins;
mod receive;
mod replay;
mod secret;
mod signature;
#[cfg(test)]
mod tests;

use axum::http::HeaderMap;
use sentinel_config::GenericWebhook;
use sentinel_core::{Ending, Millis, Outcome, Told};
use sentinel_parsers::wire::RunContext;
use serde_json::Value;

pub(crate) use receive::{Webhooks, receive};
pub use secret::SecretError;

use signature::Scheme;

/// A kind of sender.
pub(crate) struct Kind {
    /// The last word of the path, and the label of its counters.
    pub(crate) name: &'static str,
    provenance: &'static str,
    /// How a delivery proves who sent it, besides Standard Webhooks.
    scheme: Scheme,
    /// Headers that name a delivery: the first that is there does.
    delivery: &'static [&'static str],
    /// Whether a run of one identifier and attempt may go on after its end. Of the others deliveries came out of
    /// order then.
    begins_again: bool,
    hear: fn(&Call<'_>) -> Said,
}

/// All kinds.
pub(crate) const KINDS: [Kind; 4] = [
    Kind {
        name: "github",
        provenance: "webhook:github",
        scheme: Scheme::Signed("x-hub-signature-256"),
        delivery: &["x-github-delivery"],
        begins_again: false,
        hear: github::hear,
    },
    Kind {
        name: "gitlab",
        provenance: "webhook:gitlab",
        scheme: Scheme::Token("x-gitlab-token"),
        // The last is the same for deliveries that cause one another.
        delivery: &["webhook-id", "idempotency-key", "x-gitlab-event-uuid"],
        // A pipeline whose jobs are tried again keeps its number.
        begins_again: true,
        hear: gitlab::hear,
    },
    Kind {
        name: "jenkins",
        provenance: "webhook:jenkins",
        scheme: Scheme::Authorization,
        delivery: &["webhook-id"],
        begins_again: false,
        hear: jenkins::hear,
    },
    Kind {
        name: "generic",
        provenance: "webhook:generic",
        scheme: Scheme::Authorization,
        delivery: &["webhook-id", "idempotency-key"],
        begins_again: false,
        hear: generic::hear,
    },
];

/// A delivery whose sender is known.
pub(crate) struct Call<'a> {
    head: &'a HeaderMap,
    body: &'a Value,
    now: Millis,
    mapping: &'a GenericWebhook,
}

/// What a delivery says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Said {
    /// Something of a run.
    Run(Box<Heard>),
    /// That the sender can reach us.
    Greeting,
    /// Nothing of a run, and why.
    Other(&'static str),
}

/// What is heard of a run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Heard {
    context: RunContext,
    provenance: &'static str,
    end: Told,
}

impl Said {
    /// What was heard, if everything it takes was there.
    fn of(provenance: &'static str, heard: Option<(RunContext, Told)>) -> Said {
        match heard {
            Some((context, end)) => Said::Run(Box::new(Heard {
                context,
                provenance,
                end,
            })),
            None => Said::Other("what names the run is missing or out of form"),
        }
    }
}

impl Call<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.get(name)?.to_str().ok()
    }

    /// The end of a run, now: when it ended by its sender's clock tells nothing that the order does not.
    fn ended(&self, outcome: Outcome, cause: impl Into<String>) -> Told {
        let mut cause = cause.into();
        cause.truncate(cause.floor_char_boundary(CAUSE));
        Told::Ended(Ending {
            outcome,
            cause,
            at_ms: self.now,
        })
    }
}

/// Bytes of a cause kept.
const CAUSE: usize = 256;
