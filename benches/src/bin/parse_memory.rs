//! How much memory the parser holds, and how often it allocates. Linking the counting allocator makes
//! allocations slower, so nothing is timed here.
//!
//! `cargo run --release -p sentinel-benches --bin parse_memory`

use std::hint::black_box;
use std::process::ExitCode;

use allocation_counter::{AllocationInfo, measure};
use clap::Parser;
use sentinel_benches::corpus::{self, Source};
use sentinel_benches::figures::quarter;
use sentinel_benches::log;
use sentinel_benches::parsing::{self, Redacting};

/// The most that the peak may grow while the log grows fourfold.
const SLACK: f64 = 1.1;

#[derive(Debug, Parser)]
#[command(about = "Measures the parser's memory and allocations")]
struct Args {
    #[command(flatten)]
    source: Source,
    /// Tests in each generated log; 0 for the corpora alone
    #[arg(long, default_value_t = 100_000)]
    tests: u64,
    /// End with an error when a figure is above its limit
    #[arg(long)]
    strict: bool,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(line) => {
            eprintln!("parse_memory: {line}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), String> {
    let corpora = args.source.corpora()?;
    println!(
        "{:14} {:>10} {:>14} {:>14} {:>11} {:>15} {:>15}",
        "log",
        "how",
        "peak KB of 1/4",
        "peak KB of all",
        "at most",
        "allocs/1k lines",
        "without events"
    );
    let mut above = 0;
    if args.tests > 0 {
        for log in log::all(args.tests) {
            let silent = log.totals.is_zero().then_some(log.bytes.as_slice());
            above += show(log.name, &log.bytes, silent)?;
        }
    }
    for name in corpus::NAMES {
        if let Some(corpora) = &corpora {
            let corpus = corpora.load(name)?;
            let silent = corpus.silent();
            let silent = (!silent.is_empty()).then_some(silent.as_slice());
            above += show(name, &corpus.bytes, silent)?;
        }
    }
    println!(
        "peak: bytes alive at once, without the log; without events: allocations in all \
         for the lines without events, read a second time, required 0"
    );
    match above {
        0 => Ok(()),
        n if args.strict => Err(format!("{n} figures above their limit")),
        n => {
            println!("{n} figures above their limit");
            Ok(())
        }
    }
}

/// Prints the figures of a log; how many are above their limit.
fn show(name: &str, bytes: &[u8], silent: Option<&[u8]>) -> Result<usize, String> {
    let redacting = Redacting::new()?;
    let plain = || sentinel_parsers::Parser::new();
    let secret = || redacting.parser();
    let mut above = 0;
    for (how, parser) in [
        ("parser", &plain as &dyn Fn() -> sentinel_parsers::Parser),
        ("redacting", &secret),
    ] {
        let measured = |bytes| {
            measure(|| {
                black_box(parsing::read(parser(), bytes));
            })
        };
        // What all parsers of the program share is made by the first.
        measured(quarter(bytes));
        let (few, all) = (measured(quarter(bytes)), measured(bytes));
        let lines = parsing::split(bytes) as f64;
        let grows = all.bytes_max as f64 > few.bytes_max as f64 * SLACK;
        let (silent, noisy) = match silent {
            Some(silent) => second_time(parser(), silent),
            None => ("-".to_owned(), false),
        };
        above += usize::from(grows) + usize::from(noisy);
        println!(
            "{name:14} {how:>10} {:>14.1} {:>14.1} {:>5.1} {:>5} {:>15.1} {silent:>15}",
            kb(few),
            kb(all),
            kb(few) * SLACK,
            if grows { "ABOVE" } else { "ok" },
            all.count_total as f64 / lines * 1000.0,
        );
    }
    Ok(above)
}

fn kb(info: AllocationInfo) -> f64 {
    info.bytes_max as f64 / 1e3
}

/// Allocations for a log that the parser has read once before, and whether there are any.
fn second_time(mut parser: sentinel_parsers::Parser, bytes: &[u8]) -> (String, bool) {
    let mut read = || {
        for chunk in bytes.chunks(parsing::CHUNK) {
            parser.feed(chunk, &mut |_| {});
        }
    };
    read();
    let made = measure(read).count_total;
    let word = if made == 0 { "ok" } else { "ABOVE" };
    (format!("{made} {word}"), made > 0)
}
