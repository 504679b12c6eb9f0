//! `sentinel-sidecar capture -- CMD` against `CMD | tee FILE >/dev/null` for a command that prints
//! a lot: wall time, memory, and whether every byte arrived.
//!
//! `cargo build --release -p sentinel-sidecar -p sentinel-benches && target/release/capture`

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use clap::Parser;
use nix::sys::resource::{UsageWho, getrusage};
use sentinel_benches::figures::median;
use sentinel_benches::process::{Process, sibling};
use sentinel_benches::recording::{generate, same_bytes, verify_segments};

/// The exit code the command of the verified run gives.
const CODE: i32 = 7;

#[derive(Debug, Parser)]
#[command(about = "Times capturing a command that prints a lot against tee")]
struct Args {
    /// MiB the command prints
    #[arg(long, default_value_t = 1024)]
    mib: u64,
    /// Pairs of measurements
    #[arg(long, default_value_t = 7)]
    rounds: u32,
    /// Where output is recorded [default: the system's place for temporary files]
    #[arg(long)]
    dir: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(line) => {
            eprintln!("capture: {line}");
            ExitCode::FAILURE
        }
    }
}

/// Where everything lies.
struct Place {
    sidecar: PathBuf,
    printed: PathBuf,
    segments: PathBuf,
    copy: PathBuf,
    bytes: u64,
}

fn run(args: &Args) -> Result<(), String> {
    let dir = args.dir.clone().unwrap_or_else(std::env::temp_dir);
    let dir = tempfile::tempdir_in(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let place = Place {
        sidecar: sibling("sentinel-sidecar")?,
        printed: dir.path().join("printed"),
        segments: dir.path().join("segments"),
        copy: dir.path().join("copy"),
        bytes: args.mib << 20,
    };
    generate(&place.printed, place.bytes).map_err(|e| format!("cannot write: {e}"))?;
    let peak_kib = verified(&place)?;

    println!("{} MiB printed by cat, in seconds", args.mib);
    println!(
        "{:>5} {:>8} {:>8} {:>7}",
        "round", "tee", "capture", "ratio"
    );
    let mut ratios = Vec::new();
    for round in 1..=args.rounds.max(1) {
        // Each goes first in half of the rounds.
        let (tee, capture) = if round % 2 == 0 {
            let tee = tee(&place)?;
            (tee, capture(&place)?)
        } else {
            let capture = capture(&place)?;
            (tee(&place)?, capture)
        };
        ratios.push(capture / tee);
        println!(
            "{round:>5} {tee:>8.3} {capture:>8.3} {:>7.2}",
            capture / tee
        );
    }
    let children = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|e| e.to_string())?;
    println!(
        "verified: output and recording are byte for byte what was printed; the exit code passes"
    );
    println!(
        "sidecar's peak memory: {:.1} MiB (VmHWM when its command ended); the largest of all processes of all runs: {:.1} MiB",
        peak_kib as f64 / 1024.0,
        children.max_rss() as f64 / 1024.0
    );
    println!("median: {:.2} times the wall time of tee", median(&ratios));
    Ok(())
}

/// The capture of a command, with nothing else set.
fn sidecar(place: &Place, command: &[&str]) -> Command {
    let mut sidecar = Command::new(&place.sidecar);
    sidecar.arg("capture").arg("--dir").arg(&place.segments);
    sidecar.arg("--cap").arg((2 * place.bytes).to_string());
    sidecar.arg("--").args(command).arg(&place.printed);
    sidecar.stdin(Stdio::null());
    sidecar
}

/// One run whose output comes here; gives the sidecar's peak memory as its command saw it.
fn verified(place: &Place) -> Result<u64, String> {
    // The command's parent is the sidecar; $0 is the file to print.
    let script = format!(
        "cat \"$0\" && grep VmHWM /proc/$PPID/status >'{}'; exit {CODE}",
        place.copy.display()
    );
    let mut command = sidecar(place, &["sh", "-c", &script]);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| format!("cannot run the sidecar: {e}"))?;
    let mut output = child.stdout.take().ok_or("no output")?;
    let mut printed = File::open(&place.printed).map_err(|e| e.to_string())?;
    let passed = same_bytes(&mut output, &mut printed);
    // A broken comparison must not leave the sidecar writing.
    drop(output);
    let code = child.wait().map_err(|e| e.to_string())?.code();
    let passed = passed.map_err(|e| format!("output passed through: {e}"))?;
    if passed != place.bytes || code != Some(CODE) {
        return Err(format!(
            "{passed} bytes of {} passed through, exit code {code:?} instead of {CODE}",
            place.bytes
        ));
    }
    verify_segments(&place.segments, &place.printed)?;
    let peak = std::fs::read_to_string(&place.copy).map_err(|e| e.to_string())?;
    let peak = peak
        .split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse().ok());
    clear(place)?;
    peak.ok_or_else(|| "no VmHWM in the sidecar's status".to_owned())
}

fn capture(place: &Place) -> Result<f64, String> {
    let mut command = sidecar(place, &["cat"]);
    let time = timed(command.stdout(Stdio::null()))?;
    verify_segments(&place.segments, &place.printed)?;
    clear(place)?;
    Ok(time)
}

fn tee(place: &Place) -> Result<f64, String> {
    let mut command = Command::new("sh");
    command.args(["-c", "cat \"$0\" | tee \"$1\" >/dev/null"]);
    command.arg(&place.printed).arg(&place.copy);
    let time = timed(command.stdin(Stdio::null()))?;
    let copied = std::fs::metadata(&place.copy).map_err(|e| e.to_string())?;
    if copied.len() != place.bytes {
        return Err(format!("tee wrote {} bytes", copied.len()));
    }
    clear(place)?;
    Ok(time)
}

/// Wall time of a command that must succeed.
fn timed(command: &mut Command) -> Result<f64, String> {
    let begun = Instant::now();
    let mut process = Process::start(command).map_err(|e| format!("cannot start: {e}"))?;
    let code = process.wait().map_err(|e| e.to_string())?;
    let time = begun.elapsed();
    match code {
        0 => Ok(time.as_secs_f64()),
        code => Err(format!("{command:?} ended with {code}")),
    }
}

/// Removes what a run wrote, so that the disk is not busy with it during the next.
fn clear(place: &Place) -> Result<(), String> {
    let gone = |path: &Path, result: std::io::Result<()>| match result {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: {e}", path.display()))
        }
        _ => Ok(()),
    };
    gone(&place.copy, std::fs::remove_file(&place.copy))?;
    gone(&place.segments, std::fs::remove_dir_all(&place.segments))
}
