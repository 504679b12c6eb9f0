//! Two builds of this program on the same bytes in turn: what a change of the parser is worth.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};

use sentinel_benches::corpus::Corpora;
use sentinel_benches::parsing::{self, Redacting};

use crate::{Args, each};

/// Prints the parser's nanoseconds per line of each log, plain and while redacting.
pub(crate) fn tell(args: &Args, corpora: Option<&Corpora>) -> Result<(), String> {
    let redacting = Redacting::new()?;
    each(args, corpora, |name, bytes| {
        let [(_, lines), (parse, _), (redact, _)] = parsing::best(
            args.tries,
            [
                &mut || parsing::split(bytes),
                &mut || parsing::parse(black_box(bytes)),
                &mut || parsing::read(redacting.parser(), black_box(bytes)),
            ],
        )?;
        for (how, time) in [("parser", parse), ("redacting", redact)] {
            let ns = time.as_nanos() as f64 / lines as f64;
            println!("{name}, {how}\t{ns:.1}");
        }
        Ok(())
    })
}

/// Runs this program and the other in turn and prints what both need.
pub(crate) fn compare(args: &Args, corpora: Option<&Corpora>, other: &Path) -> Result<(), String> {
    let own = std::env::current_exe().map_err(|e| format!("cannot tell own path: {e}"))?;
    let mut best: BTreeMap<String, [f64; 2]> = BTreeMap::new();
    for _ in 0..args.tries.max(1) {
        for (side, program) in [own.as_path(), other].into_iter().enumerate() {
            for (what, ns) in told(args, corpora, program)? {
                let least = &mut best.entry(what).or_insert([f64::INFINITY; 2])[side];
                *least = least.min(ns);
            }
        }
    }
    println!(
        "{:28} {:>13} {:>13} {:>14}",
        "log", "this ns/line", "other ns/line", "speed-up"
    );
    for (what, [this, that]) in best {
        println!("{what:28} {this:>13.1} {that:>13.1} {:>13.2}x", that / this);
    }
    Ok(())
}

/// What the program prints with `--brief`.
fn told(
    args: &Args,
    corpora: Option<&Corpora>,
    program: &Path,
) -> Result<Vec<(String, f64)>, String> {
    let mut command = Command::new(program);
    command.args(["--brief", "--tries", "1", "--tests"]);
    command.arg(args.tests.to_string());
    match corpora {
        Some(c) => command
            .arg("--bench")
            .arg(c.bench())
            .arg("--files")
            .arg(c.files()),
        None => command.args(["--mib", "0"]),
    };
    let failed = |why: String| format!("{}: {why}", program.display());
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|e| failed(e.to_string()))?;
    if !output.status.success() {
        return Err(failed(output.status.to_string()));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let figures = text.lines().map(|line| {
        let (what, ns) = line.split_once('\t')?;
        Some((what.to_owned(), ns.parse().ok()?))
    });
    let figures: Option<Vec<_>> = figures.collect();
    figures.ok_or_else(|| failed("no figures".to_owned()))
}
