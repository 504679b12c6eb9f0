//! Four times the bytes, four times the time: a quarter of each log beside all of it. Memory is measured by
//! another program, whose allocator counts and is slower for it.

use std::hint::black_box;
use std::process::Command;

use sentinel_benches::corpus::Corpora;
use sentinel_benches::figures::quarter;
use sentinel_benches::parsing::{self, Redacting};
use sentinel_benches::process::sibling;

use crate::{Args, each, judged};

/// The most that the time per byte may grow.
const SLACK: f64 = 1.15;

/// Prints how the time grows, then how the memory does.
pub(crate) fn show(args: &Args, corpora: Option<&Corpora>) -> Result<(), String> {
    let mut missed = 0;
    println!(
        "{:14} {:>8} {:>8} {:>11} {:>11} {:>12}",
        "log", "MB", "bytes", "parser", "redacting", "at most"
    );
    let redacting = Redacting::new()?;
    each(args, corpora, |name, bytes| {
        let few = quarter(bytes);
        let secret = |bytes| parsing::read(redacting.parser(), black_box(bytes));
        let [small, large, small_secret, large_secret] = parsing::best(
            args.tries,
            [
                &mut || parsing::parse(black_box(few)),
                &mut || parsing::parse(black_box(bytes)),
                &mut || secret(few),
                &mut || secret(bytes),
            ],
        )?
        .map(|(time, _)| time.as_secs_f64());
        let size = bytes.len() as f64 / few.len().max(1) as f64;
        let (plain, secret) = (large / small, large_secret / small_secret);
        let most = size * SLACK;
        let right = plain <= most && secret <= most;
        missed += usize::from(!right);
        println!(
            "{name:14} {:>8.1} {size:>7.2}x {plain:>10.2}x {secret:>10.2}x {most:>11.2}x {}",
            bytes.len() as f64 / 1e6,
            if right { "ok" } else { "ABOVE" }
        );
        Ok(())
    })?;
    println!();
    let mut command = Command::new(sibling("parse_memory")?);
    command.args(["--tests", &args.tests.to_string()]);
    match corpora {
        Some(c) => command
            .arg("--bench")
            .arg(c.bench())
            .arg("--files")
            .arg(c.files()),
        None => command.args(["--mib", "0"]),
    };
    if args.strict {
        command.arg("--strict");
    }
    match command.status() {
        Ok(status) if status.success() => judged(args, missed),
        Ok(status) => Err(format!("parse_memory: {status}")),
        Err(e) => Err(format!("parse_memory: {e}")),
    }
}
