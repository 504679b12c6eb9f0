//! What runs are called at the end, held against what their tests printed.

use std::collections::BTreeMap;

use crate::host::Host;
use crate::job::Job;
use crate::stored::{self, StoredStream};
use crate::world::World;

/// Nothing is green of which evidence is missing, and what is whole is judged by what was printed.
pub(crate) fn check(world: &World, host: &Host, streams: &BTreeMap<String, StoredStream>) {
    let runs = stored::runs(&host.database()).unwrap_or_default();
    for (run, status, reason) in runs {
        let of_run = || {
            let jobs = world.jobs.iter();
            jobs.filter(|job| job.open.run.run_id == run)
        };
        let again = |job: &Job| of_run().any(|other| is_done_again(job, other, streams));
        let jobs: Vec<_> = of_run().filter(|job| !again(job)).collect();
        let known: Vec<_> = jobs
            .iter()
            .filter_map(|job| Some((*job, streams.get(&job.stream())?)))
            .collect();
        let whole = known.iter().all(|(job, stored)| {
            stored.closed
                && stored.gaps.is_empty()
                && !stored.forgotten
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

/// Whether the other is a later start of the same container that told of tests: what it says counts then.
fn is_done_again(job: &Job, other: &Job, streams: &BTreeMap<String, StoredStream>) -> bool {
    let (one, later) = (&job.open.identity, &other.open.identity);
    one.pod_uid == later.pod_uid
        && one.container == later.container
        && one.source == later.source
        && one.restart < later.restart
        && streams
            .get(&other.stream())
            .is_some_and(|stored| !stored.tests.is_empty())
}
