//! How a run ends: one status and one line of reason, from all the evidence there is.
//!
//! The order of the questions is the policy. Lost evidence comes first, since it could hide
//! anything; then what is certainly red; then every doubt; a run passes only when nothing is left
//! to ask.

use sentinel_parsers::event::{Counts, Status};

use crate::coverage::Unread;
use crate::crosscheck::{What, contradictions};
use crate::ending::Outcome;
use crate::run::RunStatus;
use crate::runs::Run;
use crate::stream::Stream;
use crate::text::tests;

/// A status with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The status.
    pub status: RunStatus,
    /// Why, in one line.
    pub reason: String,
}

/// Signals by which somebody ends a command, with the exit codes shells make of them.
const ENDED: [(i32, i32, &str); 2] = [(2, 130, "SIGINT"), (15, 143, "SIGTERM")];
/// Pods named that the cluster took.
const NAMED: usize = 3;
/// Exit code of timeout(1) when it ended the command.
const TIMEOUT_EXIT: i32 = 124;

/// Judges a run that is over.
#[must_use]
pub fn verdict(run: &Run) -> Verdict {
    let (status, mut reason) = lost(run)
        .or_else(|| missing_evidence(run))
        .or_else(|| unread(run))
        .or_else(|| failed(run))
        .or_else(|| hidden(run))
        .or_else(|| cut_short(run))
        .or_else(|| ended(run))
        .or_else(|| told_failed(run))
        .or_else(|| doubtful(run))
        .unwrap_or_else(|| (RunStatus::Passed, passed(run)));
    if let Some((source, end)) = run.endings.end()
        && status != RunStatus::Passed
    {
        reason.push_str(&format!("; {source} ended: {}", end.cause));
        if !source.starts_with("pod:") {
            reason.push_str(&taken(run));
        }
    }
    let totals = run.totals();
    let told = match status {
        RunStatus::Failed | RunStatus::Passed => true,
        RunStatus::Errored => totals[Status::Errored] > 0,
        _ => false,
    };
    if !told && totals.failures() > 0 {
        reason.push_str(&format!("; {}", failures(&totals)));
    }
    Verdict { status, reason }
}

/// The pods that the cluster took.
fn taken(run: &Run) -> String {
    let named = run.taken.iter().take(NAMED);
    let mut told: String = named
        .map(|(pod, why)| format!("; pod {pod}: {why}"))
        .collect();
    let more = run.taken.len().saturating_sub(NAMED);
    if more > 0 {
        told.push_str(&format!("; {more} more pods"));
    }
    told
}

type Answer = Option<(RunStatus, String)>;

/// Output that never came, or stopped without an end. Whoever ran it may say why.
fn lost(run: &Run) -> Answer {
    let open = run.counted().find(|s| !s.is_closed());
    let end = run.endings.end().map(|(_, end)| end.outcome);
    let reason = match (open, run.streams.is_empty()) {
        (_, true) if end.is_some() => "no output was seen".to_owned(),
        (_, true) => "announced, but no output ever came".to_owned(),
        (Some(stream), _) if stream.route.lost_ms.is_some() => format!(
            "node lost: {} came by way of node `{}`, which is not heard of any more",
            name(stream),
            stream.route.node().unwrap_or_default()
        ),
        (Some(stream), _) => format!("{} fell silent without an end", name(stream)),
        (None, _) => return None,
    };
    let status = match end {
        // Evidence is missing that could hide a failure.
        Some(Outcome::Succeeded) => RunStatus::Incomplete,
        Some(Outcome::Failed) => RunStatus::Errored,
        Some(Outcome::TimedOut) => RunStatus::TimedOut,
        Some(Outcome::Aborted) => RunStatus::Aborted,
        Some(Outcome::Lost) | None => RunStatus::Lost,
    };
    Some((status, reason))
}

/// Whoever ran the tests ended them before their time.
fn cut_short(run: &Run) -> Answer {
    let (_, end) = run.endings.end()?;
    let status = match end.outcome {
        Outcome::TimedOut => RunStatus::TimedOut,
        Outcome::Aborted => RunStatus::Aborted,
        Outcome::Succeeded | Outcome::Failed | Outcome::Lost => return None,
    };
    Some((status, "no failed test seen".to_owned()))
}

/// The output has nothing to say against it, but whoever ran it says that it failed.
fn told_failed(run: &Run) -> Answer {
    let (_, end) = run.endings.end()?;
    matches!(end.outcome, Outcome::Failed | Outcome::Lost)
        .then(|| (RunStatus::Errored, "no failed test seen".to_owned()))
}

/// Bytes that were never seen, or an end that was not told.
fn missing_evidence(run: &Run) -> Answer {
    run.counted().find_map(|stream| {
        let name = name(stream);
        let reason = match stream.end() {
            // With what was lost by it, which says less.
            Some(end) if end.cause == "killed" && end.signal.is_none() => {
                format!("the capture of {name} was killed before its command ended")
            }
            _ if stream.lost_bytes() > 0 || stream.gaps_dropped() > 0 => {
                let first = stream.gaps().first();
                let why = first.map_or("unknown", |gap| &gap.reason);
                format!("{name} lost {} bytes ({why})", stream.lost_bytes())
            }
            // Of what never told of tests nothing depends on it.
            _ if stream.losses.forgotten && stream.has_tests() => format!(
                "{name} was read on after a restart without what had been deleted of it: results may be told wrongly"
            ),
            None => format!("{name} has no end-of-stream record"),
            Some(end) if end.total_bytes != stream.committed() => format!(
                "{name} is {} bytes long, {} were taken",
                end.total_bytes,
                stream.committed()
            ),
            Some(_) => return None,
        };
        Some((RunStatus::Incomplete, reason))
    })
}

/// Output of pods that nobody read.
fn unread(run: &Run) -> Answer {
    let (pod, why) = run.unread.first_key_value()?;
    let more = match run.unread.len() - 1 {
        0 => String::new(),
        n => format!(", nor of {n} more pods"),
    };
    let reason = match why {
        Unread::Nobody => format!("nobody watched pod {pod}: its output was not seen{more}"),
        Unread::Silent(way) => {
            let way = way.as_str();
            format!("no output of pod {pod} was seen, which comes by way of its {way}{more}")
        }
    };
    Some((RunStatus::Incomplete, reason))
}

fn failed(run: &Run) -> Answer {
    let totals = run.totals();
    let failed = totals[Status::Failed] + totals[Status::TimedOut];
    (failed > 0).then(|| (RunStatus::Failed, failures(&totals)))
}

/// Totals the framework printed that name failures nobody saw.
fn hidden(run: &Run) -> Answer {
    let found = contradictions(run).into_iter().find(|c| match &c.what {
        What::Figure { figure, .. } => *figure != "tests" && c.what.hides_a_failure(),
        _ => false,
    })?;
    Some((RunStatus::Incomplete, found.what.to_string()))
}

/// Errored tests and how the commands ended.
fn ended(run: &Run) -> Answer {
    let totals = run.totals();
    let errored = totals[Status::Errored];
    if errored > 0 {
        return Some((RunStatus::Errored, failures(&totals)));
    }
    let some_have = run.counted().any(Stream::has_tests);
    let judged = |stream: &&Stream| {
        // Helpers beside the tests are ended by a signal when the tests are done.
        stream.has_tests() || !some_have || by_request(stream).is_none()
    };
    run.counted().filter(judged).find_map(end_of)
}

/// The name of the signal, if somebody ended the stream's command.
fn by_request(stream: &Stream) -> Option<&'static str> {
    let end = stream.end()?;
    let asked = |&&(signal, code, _): &&(i32, i32, &str)| {
        end.signal == Some(signal) || end.exit_code == Some(code)
    };
    ENDED.iter().find(asked).map(|(_, _, name)| *name)
}

fn end_of(stream: &Stream) -> Answer {
    let end = stream.end()?;
    let unfinished = stream.ledger().totals()[Status::Unfinished];
    let left = match unfinished {
        0 => String::new(),
        n => format!(", {} unfinished", tests(n)),
    };
    if let Some(signal) = by_request(stream) {
        return Some((RunStatus::Aborted, format!("ended by {signal}{left}")));
    }
    if let Some(number) = end.signal {
        let name = signal_name(number);
        return Some((RunStatus::Errored, format!("killed by {name}{left}")));
    }
    match end.exit_code {
        None | Some(0) => None,
        Some(TIMEOUT_EXIT) => Some((
            RunStatus::TimedOut,
            format!("exit code 124, as timeout gives{left}"),
        )),
        Some(code @ 129..=159) => Some((
            RunStatus::Errored,
            format!(
                "exit code {code}, as {} gives{left}",
                signal_name(code - 128)
            ),
        )),
        Some(code) => {
            let seen = match stream.ledger().totals().total() {
                0 => "no test seen",
                _ => "no failed test seen",
            };
            Some((
                RunStatus::Errored,
                format!("exit code {code}, {seen}{left}"),
            ))
        }
    }
}

/// Nothing is red; what speaks against calling it green?
fn doubtful(run: &Run) -> Answer {
    let totals = run.totals();
    let incomplete = |reason| Some((RunStatus::Incomplete, reason));
    if totals.total() == 0 {
        return incomplete("no test seen".to_owned());
    }
    let unfinished = totals[Status::Unfinished];
    if unfinished > 0 {
        return incomplete(format!("{} began and never ended", tests(unfinished)));
    }
    contradictions(run)
        .into_iter()
        .find(|c| c.what.hides_a_failure())
        .and_then(|c| incomplete(c.what.to_string()))
}

fn passed(run: &Run) -> String {
    let sums = run.sums();
    let mut parts = vec![format!("{} passed", sums.totals[Status::Passed])];
    for status in [Status::Skipped, Status::Xfail, Status::Xpass, Status::Todo] {
        if sums.totals[status] > 0 {
            parts.push(format!("{} {}", sums.totals[status], status.as_str()));
        }
    }
    if sums.flaky > 0 {
        parts.push(format!("{} only after a retry", sums.flaky));
    }
    if sums.exit_code.is_none() {
        parts.push("exit code unknown".to_owned());
    }
    parts.extend(earlier(run));
    parts.join(", ")
}

/// What became of attempts that later ones replaced.
fn earlier(run: &Run) -> Option<String> {
    let (mut attempts, mut totals) = (0u32, Counts::ZERO);
    for stream in run.streams().filter(|s| s.replaced_by().is_some()) {
        attempts += 1;
        totals.merge(&stream.ledger().totals());
    }
    let told = match totals.failures() + totals[Status::Unfinished] {
        0 => "nothing failed".to_owned(),
        _ => failures(&totals),
    };
    match attempts {
        0 => None,
        1 => Some(format!("1 earlier attempt not counted ({told})")),
        n => Some(format!("{n} earlier attempts not counted ({told})")),
    }
}

fn failures(totals: &Counts) -> String {
    let mut parts = Vec::new();
    for status in [Status::Failed, Status::TimedOut, Status::Errored] {
        if totals[status] > 0 {
            parts.push(format!("{} {}", totals[status], status.as_str()));
        }
    }
    if totals[Status::Unfinished] > 0 {
        parts.push(format!("{} unfinished", totals[Status::Unfinished]));
    }
    format!("{} of {}", parts.join(", "), tests(totals.total()))
}

/// The stream as a person knows it: its container or source.
fn name(stream: &Stream) -> String {
    let identity = &stream.open().identity;
    match identity.container.is_empty() {
        true => format!("stream {}", stream.id()),
        false => format!("stream `{}`", identity.container),
    }
}

/// The usual name of a signal's number on Linux.
fn signal_name(number: i32) -> String {
    let name = match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        _ => return format!("signal {number}"),
    };
    format!("signal {number} ({name})")
}
