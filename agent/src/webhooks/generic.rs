//! Anything that sends JSON: the configuration says where in it what stands, and what its words mean.

use sentinel_core::{Outcome, Told};
use sentinel_parsers::wire::RunContext;

use super::field::{attempt, text};
use super::{Call, Said};
use crate::ingest::open::is_run_id;

/// What the delivery says.
pub(super) fn hear(call: &Call<'_>) -> Said {
    let (body, map) = (call.body, call.mapping);
    let Some(run_id) = text(body, &map.run_id).filter(|id| is_run_id(id)) else {
        return Said::Other("webhooks.generic.run_id leads to no identifier of a run");
    };
    let status = text(body, &map.status);
    let Some(end) = status.map_or(Some(Told::Nothing), |word| told(call, &word)) else {
        return Said::Other("the status is in no list of webhooks.generic");
    };
    let context = RunContext {
        run_id,
        pipeline: text(body, &map.pipeline),
        environment: text(body, &map.environment),
        branch: text(body, &map.branch),
        commit: text(body, &map.commit),
        attempt: attempt(body, &map.attempt),
        ..RunContext::default()
    };
    Said::of("webhook:generic", Some((context, end)))
}

/// What the word means, if it is one.
fn told(call: &Call<'_>, word: &str) -> Option<Told> {
    let map = call.mapping;
    let stands_in = |list: &[String]| list.iter().any(|known| known.eq_ignore_ascii_case(word));
    if stands_in(&map.running) {
        return Some(Told::GoesOn);
    }
    let ends = [
        (&map.succeeded, Outcome::Succeeded),
        (&map.failed, Outcome::Failed),
        (&map.timed_out, Outcome::TimedOut),
        (&map.aborted, Outcome::Aborted),
    ];
    let (_, outcome) = ends.into_iter().find(|(list, _)| stands_in(list))?;
    Some(call.ended(outcome, word))
}
