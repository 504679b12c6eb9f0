//! `sentinel parse`: a plain Unix filter from test output to tests.

mod explain;
mod ndjson;

use std::io::{ErrorKind, Read, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use explain::Explainer;
use sentinel_parsers::dialect::DIALECTS;
use sentinel_parsers::{Body, Event, Ledger, Parser};
use sentinel_sidecar::reading::{KeyFile, Reading as Recipe};
use serde_json::{Value, json};

use crate::configuration;
use crate::exit::{Exit, Failure};
use crate::report::model::{Report, printed_json, test_json, totals_json};
use crate::report::{junit, table};
use crate::source::{KEY_FILE, data_dir};
use crate::style::Style;

/// Bytes read at a time.
const CHUNK: usize = 64 * 1024;
/// Signatures listed in one report; more are counted in a warning.
const SIGNATURES: usize = 10_000;

/// Reads test output and prints what it tells.
///
/// The framework is recognised by itself; several may share one log. Exits with 4 if no test was
/// seen, and with 0 otherwise, whatever the tests' results.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  go test -v ./... | sentinel parse --format table
  sentinel parse build.log | jq .totals
  tail -f build.log | sentinel parse --format ndjson -
  sentinel parse --explain build.log | grep -v by=")]
pub(crate) struct ParseArgs {
    /// The log; `-` or nothing for standard input
    #[arg(default_value = "-")]
    file: String,
    /// Dialects to look for, comma-separated; `auto` for all, `list` prints them
    #[arg(long, value_delimiter = ',', default_value = "auto")]
    dialect: Vec<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// Print each line with what became of it instead: envelopes taken off, who claimed it, what it told,
    /// what was redacted
    #[arg(long, conflicts_with = "format")]
    explain: bool,
    /// Configuration file, for patterns and redaction [default: sentinel.toml, if there is one]
    #[arg(long, env = "SENTINEL_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

/// The output formats of `parse`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One JSON object, schema sentinel.parse/1
    Json,
    /// One JSON object per event, as it is recognised
    Ndjson,
    /// JUnit XML
    Junit,
    /// For people
    Table,
}

/// Runs the subcommand.
pub(crate) fn run(args: &ParseArgs) -> Result<Exit, Failure> {
    if args.dialect.iter().any(|d| d == "list") {
        return list_dialects();
    }
    let options = recipe(args)?.options();
    let explainer = args.explain.then(|| Explainer::new(Style::stdout()));
    let options = match &explainer {
        Some(explainer) => explainer.watch(options),
        None => options,
    };
    let mut parser = options.parser();
    let mut reading = Reading {
        explainer,
        ..Reading::default()
    };
    let mut input = open(&args.file)?;
    let mut stdout = std::io::stdout().lock();
    let mut chunk = vec![0; CHUNK];
    loop {
        let n = match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            Err(e) => return Err(Failure::usage(format!("cannot read {}: {e}", args.file))),
        };
        parser.feed(&chunk[..n], &mut |event| reading.take(event, args.format));
        if !reading.flush(&mut stdout) {
            return Ok(Exit::Ok);
        }
    }
    parser.finish(&mut |event| reading.take(event, args.format));
    reading.warn(&parser);
    reading.finish();
    let text = match args.format {
        _ if args.explain => String::new(),
        Format::Json => format!("{}\n", reading.json(&parser)),
        Format::Ndjson => String::new(),
        Format::Junit => junit::report(&Report::of_ledger(&reading.ledger)),
        Format::Table => table::report(&Report::of_ledger(&reading.ledger), Style::stdout()),
    };
    reading.lines.extend_from_slice(text.as_bytes());
    if reading.flush(&mut stdout) && matches!(args.format, Format::Table | Format::Ndjson) {
        reading
            .warnings
            .iter()
            .for_each(|w| eprintln!("sentinel: {w}"));
    }
    let seen = !reading.ledger.totals().is_zero();
    Ok(if seen { Exit::Ok } else { Exit::NoTests })
}

fn open(file: &str) -> Result<Box<dyn Read>, Failure> {
    if file == "-" {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    let cannot = |e: std::io::Error| Failure::usage(format!("cannot read {file}: {e}"));
    let opened = std::fs::File::open(file).map_err(cannot)?;
    if opened.metadata().map_err(cannot)?.is_dir() {
        return Err(Failure::usage(format!(
            "cannot read {file}: it is a directory; name a log file"
        )));
    }
    Ok(Box::new(opened))
}

fn list_dialects() -> Result<Exit, Failure> {
    let mut out = std::io::stdout().lock();
    for dialect in DIALECTS {
        // Nobody is left to tell when standard output is gone.
        let _ = writeln!(out, "{:<16} {}", dialect.id, dialect.summary);
    }
    Ok(Exit::Ok)
}

/// How the log is read: as the configuration says, with the dialects that the flag asks for.
fn recipe(args: &ParseArgs) -> Result<Recipe, Failure> {
    known(&args.dialect)?;
    let (config, _) = configuration::load(args.config.as_deref())?;
    let kept = data_dir(None).ok().map(|dir| dir.join(KEY_FILE));
    let key_file = kept.as_deref().map_or(KeyFile::Nowhere, KeyFile::Perhaps);
    let recipe = Recipe::new(&config, key_file).map_err(|e| Failure::usage(e.to_string()))?;
    Ok(recipe.dialects(&args.dialect))
}

/// Whether the flag asks for dialects that exist; an unknown one is the user's mistake.
fn known(names: &[String]) -> Result<(), Failure> {
    for name in names.iter().filter(|n| *n != "auto") {
        if !DIALECTS.iter().any(|d| d.id == name) {
            let known: Vec<&str> = DIALECTS.iter().map(|d| d.id).collect();
            let line = format!(
                "unknown dialect '{name}'; known are auto, {}",
                known.join(", ")
            );
            return Err(Failure::usage(line));
        }
    }
    Ok(())
}

/// The frames a signature tells.
fn frames<'a>(signature: &sentinel_parsers::event::Signature<'a>) -> Vec<&'a str> {
    signature.frames.into_iter().flatten().collect()
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    ledger: Ledger,
    signatures: Vec<Value>,
    signatures_left_out: u64,
    warnings: Vec<String>,
    /// Output not written yet.
    lines: Vec<u8>,
    /// Who explains each line, if that was asked for.
    explainer: Option<Explainer>,
}

impl Reading {
    fn take(&mut self, event: &Event<'_>, format: Format) {
        self.ledger.apply(event);
        if let Some(explainer) = &self.explainer {
            return explainer.take(event);
        }
        if format == Format::Ndjson {
            ndjson::event(event, &mut self.lines);
        } else if let Body::Signature(signature) = &event.body {
            if self.signatures.len() >= SIGNATURES {
                self.signatures_left_out += 1;
                return;
            }
            self.signatures.push(json!({
                "class": signature.class,
                "line": event.line,
                "end_line": signature.end_line,
                "fingerprint": signature.fingerprint,
                "group": signature.group,
                "exception": signature.exception,
                "excerpt": signature.message,
                "outer": signature.outer,
                "within": signature.within,
                "frames": frames(signature),
            }));
        }
    }

    /// The stream is over.
    fn finish(&mut self) {
        if let Some(explainer) = &self.explainer {
            explainer.finish(&mut self.lines);
        }
    }

    /// Writes out what is pending; false if nobody reads any more.
    fn flush(&mut self, out: &mut impl Write) -> bool {
        if let Some(explainer) = &self.explainer {
            explainer.drain(&mut self.lines);
        }
        if self.lines.is_empty() {
            return true;
        }
        let written = out.write_all(&self.lines).and_then(|()| out.flush());
        self.lines.clear();
        written.is_ok()
    }

    fn warn(&mut self, parser: &Parser) {
        let mut warn = |n: u64, what: &str| {
            if n > 0 {
                self.warnings.push(format!("{n} {what}"));
            }
        };
        warn(
            parser.cut_bytes(),
            "bytes of lines over 64 KiB were not read",
        );
        warn(
            self.ledger.dropped(),
            "results beyond 200000 tests were counted without their names",
        );
        warn(
            self.signatures_left_out,
            "error signatures beyond 10000 were left out",
        );
        if let Some(planned) = self
            .ledger
            .planned()
            .filter(|p| *p > self.ledger.totals().total())
        {
            let seen = self.ledger.totals().total();
            self.warnings
                .push(format!("{planned} tests were announced, {seen} were seen"));
        }
    }

    fn json(&self, parser: &Parser) -> Value {
        let report = Report::of_ledger(&self.ledger);
        json!({
            "schema": "sentinel.parse/1",
            "dialects": report.dialects,
            "bytes": parser.read(),
            "lines": parser.lines(),
            "totals": totals_json(&report.totals),
            "printed_totals": printed_json(report.printed),
            "tests": report.tests.iter().map(test_json).collect::<Vec<_>>(),
            "signatures": self.signatures,
            "warnings": self.warnings,
        })
    }
}
