//! A run's way from its first sign to its verdict, and back when a late stream opens.

use sentinel_config::RunConfig;

use crate::change::Change;
use crate::input::Millis;
use crate::metrics::Metrics;
use crate::output::{Notice, Outputs};
use crate::run::RunStatus;
use crate::runs::Run;
use crate::settings::millis;
use crate::stream::Stream;
use crate::verdict;

/// Moves the run to the status its streams and the time ask for.
pub(crate) fn advance(
    run: &mut Run,
    now: Millis,
    settings: &RunConfig,
    metrics: &mut Metrics,
    outputs: &mut Outputs,
) {
    let old = run.status;
    // Times of before the clock was set back: what is waited for would not come for as long.
    run.active_ms = run.active_ms.min(now);
    run.quiet_ms = run.quiet_ms.map(|quiet| quiet.min(now));
    let was_given_up = run.given_up;
    let reconsiders = std::mem::take(&mut run.reconsiders) && old.is_over();
    match expects(run, now, settings) {
        Expects::Output { silent } => {
            run.given_up = silent;
            run.quiet_ms = silent.then_some(run.active_ms);
            run.status = match (silent, run.streams.is_empty()) {
                (true, _) => verdict::verdict(run).status,
                (false, true) => RunStatus::Pending,
                (false, false) => RunStatus::Running,
            };
        }
        Expects::Nothing => {
            run.given_up = false;
            if was_given_up {
                run.quiet_ms = None;
            }
            let since = *run.quiet_ms.get_or_insert(now);
            let settled = now.saturating_sub(since) >= millis(settings.finalize_after);
            if !old.is_over() || was_given_up {
                run.status = RunStatus::Finalizing;
            }
            if settled && (run.status == RunStatus::Finalizing || reconsiders) {
                run.status = verdict::verdict(run).status;
            }
        }
    }
    if run.status == old && !reconsiders {
        return;
    }
    run.changed |= Change::STATE;
    run.reason = run.status.is_over().then(|| verdict::verdict(run).reason);
    if run.status == old {
        return;
    }
    match (old.is_over(), run.status.is_over()) {
        (false, true) => metrics.verdicts += 1,
        (true, false) => metrics.reopened += 1,
        _ => {}
    }
    outputs.notify.push(Notice::RunStatus {
        run_id: run.id.clone(),
        status: run.status,
    });
}

/// What may still come of a run.
enum Expects {
    /// Output, or the word that there is none; `silent` when it has been waited for long enough.
    Output { silent: bool },
    /// Late facts at most.
    Nothing,
}

fn expects(run: &Run, now: Millis, settings: &RunConfig) -> Expects {
    let silent_for = |patience| now.saturating_sub(run.active_ms) >= millis(patience);
    let ended = run.endings.end().is_some();
    let all_closed = run.counted().all(Stream::is_closed);
    match (run.streams.is_empty(), all_closed) {
        // Whoever ran the tests says that it is over, and nobody sent a byte.
        (true, _) if ended => Expects::Nothing,
        (false, true) if !run.endings.goes_on() || silent_for(settings.lost_after) => {
            Expects::Nothing
        }
        // Another pod of the Job may follow.
        (false, true) => Expects::Output { silent: false },
        _ => {
            // What is open then has nobody left who could end it, or a sender that is cut off: it is heard of once
            // a minute while it lives.
            let patience = match ended {
                true => settings.node_lost_after.min(settings.lost_after),
                false => settings.lost_after,
            };
            Expects::Output {
                silent: silent_for(patience) || waits_for_lost_nodes(run),
            }
        }
    }
}

/// Whether all that the run still waits for comes by way of nodes that are lost.
fn waits_for_lost_nodes(run: &Run) -> bool {
    // While the Job goes on, another pod will do what a lost one did.
    let mut open = run.counted().filter(|s| !s.is_closed()).peekable();
    !run.endings.goes_on()
        && open.peek().is_some()
        && open.all(|stream| stream.route.lost_ms.is_some())
}
