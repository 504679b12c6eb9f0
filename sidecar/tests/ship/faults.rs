//! Agents that refuse, fail, forget and misunderstand: the stream arrives once and whole all the same.

use std::fs;
use std::time::{Duration, Instant};

use sentinel_config::SidecarConfig;

use crate::agent::{Agent, Fault};
use crate::stage::{check, config, log, recorded, ship_dir, ship_with, wait_until, wanted};

#[test]
fn every_fault_at_every_early_request_changes_nothing() {
    let bytes = log(60);
    let faults = [
        Fault::Drop,
        Fault::DropAnswer,
        Fault::WebPage,
        Fault::Forget,
        Fault::Status(500, ""),
        Fault::Status(503, "retry-after: 0\r\n"),
        Fault::Status(429, ""),
        Fault::Status(301, "location: http://127.0.0.1:9/\r\n"),
        Fault::Status(401, ""),
        Fault::Status(413, ""),
        Fault::Status(400, ""),
        Fault::Status(404, ""),
    ];
    for fault in faults {
        let dir = tempfile::tempdir().unwrap();
        let open = recorded(dir.path(), &bytes);
        let agent = Agent::start();
        // Good and bad requests in turn, so that something is stored between.
        let fine = || Fault::Status(503, "");
        for _ in 0..4 {
            agent.state().faults.extend([fault.clone(), fine()]);
        }
        assert!(ship_dir(dir.path(), &open, &agent).complete, "{fault:?}");
        check(&agent.state(), &bytes);
    }
}

/// Torture row N6.
#[test]
fn a_redirect_is_not_followed_and_retry_after_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = log(100);
    let open = recorded(dir.path(), &bytes);
    let (agent, elsewhere) = (Agent::start(), Agent::start());
    let there = format!("location: {}/v1/streams\r\n", elsewhere.url());
    let there: &'static str = Box::leak(there.into_boxed_str());
    agent.state().faults = [
        Fault::Status(301, there),
        Fault::Status(307, there),
        Fault::Status(308, there),
        Fault::Status(429, "retry-after: 1\r\n"),
        Fault::Status(503, "retry-after: 1\r\n"),
        Fault::Status(500, ""),
        Fault::WebPage,
    ]
    .into();
    let token = dir.path().join("token");
    fs::write(&token, "secret\n").unwrap();
    let config = SidecarConfig {
        token_file: Some(token),
        ..config()
    };
    let begun = Instant::now();
    let outcome = ship_with(dir.path(), &open, &agent, &config);
    assert!(outcome.complete, "{outcome:?}");
    assert!(
        begun.elapsed() >= Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    check(&agent.state(), &bytes);
    assert_eq!(elsewhere.state().tokens, Vec::<String>::new());
    assert!(
        agent
            .state()
            .tokens
            .iter()
            .all(|token| token == "Bearer secret")
    );
}

#[test]
fn a_token_that_expires_is_read_again_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = log(100);
    let open = recorded(dir.path(), &bytes);
    let agent = Agent::start();
    agent.state().known = vec!["Bearer new"];
    let token = dir.path().join("token");
    fs::write(&token, "old").unwrap();
    let config = SidecarConfig {
        token_file: Some(token.clone()),
        ..config()
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            wait_until("refused", || agent.state().tokens.len() > 2);
            fs::write(&token, "new").unwrap();
        });
        assert!(ship_with(dir.path(), &open, &agent, &config).complete);
    });
    check(&agent.state(), &bytes);
    assert_eq!(agent.state().tokens[0], "Bearer old");
}

#[test]
fn a_poisoned_frame_becomes_a_gap_and_the_stream_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = log(40);
    let open = recorded(dir.path(), &bytes);
    let agent = Agent::start();
    agent.state().poison = Some("\"t17\"");
    assert!(ship_dir(dir.path(), &open, &agent).complete);
    let state = agent.state();
    assert!(state.stored.closed);
    assert_eq!(state.stored.committed, bytes.len() as u64);
    let gaps: Vec<_> = state
        .stored
        .events
        .iter()
        .filter(|e| e.contains("Gap"))
        .collect();
    assert_eq!(gaps.len(), 1);
    assert!(gaps[0].contains("rejected"));
    // What is missing is one frame's worth around the poison, nothing else.
    let all = wanted(&bytes);
    let missing: Vec<_> = all
        .iter()
        .filter(|e| !state.stored.events.contains(e))
        .collect();
    assert!(!missing.is_empty() && missing.len() <= 12, "{missing:?}");
    assert!(missing.iter().any(|e| e.contains("\"t17\"")));
}

#[test]
fn requests_too_large_for_the_agent_get_smaller() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = log(40);
    let open = recorded(dir.path(), &bytes);
    let agent = Agent::start();
    agent.state().too_many = Some(2);
    assert!(ship_dir(dir.path(), &open, &agent).complete);
    check(&agent.state(), &bytes);
}
