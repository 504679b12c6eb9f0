//! How fast the parser reads, against a scan for line ends of the same bytes in the same run.
//!
//! `cargo run --release -p sentinel-benches --bin parse_speed`

use std::process::ExitCode;

use clap::Parser;
use sentinel_benches::figures::mb_per_s;
use sentinel_benches::{log, parsing};

#[derive(Debug, Parser)]
#[command(about = "Times the parser against a scan for line ends of the same bytes")]
struct Args {
    /// Tests in each generated log
    #[arg(long, default_value_t = 100_000)]
    tests: u64,
    /// Tries of which the best counts
    #[arg(long, default_value_t = 7)]
    tries: u32,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(line) => {
            eprintln!("parse_speed: {line}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), String> {
    println!(
        "{:14} {:>7} {:>8} {:>8} {:>11} {:>8} {:>11} {:>9}",
        "log", "MB", "lines", "events", "parse MB/s", "ns/line", "scan MB/s", "ratio"
    );
    for log in log::all(args.tests) {
        let speeds = parsing::compare(&log, args.tries)?;
        let bytes = log.bytes.len();
        let (parse, scan) = (mb_per_s(bytes, speeds.parse), mb_per_s(bytes, speeds.scan));
        println!(
            "{:14} {:>7.1} {:>8} {:>8} {parse:>11.0} {:>8.0} {scan:>11.0} {:>8.2}%",
            log.name,
            bytes as f64 / 1e6,
            speeds.lines,
            speeds.events,
            speeds.parse.as_nanos() as f64 / speeds.lines as f64,
            100.0 * parse / scan
        );
    }
    println!("verified: the tests of every log by status, its lines, and no event without a test");
    Ok(())
}
