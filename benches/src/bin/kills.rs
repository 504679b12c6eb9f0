//! Kills agent and sidecar with `kill -9` at seeded moments while events flow, then looks whether
//! the store holds every event exactly once and the run closed with the right verdict.
//!
//! `cargo build --release --workspace && target/release/kills --kills 100 --tests 50000 --seed 1`

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;
use rusqlite::Connection;
use sentinel_benches::chance::Chance;
use sentinel_benches::log::{marker_test, outcome};
use sentinel_benches::oracle;
use sentinel_benches::process::{Process, free_port, sibling, until};

/// How long the stream may take to arrive whole after the last kill.
const DRAIN: Duration = Duration::from_secs(60);

#[derive(Debug, Parser)]
#[command(about = "Kills agent and sidecar while events flow, and checks the store afterwards")]
struct Args {
    /// Processes killed in all
    #[arg(long, default_value_t = 100)]
    kills: u64,
    /// Tests told, two events each; at most as many as are kept of a stream
    #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u64).range(1..=200_000))]
    tests: u64,
    /// Chooses victims and moments
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Milliseconds between kills at most
    #[arg(long, default_value_t = 600)]
    every_ms: u64,
    /// Print that many tests and nothing else (used by this program itself)
    #[arg(long, hide = true)]
    generate_over_ms: Option<u64>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match args.generate_over_ms {
        Some(over_ms) => generate(args.tests, Duration::from_millis(over_ms)),
        None => torture(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(line) => {
            eprintln!("kills: {line}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the tests evenly over the time given.
fn generate(tests: u64, over: Duration) -> Result<(), String> {
    use std::io::Write;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let start = Instant::now();
    for n in 0..tests {
        marker_test(n, &mut out).map_err(|e| e.to_string())?;
        if n % 50 == 0 {
            out.flush().map_err(|e| e.to_string())?;
            let due = over.mul_f64(n as f64 / tests as f64);
            std::thread::sleep(due.saturating_sub(start.elapsed()));
        }
    }
    out.flush().map_err(|e| e.to_string())
}

/// The processes under torture and where they work.
struct Stage {
    agent_program: PathBuf,
    sidecar_program: PathBuf,
    data: PathBuf,
    segments: PathBuf,
    port: u16,
}

impl Stage {
    fn agent(&self) -> Result<Process, String> {
        let mut command = Command::new(&self.agent_program);
        command.arg("--data").arg(&self.data);
        command
            .arg("--listen")
            .arg(format!("127.0.0.1:{}", self.port));
        quiet(&mut command);
        Process::start(&mut command).map_err(|e| format!("agent: {e}"))
    }

    fn sidecar(&self) -> Result<Process, String> {
        let mut command = Command::new(&self.sidecar_program);
        command.arg("tail").arg(&self.segments);
        command
            .arg("--agent")
            .arg(format!("http://127.0.0.1:{}", self.port));
        quiet(&mut command);
        command.env("SENTINEL_SIDECAR__RETRY_MAX", "500ms");
        Process::start(&mut command).map_err(|e| format!("sidecar: {e}"))
    }

    fn capture(&self, tests: u64, over_ms: u64) -> Result<Process, String> {
        let own = std::env::current_exe().map_err(|e| e.to_string())?;
        let mut command = Command::new(&self.sidecar_program);
        command.arg("capture").arg("--dir").arg(&self.segments);
        command.args(["--run-id", "torture"]).arg("--").arg(own);
        command.arg("--tests").arg(tests.to_string());
        command.arg("--generate-over-ms").arg(over_ms.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::null());
        Process::start(&mut command).map_err(|e| format!("capture: {e}"))
    }
}

fn quiet(command: &mut Command) {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    if std::env::var_os("KILLS_LOG").is_none() {
        command.stderr(Stdio::null());
    }
}

fn torture(args: &Args) -> Result<(), String> {
    let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
    let stage = Stage {
        agent_program: sibling("sentinel-agent")?,
        sidecar_program: sibling("sentinel-sidecar")?,
        data: dir.path().join("data"),
        segments: dir.path().join("segments"),
        port: free_port()?,
    };
    let mut chance = Chance::new(args.seed);
    let mut agent = stage.agent()?;
    let mut capture = stage.capture(args.tests, args.kills * args.every_ms * 3 / 4)?;
    until(DRAIN, "the capture to begin", || {
        stage.segments.join("stream.json").is_file()
    })?;
    let mut sidecar = stage.sidecar()?;
    let mut killed = (0, 0);
    for _ in 0..args.kills {
        std::thread::sleep(Duration::from_millis(chance.between(20, args.every_ms)));
        if chance.bits().is_multiple_of(2) {
            agent.kill();
            agent = stage.agent()?;
            killed.0 += 1;
        } else {
            sidecar.kill();
            sidecar = stage.sidecar()?;
            killed.1 += 1;
        }
    }
    capture.wait().map_err(|e| e.to_string())?;
    until(DRAIN, "the sidecar to deliver the rest", || {
        sidecar.ended().ok().flatten() == Some(0)
    })?;
    let store = stage.data.join("sentinel.db");
    until(DRAIN, "the run to close", || {
        run_status(&store).is_some_and(|s| s != "running" && s != "finalizing")
    })?;
    agent.kill();
    let checked = check(&stage, &store, args.tests)?;
    println!(
        "seed {}: {} kills ({} agent, {} sidecar), {checked}",
        args.seed, args.kills, killed.0, killed.1
    );
    Ok(())
}

fn run_status(store: &Path) -> Option<String> {
    let conn = Connection::open(store).ok()?;
    conn.query_row(
        "SELECT status FROM runs WHERE run_id = 'torture'",
        [],
        |row| row.get(0),
    )
    .ok()
}

fn check(stage: &Stage, store: &Path, tests: u64) -> Result<String, String> {
    let printed = oracle::recorded(&stage.segments).map_err(|e| e.to_string())?;
    let told = oracle::events_of(&printed);
    let stored = oracle::stored(store).map_err(|e| e.to_string())?;
    let stream = stored.into_values().next().unwrap_or_default();
    oracle::compare(&told, &stream.events)?;
    if !stream.gaps.is_empty() {
        return Err(format!("losses that there were not: {:?}", stream.gaps));
    }
    let conn = Connection::open(store).map_err(|e| e.to_string())?;
    let row = |sql: &str| {
        conn.query_row(sql, [], |r| r.get::<_, i64>(0))
            .map_err(|e| e.to_string())
    };
    let rows = row("SELECT count(*) FROM tests")?;
    let failed = (0..tests).filter(|n| outcome(*n) == "TEST_FAIL").count() as i64;
    let verdict = run_status(store).unwrap_or_default();
    let expected = if failed > 0 { "failed" } else { "passed" };
    let counted = row("SELECT passed + failed + skipped + unfinished + errored FROM runs")?;
    let failures = row("SELECT failed FROM runs")?;
    if rows != tests as i64 || counted != rows || failures != failed || verdict != expected {
        return Err(format!(
            "{rows} test rows, {counted} counted, {failures} failed, run {verdict}"
        ));
    }
    Ok(format!(
        "{} events stored exactly once, {rows} tests, run {verdict}",
        told.len()
    ))
}
