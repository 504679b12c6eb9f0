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
    let all_closed = run.streams.values().all(Stream::is_closed);
    if run.streams.is_empty() || !all_closed {
        let silent = now.saturating_sub(run.active_ms) >= millis(settings.lost_after);
        let silent = silent || waits_for_lost_nodes(run);
        run.quiet_ms = silent.then_some(run.active_ms);
        run.status = match (silent, run.streams.is_empty()) {
            (true, _) => RunStatus::Lost,
            (false, true) => RunStatus::Pending,
            (false, false) => RunStatus::Running,
        };
    } else {
        if old == RunStatus::Lost {
            run.quiet_ms = None;
        }
        let since = *run.quiet_ms.get_or_insert(now);
        let settled = now.saturating_sub(since) >= millis(settings.finalize_after);
        if !old.is_over() || old == RunStatus::Lost {
            run.status = RunStatus::Finalizing;
        }
        if run.status == RunStatus::Finalizing && settled {
            run.status = verdict::verdict(run).status;
        }
    }
    if run.status == old {
        return;
    }
    run.changed |= Change::STATE;
    run.reason = run.status.is_over().then(|| verdict::verdict(run).reason);
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

/// Whether all that the run still waits for comes by way of nodes that are lost.
fn waits_for_lost_nodes(run: &Run) -> bool {
    let mut open = run.streams.values().filter(|s| !s.is_closed()).peekable();
    open.peek().is_some() && open.all(|stream| stream.route.lost_ms.is_some())
}
