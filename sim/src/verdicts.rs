//! What runs are called at the end, held against what their tests printed.

use std::collections::BTreeMap;

use crate::host::Host;
use crate::stored::{self, StoredStream};
use crate::world::World;

/// Nothing is green of which evidence is missing, and what is whole is judged by what was printed.
pub(crate) fn check(world: &World, host: &Host, streams: &BTreeMap<String, StoredStream>) {
    let runs = stored::runs(&host.database()).unwrap_or_default();
    for (run, status, reason) in runs {
        let jobs: Vec<_> = world
            .jobs
            .iter()
            .filter(|job| job.open.run.run_id == run)
            .collect();
        let known: Vec<_> = jobs
            .iter()
            .filter_map(|job| Some((*job, streams.get(&job.stream())?)))
            .collect();
        let whole = known.iter().all(|(job, stored)| {
            stored.closed
                && stored.gaps.is_empty()
                && job.whole.get() == Some(true)
                && stored.committed == job.printed.get() as u64
        });
        let failed = known.iter().any(|(job, _)| job.log.borrow().has_failed());
        if status == "passed" && (!whole || failed) {
            world
                .trace
                .violation(format_args!("{run} is green without reason"));
        }
        let wanted = if failed { "failed" } else { "passed" };
        if whole && known.len() == jobs.len() && status != wanted {
            world.trace.violation(format_args!(
                "{run} is {status} ({reason}), and all of it says {wanted}"
            ));
        }
    }
}
