//! `sentinel runs`, `sentinel show` and `sentinel report`: looking back.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use sentinel_agent::api::view::RunView;

use crate::exit::{Exit, Failure};
use crate::report::model::Report;
use crate::report::{json, junit, markdown, stored, table};
use crate::source::SourceArgs;
use crate::style::{Style, fit, seconds};

/// How a report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people
    Table,
    /// One JSON object, schema sentinel.report/1
    Json,
    /// JUnit XML
    Junit,
    /// For job summaries and merge requests
    Markdown,
}

impl ReportFormat {
    /// The report in this format.
    pub(crate) fn print(self, report: &Report, style: Style) -> String {
        match self {
            ReportFormat::Table => table::report(report, style),
            ReportFormat::Json => format!("{:#}\n", json::report(report)),
            ReportFormat::Junit => junit::report(report),
            ReportFormat::Markdown => markdown::report(report),
        }
    }
}

/// Writes a report to a file, or to standard output.
pub(crate) fn deliver(text: &str, to: Option<&Path>) -> Result<(), Failure> {
    match to.filter(|path| *path != Path::new("-")) {
        Some(path) => std::fs::write(path, text)
            .map_err(|e| Failure::usage(format!("cannot write {}: {e}", path.display()))),
        None => {
            let mut out = std::io::stdout().lock();
            // Nobody is left to tell when standard output is gone.
            let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
            Ok(())
        }
    }
}

/// Prints the report of a stored run.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The run's id, or `last`
    #[arg(default_value = "last")]
    run: String,
    #[command(flatten)]
    source: SourceArgs,
    /// How to print it
    #[arg(long, value_enum, default_value_t = ReportFormat::Table)]
    format: ReportFormat,
    /// Write the report to a file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs `sentinel report`.
pub(crate) fn report(args: &ReportArgs) -> Result<Exit, Failure> {
    let report = Report::of_run(&args.source.open()?, &args.run)?;
    let style = if args.output.is_some() {
        Style::PLAIN
    } else {
        Style::stdout()
    };
    deliver(&args.format.print(&report, style), args.output.as_deref())?;
    Ok(Exit::Ok)
}

/// Lists the stored runs, newest first.
#[derive(Debug, Args)]
pub(crate) struct RunsArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// How many at most
    #[arg(short = 'n', long, default_value_t = 20, value_name = "N")]
    limit: usize,
    /// One JSON object per run instead of a table
    #[arg(long)]
    json: bool,
}

/// Runs `sentinel runs`.
pub(crate) fn runs(args: &RunsArgs) -> Result<Exit, Failure> {
    let page = args.source.open()?.runs(args.limit.clamp(1, 1_000))?;
    let mut text = String::new();
    if args.json {
        for run in &page.items {
            text.push_str(&serde_json::json!(run).to_string());
            text.push('\n');
        }
    } else if page.items.is_empty() {
        eprintln!("sentinel: no run is stored yet; try `sentinel run -- YOUR TESTS`");
    } else {
        text = list(&page.items, Style::stdout(), now_ms());
    }
    deliver(&text, None)?;
    Ok(Exit::Ok)
}

fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

/// Runs as a table that fits the width.
fn list(runs: &[RunView], style: Style, now_ms: i64) -> String {
    let longest = |f: &dyn Fn(&RunView) -> usize| runs.iter().map(f).max().unwrap_or(0);
    let id = longest(&|r| r.run_id.chars().count()).clamp(3, 40);
    let pipeline = longest(&|r| r.pipeline.as_deref().unwrap_or("-").chars().count()).clamp(8, 20);
    let head = format!(
        "{:<id$}  {:<10}  {:<pipeline$}  {:>8}  ",
        "RUN", "STATUS", "PIPELINE", "AGE"
    );
    let mut out = format!("{}\n", style.dim(&format!("{head}TESTS")));
    for run in runs {
        let age = seconds((now_ms - run.started_ms).max(0) as f64 / 1e3);
        let age = age.split(' ').next().unwrap_or_default();
        let word = format!("{:<10}", run.status.as_str());
        let word = match run.status.as_str() {
            "passed" => style.green(&word),
            "failed" | "errored" | "timed_out" | "lost" => style.red(&word),
            _ => style.yellow(&word),
        };
        let tests = table::totals(&stored::counts(&run.totals), run.flaky);
        let room = style.width.saturating_sub(head.chars().count()).max(16);
        out.push_str(&format!(
            "{:<id$}  {word}  {:<pipeline$}  {age:>8}  {}\n",
            fit(&run.run_id, id),
            fit(run.pipeline.as_deref().unwrap_or("-"), pipeline),
            fit(&tests, room),
        ));
    }
    out
}

/// Shows one part of a stored run as a table or as JSON.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Which part
    #[arg(value_enum)]
    part: Part,
    /// The run's id, or `last`
    #[arg(default_value = "last")]
    run: String,
    #[command(flatten)]
    source: SourceArgs,
    /// Only tests of these statuses, comma-separated
    #[arg(long, value_delimiter = ',', value_name = "STATUS")]
    status: Vec<String>,
    /// One JSON object per row
    #[arg(long)]
    json: bool,
}

/// A part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Every test with its status, time and message
    Tests,
    /// What the rules found, with numbers and evidence
    Anomalies,
    /// Where the output came from and how much of it is stored
    Streams,
}

/// Runs `sentinel show`.
pub(crate) fn show(args: &ShowArgs) -> Result<Exit, Failure> {
    let source = args.source.open()?;
    let known = |s: &&String| sentinel_parsers::Status::parse(s).is_none();
    if let Some(unknown) = args.status.iter().find(known) {
        let words: Vec<&str> = sentinel_parsers::Status::ALL
            .iter()
            .map(|s| s.as_str())
            .collect();
        let line = format!("no status '{unknown}'; there are {}", words.join(", "));
        return Err(Failure::usage(line));
    }
    let run = source.run(&args.run)?;
    let rows: Vec<(serde_json::Value, String)> = match args.part {
        Part::Tests => source
            .tests(&run.run_id)?
            .iter()
            .filter(|t| {
                args.status.is_empty() || args.status.iter().any(|s| s == t.status.as_str())
            })
            .map(|t| (serde_json::json!(t), test_row(t)))
            .collect(),
        Part::Anomalies => {
            let found = source.anomalies(&run.run_id)?;
            found
                .iter()
                .map(|a| (serde_json::json!(a), anomaly_row(a)))
                .collect()
        }
        Part::Streams => run
            .streams
            .iter()
            .map(|s| (serde_json::json!(s), stream_row(s)))
            .collect(),
    };
    let style = Style::stdout();
    let line = |(json, row): &(serde_json::Value, String)| match args.json {
        true => format!("{json}\n"),
        false => row.lines().map(|l| fit(l, style.width) + "\n").collect(),
    };
    deliver(&rows.iter().map(line).collect::<String>(), None)?;
    Ok(Exit::Ok)
}

fn test_row(test: &sentinel_agent::api::view::TestView) -> String {
    let took = test.duration_s.map(seconds).unwrap_or_default();
    let suite = if test.suite.is_empty() {
        String::new()
    } else {
        format!("{} > ", test.suite)
    };
    let message = test
        .message
        .as_deref()
        .map(|m| format!("  {m}"))
        .unwrap_or_default();
    format!(
        "{:<10} {took:>8}  {suite}{}{message}",
        test.status.as_str(),
        test.name
    )
}

fn anomaly_row(anomaly: &sentinel_core::Anomaly) -> String {
    let severity = format!("{:?}", anomaly.severity).to_lowercase();
    let state = if anomaly.resolved { " (resolved)" } else { "" };
    let mut row = format!("{severity:<8} {}{state}  {}", anomaly.rule, anomaly.title);
    let numbers: Vec<String> = anomaly
        .numbers
        .iter()
        .map(|n| format!("{}={}", n.name, table::number(n.value)))
        .collect();
    row.push_str(&format!("\n         {}", numbers.join(" ")));
    for evidence in &anomaly.evidence {
        let place = evidence
            .line
            .map(|l| format!("line {l}: "))
            .unwrap_or_default();
        row.push_str(&format!("\n         {place}{}", evidence.text));
    }
    row
}

fn stream_row(stream: &sentinel_agent::api::view::StreamView) -> String {
    let end = match (stream.closed, stream.exit_code, stream.signal) {
        (false, ..) => "open".to_owned(),
        (true, _, Some(signal)) => format!("signal {signal}"),
        (true, Some(code), None) => format!("exit {code}"),
        (true, None, None) => "closed".to_owned(),
    };
    let command = stream.command.as_deref().unwrap_or_default();
    format!(
        "{}  {:<8} {:<10} {:>10} bytes {:>8} events  {end}  {command}",
        stream.stream, stream.source, stream.container, stream.committed, stream.events
    )
}
