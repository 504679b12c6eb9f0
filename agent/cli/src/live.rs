//! The live line: what runs right now, at the bottom of a terminal, under the command's output.
//!
//! The command's output stays unchanged: the line is erased before any of it is written and drawn
//! again only when the output stands at the start of a line.

use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sentinel_agent::api::view::LiveRun;
use sentinel_parsers::Status;
use sentinel_sidecar::capture::Screen;

use crate::report::stored::counts;
use crate::report::table::totals;
use crate::style::{Style, fit, seconds};

/// The terminal's last line, shared by the output and the live line.
#[derive(Debug, Default)]
pub(crate) struct LiveLine {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Whether the live line stands on the terminal.
    drawn: bool,
    /// Whether the output stands in the middle of a line.
    mid_line: bool,
    /// Whether the line is gone for good.
    over: bool,
}

impl LiveLine {
    fn state(&self) -> MutexGuard<'_, State> {
        // The state is three flags; a panic elsewhere cannot leave them half-written.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws the line anew, if the output stands at the start of a line.
    pub(crate) fn draw(&self, text: &str) {
        let mut state = self.state();
        if state.over || state.mid_line {
            return;
        }
        let mut err = std::io::stderr().lock();
        // A terminal that is gone shows no line; the run goes on.
        let _ = write!(err, "\r\x1b[2K{text}\r").and_then(|()| err.flush());
        state.drawn = true;
    }

    /// Erases the line for good.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        state.erase();
        state.over = true;
    }
}

impl Screen for LiveLine {
    fn around(&self, bytes: &[u8], write: &mut dyn FnMut() -> bool) -> bool {
        let mut state = self.state();
        state.erase();
        if let Some(last) = bytes.last() {
            state.mid_line = *last != b'\n';
        }
        write()
    }
}

impl State {
    fn erase(&mut self) {
        if self.drawn {
            let mut err = std::io::stderr().lock();
            let _ = write!(err, "\r\x1b[2K").and_then(|()| err.flush());
            self.drawn = false;
        }
    }
}

/// The line's text: counts, elapsed time, the test that has been running longest.
pub(crate) fn text(live: &LiveRun, started_ms: i64, now_ms: i64, style: Style) -> String {
    let elapsed = |since: i64| seconds((now_ms - since).max(0) as f64 / 1e3);
    let mut parts = vec![elapsed(started_ms)];
    let mut counts = counts(&live.totals);
    // Not unfinished: still running, which the line says of the oldest.
    counts.sub(Status::Unfinished, live.totals.unfinished);
    match (counts.is_zero(), live.planned) {
        (true, _) if live.open > 0 => parts.push("no result yet".to_owned()),
        (true, _) => parts.push("waiting for the first test".to_owned()),
        (false, Some(planned)) if planned >= counts.total() => {
            parts.push(format!("{} of {planned}", totals(&counts, 0)));
        }
        _ => parts.push(totals(&counts, 0)),
    }
    if let Some(test) = live.running.first() {
        let since = test
            .since_ms
            .map(|s| format!(" for {}", elapsed(s)))
            .unwrap_or_default();
        let more = match live.open {
            0 | 1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        parts.push(format!("running {}{since}{more}", test.name));
    }
    if let Some(slow) = &live.slowest {
        parts.push(format!(
            "slowest {} {}",
            seconds(slow.duration_s),
            slow.name
        ));
    }
    style
        .dim(&fit(
            &format!("sentinel · {}", parts.join(" · ")),
            style.width - 1,
        ))
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sentinel_agent::api::view::{LiveTest, Totals};
    use sentinel_core::RunStatus;

    #[test]
    fn the_line_tells_counts_time_and_the_oldest_running_test() {
        let live = LiveRun {
            status: RunStatus::Running,
            totals: Totals {
                tests: 4,
                passed: 2,
                failed: 1,
                unfinished: 1,
                ..Totals::default()
            },
            planned: Some(9),
            running: vec![LiveTest {
                suite: "api".into(),
                name: "login".into(),
                since_ms: Some(7_000),
            }],
            open: 1,
            slowest: None,
        };
        assert_eq!(
            text(&live, 1_000, 13_500, Style::PLAIN),
            "sentinel · 12.50s · 3 tests: 2 passed, 1 failed of 9 · running login for 6.50s"
        );
    }
}
