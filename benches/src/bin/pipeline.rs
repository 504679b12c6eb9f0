//! The whole sidecar (read, parse, redact, frame, send) beside the pipeline a user would write for the same log:
//! `rg -f patterns.txt LOG | gzip -1 | curl -T - URL`. CPU time of all processes of each, the sidecar's memory, the
//! bytes it sends for an event; how soon after its start an event is durable, and what it holds while nothing comes.
//!
//! `cargo build --release -p sentinel-agent -p sentinel-sidecar -p sentinel-benches && target/release/pipeline`

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use rusqlite::{Connection, OpenFlags};
use sentinel_benches::corpus::{Corpora, NAMES, Source};
use sentinel_benches::figures::median;
use sentinel_benches::oracle;
use sentinel_benches::process::{Process, free_port, sibling, until};

#[derive(Debug, Parser)]
#[command(about = "Compares the sidecar's CPU time with that of rg, gzip and curl")]
struct Args {
    #[command(flatten)]
    source: Source,
    /// Runs of each; the median counts
    #[arg(long, default_value_t = 3)]
    tries: u32,
    /// Another sidecar than the one beside this program, such as that of deploy/static-sidecar
    #[arg(long)]
    sidecar: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(line) => {
            eprintln!("pipeline: {line}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), String> {
    let Some(corpora) = args.source.corpora()? else {
        println!("skipped: pipeline, which needs the corpora");
        return Ok(());
    };
    let rg = Command::new("rg").arg("--version").output();
    if !rg.is_ok_and(|out| out.status.success()) {
        println!("skipped: pipeline, which needs ripgrep's rg");
        return Ok(());
    }
    println!("CPU time of all processes, in ms; the sidecar's peak memory in MiB");
    println!(
        "{:<8} {:>8} {:>8} {:>7} {:>8} {:>9} {:>8}",
        "corpus", "sidecar", "rg|gzip", "ratio", "peak", "events", "B/event"
    );
    let mut missed = 0;
    let sink = sink()?;
    let program = match &args.sidecar {
        Some(program) => program.clone(),
        None => sibling("sentinel-sidecar")?,
    };
    for name in NAMES {
        let of = sidecar(&program, &corpora, name, args.tries)?;
        let others = pipeline(&corpora, name, sink, args.tries)?;
        let ratio = of.cpu / others;
        missed += u32::from(ratio > 0.5);
        println!(
            "{name:<8} {:>8.0} {others:>8.0} {ratio:>7.2} {:>8.1} {:>9} {:>8.1}",
            of.cpu,
            of.peak_mib,
            of.events,
            of.bytes as f64 / of.events as f64
        );
    }
    println!(
        "verified: the agent has as many events as the parser tells, and the end of each stream"
    );
    println!("at most half of the pipeline's is wanted: {missed} of 3 miss it");
    let mut firsts: Vec<First> = Vec::new();
    for _ in 0..args.tries.max(1) {
        firsts.push(first_event(&program)?);
    }
    let ms: Vec<f64> = firsts.iter().map(|first| first.ms).collect();
    let mib: Vec<f64> = firsts.iter().map(|first| first.idle_mib).collect();
    println!(
        "the first event is durable {:.0} ms after the sidecar's start; idle it holds {:.1} MiB",
        median(&ms),
        median(&mib)
    );
    Ok(())
}

/// What became of a sidecar that got one event, and nothing more.
struct First {
    /// From its start until the event was durable at the agent.
    ms: f64,
    /// What it holds a second later.
    idle_mib: f64,
}

fn first_event(program: &Path) -> Result<First, String> {
    let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
    let (_agent, address) = agent(dir.path())?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = dir.path().join("sentinel.db");
    let mut store = None;
    until(Duration::from_secs(20), "the agent's database", || {
        store = Connection::open_with_flags(&database, flags).ok();
        store.is_some()
    })?;
    let store = store.ok_or("the agent has no database")?;
    let stored = || {
        let most = store.query_row("SELECT max(committed) FROM streams", [], |row| row.get(0));
        matches!(most, Ok(Some(1i64..)))
    };
    let begun = Instant::now();
    let mut command = sidecar_of(program, "first", address);
    let mut process = Process::start(command.stdin(Stdio::piped()).stdout(Stdio::null()))
        .map_err(|e| format!("cannot start {command:?}: {e}"))?;
    let mut pipe = process.stdin().ok_or("the sidecar has no pipe")?;
    pipe.write_all(b"TEST_PASS name=first\n")
        .map_err(|e| e.to_string())?;
    until(Duration::from_secs(20), "the first event", stored)?;
    let ms = begun.elapsed().as_secs_f64() * 1000.0;
    std::thread::sleep(Duration::from_secs(1));
    let idle_mib = memory_mib(process.id(), "VmRSS:").ok_or("the sidecar is gone")?;
    Ok(First { ms, idle_mib })
}

/// A sidecar that sends its standard input to the agent.
fn sidecar_of(program: &Path, run: &str, agent: SocketAddr) -> Command {
    let mut command = Command::new(program);
    command.args(["tail", "-", "--run-id", run, "--agent"]);
    command.arg(format!("http://{agent}"));
    command
}

/// What a corpus took the sidecar.
struct Sidecar {
    cpu: f64,
    peak_mib: f64,
    events: usize,
    /// Bytes of all its frames.
    bytes: usize,
}

fn sidecar(
    program: &Path,
    corpora: &Corpora,
    name: &'static str,
    tries: u32,
) -> Result<Sidecar, String> {
    let log = log(corpora, name);
    let told = oracle::events_of(&std::fs::read(&log).map_err(|e| e.to_string())?).len();
    let (mut times, mut peak_mib, mut bytes) = (Vec::new(), 0.0_f64, 0);
    for _ in 0..tries.max(1) {
        let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
        let (agent, address) = agent(dir.path())?;
        let input = File::open(&log).map_err(|e| e.to_string())?;
        let mut command = sidecar_of(program, name, address);
        let (cpu, peak) = cost_of(command.stdin(input))?;
        times.push(cpu);
        peak_mib = peak_mib.max(peak);
        // Only now: its own use is not asked for, and is counted when it is reaped.
        drop(agent);
        let stored = oracle::stored(&dir.path().join("sentinel.db")).map_err(|e| e.to_string())?;
        let stream = stored
            .into_values()
            .next()
            .ok_or("the agent has no stream")?;
        if stream.events.len() != told || !stream.closed || !stream.gaps.is_empty() {
            let (has, closed) = (stream.events.len(), stream.closed);
            return Err(format!("{name}: {has} events of {told}, closed: {closed}"));
        }
        bytes = bytes.max(stream.bytes);
    }
    Ok(Sidecar {
        cpu: median(&times),
        peak_mib,
        events: told,
        bytes,
    })
}

fn pipeline(corpora: &Corpora, name: &str, sink: SocketAddr, tries: u32) -> Result<f64, String> {
    let mut times = Vec::new();
    for _ in 0..tries.max(1) {
        let mut command = Command::new("sh");
        command.arg("-c").arg(
            "rg --no-config -a -N -f \"$0\" \"$1\" | gzip -1 | curl -sS -H Expect: -T - \"$2\"",
        );
        command.arg(corpora.bench().join("patterns.txt"));
        command
            .arg(log(corpora, name))
            .arg(format!("http://{sink}/"));
        times.push(cost_of(command.stdin(Stdio::null()))?.0);
    }
    Ok(median(&times))
}

fn log(corpora: &Corpora, name: &str) -> PathBuf {
    corpora.files().join(format!("{name}.log"))
}

/// The CPU time in ms of a command that must succeed, its children included, and its own peak memory in MiB
/// as it was last seen.
fn cost_of(command: &mut Command) -> Result<(f64, f64), String> {
    let before = children()?;
    let mut process = Process::start(command.stdout(Stdio::null()))
        .map_err(|e| format!("cannot start {command:?}: {e}"))?;
    let mut peak = 0.0;
    let code = loop {
        if let Some(code) = process.ended().map_err(|e| e.to_string())? {
            break code;
        }
        peak = memory_mib(process.id(), "VmHWM:").unwrap_or(peak);
        std::thread::sleep(Duration::from_millis(2));
    };
    if code != 0 {
        return Err(format!("{command:?} ended with {code}"));
    }
    let after = children()?;
    let ms = |usage: &Usage| {
        let all = usage.user_time() + usage.system_time();
        all.num_microseconds() as f64 / 1000.0
    };
    Ok((ms(&after) - ms(&before), peak))
}

/// The memory of a running process: `VmRSS:` or, at its peak so far, `VmHWM:`.
fn memory_mib(process: u32, which: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let kib = status.lines().find_map(|line| line.strip_prefix(which))?;
    let kib: f64 = kib.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024.0)
}

fn children() -> Result<Usage, String> {
    getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|e| e.to_string())
}

/// An agent with its data here, once it answers.
fn agent(data: &Path) -> Result<(Process, SocketAddr), String> {
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()?));
    let mut command = Command::new(sibling("sentinel-agent")?);
    command
        .arg("--data")
        .arg(data)
        .arg("--listen")
        .arg(address.to_string());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let process = Process::start(&mut command).map_err(|e| format!("cannot start: {e}"))?;
    until(Duration::from_secs(20), "the agent to answer", || {
        TcpStream::connect(address).is_ok()
    })?;
    Ok((process, address))
}

/// A server that takes whatever is put there.
fn sink() -> Result<SocketAddr, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    std::thread::spawn(move || {
        // A client that fails says so itself.
        listener
            .incoming()
            .flatten()
            .for_each(|stream| drop(take(stream)));
    });
    Ok(address)
}

/// Reads a request with a chunked body to its end, and answers.
fn take(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    let mut last = Vec::new();
    while !last.ends_with(b"\r\n0\r\n\r\n") {
        let n = stream.read(&mut buffer)?;
        if n == 0 {
            break;
        }
        last.extend_from_slice(&buffer[n.saturating_sub(16)..n]);
        last.drain(..last.len().saturating_sub(16));
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}
