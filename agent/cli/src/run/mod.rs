//! `sentinel run`: captures a command and takes its output the whole way production does, in one
//! process: capture, segments, frames over loopback HTTP, agent, store, rules, report.

mod decide;
mod station;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use clap::Args;
use sentinel_config::Config;
use sentinel_parsers::wire::RunContext;
use sentinel_sidecar::capture::{self, CaptureOptions, CaptureOutcome, Screen};
use sentinel_sidecar::segments::{Limits, SegmentWriter, StreamInfo};

use crate::configuration;
use crate::exit::{Exit, Failure};
use crate::live::{self, LiveLine};
use crate::report::model::Report;
use crate::runs::{ReportFormat, deliver};
use crate::source::{Source, data_dir, told};
use crate::style::Style;
use decide::FailOn;
use station::Station;

/// How often the live line is drawn anew.
const LIVE: Duration = Duration::from_millis(200);

/// Runs a test command, passes its output through, and ends with a report.
///
/// The report goes to standard output after the command's own output; with --output it goes to a
/// file. The run is kept in the data directory: `sentinel report` prints it again.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes:
  the command's own if that is not 0; else
  0  every test seen passed    1  findings at or above --fail-on, or failed tests
  2  wrong usage               3  evidence is missing        4  no test was seen

Examples:
  sentinel run -- pytest -v
  sentinel run --format junit -o report.xml -- go test -v ./...
  sentinel run --fail-on warning -- cargo test")]
pub(crate) struct RunArgs {
    /// Pipeline this run belongs to [default: the working directory's name]
    #[arg(long, env = "SENTINEL_PIPELINE", value_name = "NAME")]
    pipeline: Option<String>,
    /// Environment tested
    #[arg(long, env = "SENTINEL_ENVIRONMENT", value_name = "NAME")]
    environment: Option<String>,
    /// Branch tested
    #[arg(long, env = "SENTINEL_BRANCH", value_name = "NAME")]
    branch: Option<String>,
    /// Commit tested
    #[arg(long, env = "SENTINEL_COMMIT", value_name = "ID")]
    commit: Option<String>,
    /// The run's id [default: a new one]
    #[arg(long, env = "SENTINEL_RUN_ID", value_name = "ID")]
    run_id: Option<String>,
    /// From which finding on a successful command fails
    #[arg(long, value_enum, default_value_t = FailOn::Critical)]
    fail_on: FailOn,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = ReportFormat::Table)]
    format: ReportFormat,
    /// Write the report to a file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Data directory [default: $XDG_STATE_HOME/sentinel or ~/.local/state/sentinel]
    #[arg(long, env = "SENTINEL_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// Configuration file [default: sentinel.toml, if there is one]
    #[arg(long, env = "SENTINEL_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

/// Runs the subcommand.
pub(crate) fn run(args: &RunArgs) -> Result<Exit, Failure> {
    let (mut config, _) = configuration::load(args.config.as_deref())?;
    // There is one stream, and its end is the run's end.
    config.run.finalize_after = Duration::ZERO;
    let dir = data_dir(args.data.as_deref())?;
    let context = args.context();
    let station = Station::start(&config, &dir, &context.run_id)?;
    let info = StreamInfo::new(
        capture::command_line(&args.command),
        Some(context.run_id.clone()),
    );
    let recording = record(&config, &station, &info)?;
    let shipping = station.ship(&config, &context, &info)?;
    let outcome = watched(&station, &context, info.started_ms, |screen| {
        let screen = screen.map(|line| line as &dyn Screen);
        capture::run(
            &args.command,
            Some(recording),
            &CaptureOptions::default(),
            screen,
        )
    })?;
    let undelivered = shipping.finish();
    station.settle(&context.run_id);
    let report = Report::of_run(&Source::Store(station.reader()?), &context.run_id);
    station.stop(undelivered.is_none());
    for line in outcome.trouble.iter().chain(&undelivered) {
        eprintln!("sentinel: {line}");
    }
    let report = report?;
    let style = if args.output.is_some() {
        Style::PLAIN
    } else {
        Style::stdout()
    };
    let mut text = args.format.print(&report, style);
    if args.format == ReportFormat::Table {
        text.insert(0, '\n');
    }
    deliver(&text, args.output.as_deref())?;
    Ok(decide::exit(args.fail_on, outcome.shell_code(), &report))
}

impl RunArgs {
    fn context(&self) -> RunContext {
        let here = || {
            let dir = std::env::current_dir().ok()?;
            Some(dir.file_name()?.to_string_lossy().into_owned())
        };
        RunContext {
            run_id: self
                .run_id
                .clone()
                .unwrap_or_else(sentinel_sidecar::new_run_id),
            pipeline: self.pipeline.clone().or_else(here),
            environment: self.environment.clone(),
            branch: self.branch.clone(),
            commit: self.commit.clone(),
            ..RunContext::default()
        }
    }
}

fn record(config: &Config, station: &Station, info: &StreamInfo) -> Result<SegmentWriter, Failure> {
    let limits = Limits {
        segment_bytes: config.sidecar.segment_size,
        cap_bytes: config.sidecar.capture_cap,
    };
    let dir = station.segments();
    SegmentWriter::create(dir, info, limits).map_err(|e| {
        Failure::usage(format!(
            "cannot record in {}: {e}; name another --data DIR",
            dir.display()
        ))
    })
}

/// Runs the capture, with the live line under its output if a person is looking.
fn watched(
    station: &Station,
    context: &RunContext,
    started_ms: i64,
    capture: impl FnOnce(Option<&LiveLine>) -> std::io::Result<CaptureOutcome>,
) -> Result<CaptureOutcome, Failure> {
    let line = std::io::stderr().is_terminal().then(LiveLine::default);
    let outcome = std::thread::scope(|scope| {
        // Dropping the sender ends the drawing.
        let (_going_on, ended) = sync_channel::<()>(1);
        if let Some(line) = &line {
            let style = Style::stderr();
            scope.spawn(move || {
                while ended.recv_timeout(LIVE) == Err(RecvTimeoutError::Timeout) {
                    if let Some((view, now_ms)) = station.live(&context.run_id) {
                        line.draw(&live::text(&view, started_ms, now_ms, style));
                    }
                }
            });
        }
        let outcome = capture(line.as_ref());
        if let Some(line) = &line {
            line.end();
        }
        outcome
    });
    outcome.map_err(|e| Failure::usage(format!("the command was not started: {}", told(&e))))
}
