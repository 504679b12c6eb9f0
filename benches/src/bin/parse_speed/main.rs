//! How fast the parser reads, against splitting the same bytes into lines and against a set of regular
//! expressions, in the same run.
//!
//! `cargo run --release -p sentinel-benches --bin parse_speed`

mod against;
mod growth;
mod rivals;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use sentinel_benches::corpus::{self, Corpora, Source};
use sentinel_benches::figures::mb_per_s;
use sentinel_benches::{log, parsing};

#[derive(Debug, Parser)]
#[command(about = "Times the parser against splitting the same bytes into lines, and a RegexSet")]
struct Args {
    #[command(flatten)]
    source: Source,
    /// Tests in each generated log; 0 for the corpora alone
    #[arg(long, default_value_t = 100_000)]
    tests: u64,
    /// Tries of which the best counts
    #[arg(long, default_value_t = 5)]
    tries: u32,
    /// End with an error when a figure is below its floor
    #[arg(long)]
    strict: bool,
    /// Only whether four times the bytes take four times the time and the same memory
    #[arg(long, conflicts_with = "against")]
    growth: bool,
    /// Only the parser's nanoseconds per line beside those of another build of this program
    #[arg(long, value_name = "PROGRAM")]
    against: Option<PathBuf>,
    /// Only nanoseconds per line, one figure per line of output
    #[arg(long)]
    brief: bool,
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
    let corpora = args.source.corpora()?;
    let corpora = corpora.as_ref();
    if let Some(other) = &args.against {
        return against::compare(args, corpora, other);
    }
    if args.brief {
        return against::tell(args, corpora);
    }
    if args.growth {
        return growth::show(args, corpora);
    }
    if args.tests > 0 {
        generated(args)?;
    }
    let mut below = 0;
    if let Some(corpora) = corpora {
        for name in corpus::NAMES {
            below += rivals::show(args, corpora, name)?;
        }
        println!("verified: what is required of each kind of line, with and without redaction");
    }
    judged(args, below)
}

/// Ends with an error if asked to.
fn judged(args: &Args, below: usize) -> Result<(), String> {
    match below {
        0 => Ok(()),
        n if args.strict => Err(format!("{n} figures miss their floor")),
        n => {
            println!("{n} figures miss their floor");
            Ok(())
        }
    }
}

fn generated(args: &Args) -> Result<(), String> {
    println!(
        "{:14} {:>7} {:>8} {:>8} {:>11} {:>8} {:>11} {:>9}",
        "log", "MB", "lines", "events", "parse MB/s", "ns/line", "split MB/s", "ratio"
    );
    for log in log::all(args.tests) {
        let speeds = parsing::compare(&log, args.tries)?;
        let bytes = log.bytes.len();
        let (parse, split) = (mb_per_s(bytes, speeds.parse), mb_per_s(bytes, speeds.split));
        println!(
            "{:14} {:>7.1} {:>8} {:>8} {parse:>11.0} {:>8.0} {split:>11.0} {:>8.2}%",
            log.name,
            bytes as f64 / 1e6,
            speeds.lines,
            speeds.events,
            speeds.parse.as_nanos() as f64 / speeds.lines as f64,
            100.0 * parse / split
        );
    }
    println!("verified: the tests of every log by status, its lines, and no event without a test");
    Ok(())
}

/// Hands over the generated logs and the corpora, one at a time.
fn each(
    args: &Args,
    corpora: Option<&Corpora>,
    mut see: impl FnMut(&str, &[u8]) -> Result<(), String>,
) -> Result<(), String> {
    if args.tests > 0 {
        for log in log::all(args.tests) {
            see(log.name, &log.bytes)?;
        }
    }
    for name in corpus::NAMES {
        if let Some(corpora) = corpora {
            see(name, &corpora.load(name)?.bytes)?;
        }
    }
    Ok(())
}
