//! What is going on in a run right now, straight from the core.

use sentinel_core::Run;

use crate::api::view::{LiveRun, LiveTest, SlowTest};

pub(crate) fn view(run: &Run) -> LiveRun {
    let running = run.running();
    let name = |suite: Option<&str>| suite.unwrap_or_default().to_owned();
    let slowest = run
        .streams()
        .flat_map(|stream| stream.ledger().tests())
        .filter_map(|test| Some((test.last().duration_s?, test)))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(duration_s, test)| SlowTest {
            suite: name(test.suite.as_deref()),
            name: test.name.to_string(),
            duration_s,
        });
    LiveRun {
        status: run.status(),
        totals: run.totals().into(),
        planned: run.sums().planned,
        open: running.len() as u64,
        running: running
            .iter()
            .take(LiveRun::RUNNING)
            .map(|running| LiveTest {
                suite: name(running.test.suite.as_deref()),
                name: running.test.name.to_string(),
                since_ms: Some(running.since_ms),
            })
            .collect(),
        slowest,
    }
}
