//! Every recording of a real cluster, told by an API server in the order and at the times in which it came, with a test in
//! each container that ran: whose run each was, how it ended and why, and whose fault it was if its test did not pass.

mod output;
mod player;
mod table;

use std::collections::BTreeSet;
use std::path::Path;

use sentinel_agent::api::view::{AnomalyView, Page, RunView, TestView};
use sentinel_core::Category;

use crate::common::{Running, recorded};
use player::play;
use table::{ROWS, Row};

/// A run as the table has it.
fn row(agent: &Running, run: &RunView) -> (String, String, String, String) {
    let reason = run.reason.as_deref().unwrap_or_default();
    let cause = reason.split(" ended: ").nth(1).unwrap_or_default();
    (
        run.pipeline.clone().unwrap(),
        run.status.as_str().to_owned(),
        cause.to_owned(),
        class(agent, run),
    )
}

/// Whose fault it is, by all that say so: the run's tests, or, where none ran, what was found.
fn class(agent: &Running, run: &RunView) -> String {
    let of_run = |part: &str| format!("/api/v1/runs/{}/{part}", run.run_id);
    let path = of_run("tests?limit=1000&attempts=all");
    let tests: Page<TestView> = agent.client.get(&path).json();
    let causes = tests.items.iter().filter_map(|test| test.cause.as_ref());
    let mut classes: BTreeSet<&str> = causes.map(|cause| cause.class.as_str()).collect();
    if tests.items.is_empty() {
        let found: Page<AnomalyView> = agent.client.get(&of_run("anomalies")).json();
        let infra = |anomaly: &AnomalyView| anomaly.category == Category::Infra;
        classes.extend(found.items.iter().any(infra).then_some("infra"));
    }
    classes.into_iter().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_recording_ends_in_the_run_the_cause_and_the_class_that_its_readme_states() {
    let Some(folder) = recorded("watch") else {
        return;
    };
    // The pauses before a watch is begun again are waited for at the same time.
    let wrong = std::thread::scope(|scope| {
        let check = |(scenario, rows): &'static (&str, &[Row])| {
            let path = folder.join(scenario);
            scope.spawn(move || wrong(&path, rows))
        };
        let checks: Vec<_> = ROWS.iter().map(check).collect();
        let found = checks.into_iter().filter_map(|check| check.join().unwrap());
        found.collect::<String>()
    });
    assert!(wrong.is_empty(), "{wrong}");
    let recorded = std::fs::read_dir(folder).unwrap();
    let recorded = recorded.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let seen: BTreeSet<String> = ROWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(recorded.collect::<BTreeSet<_>>(), seen);
}

/// Plays a scenario; what differs from its rows, if anything does.
fn wrong(scenario: &Path, rows: &[Row]) -> Option<String> {
    let played = play(scenario);
    let agent = &played.agent;
    let page: Page<RunView> = agent.client.get("/api/v1/runs?limit=100").json();
    let mut found: Vec<_> = page.items.iter().map(|run| row(agent, run)).collect();
    found.sort();
    played.stop();
    let told = |row: &Row| {
        let [pipeline, status, cause, class] = row.map(str::to_owned);
        (pipeline, status, cause, class)
    };
    let expected: Vec<_> = rows.iter().map(told).collect();
    let name = scenario.display();
    (found != expected).then(|| format!("{name}: {found:#?}\nand not {expected:#?}\n"))
}
