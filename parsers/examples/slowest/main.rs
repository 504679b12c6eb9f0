//! Looks for input that takes too long: a MiB of each of many shapes, made of the lines of small logs.
//!
//! `cargo run --release -p sentinel-parsers --example slowest -- fuzz/corpus 50 NAME...`
//!
//! The logs are those of the folders `lines`, `signatures` and `envelopes`, and the words of `words.dict`
//! beside them, each a line, and lines of escapes; or only those with one of the NAMEs. Prints what takes longer than the second
//! argument says, in milliseconds (50) on one core, without a redactor or with one, and fails if anything
//! does.
//!
//! A core shared with other machines is at times half as fast. What seems too slow is therefore tried
//! again, until it was tried at full pace: as fast as this core ever was in this run at a work that stays
//! the same.

mod pace;
mod shapes;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use sentinel_parsers::ParserOptions;
use sentinel_parsers::redact::{Key, Options, Redactor};

use pace::Pace;

/// How many of the slowest are printed at the end.
const SHOWN: usize = 12;

struct Found {
    took: Duration,
    shape: String,
}

/// What seemed too slow, to be tried again.
struct Suspect {
    found: usize,
    input: Vec<u8>,
    redacting: bool,
}

/// What was measured, and at what pace.
struct Measured {
    limit: Duration,
    pace: Pace,
    found: Vec<Found>,
    suspects: Vec<Suspect>,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let corpus = arguments.next().unwrap_or_else(|| "fuzz/corpus".to_owned());
    let limit = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(50);
    let names: Vec<String> = arguments.collect();
    let logs = match logs(Path::new(&corpus)) {
        Ok(logs) => logs,
        Err(error) => {
            eprintln!("{corpus}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let wanted = |name: &String| names.is_empty() || names.contains(name);
    let mut measured = Measured {
        limit: Duration::from_millis(limit),
        pace: Pace::of(&logs),
        found: Vec::new(),
        suspects: Vec::new(),
    };
    for (at, (name, log)) in logs
        .iter()
        .enumerate()
        .filter(|(_, (name, _))| wanted(name))
    {
        measured.measure(name, log, &logs[(at + 1) % logs.len()].1);
    }
    measured.try_again();
    measured.tell()
}

/// The logs, by name.
fn logs(corpus: &Path) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in ["lines", "signatures", "envelopes"] {
        let entries = std::fs::read_dir(corpus.join(folder))?;
        files.extend(entries.flatten().map(|f| f.path()));
    }
    files.sort();
    let name = |file: &Path| {
        file.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let mut logs = Vec::new();
    for file in files {
        logs.push((name(&file), std::fs::read(&file)?));
    }
    logs.push(("odd".to_owned(), shapes::ODD.to_vec()));
    if let Ok(words) = std::fs::read_to_string(corpus.join("../words.dict")) {
        logs.push(("words".to_owned(), shapes::words(&words)));
    }
    Ok(logs)
}

impl Measured {
    /// Times every shape of a log.
    fn measure(&mut self, name: &str, log: &[u8], other: &[u8]) {
        let mut worst = Duration::ZERO;
        self.pace.look();
        shapes::each(log, other, &mut |shape, input| {
            for redacting in [false, true] {
                let took = time(input, redacting);
                worst = worst.max(took);
                if took > self.limit {
                    self.suspects.push(Suspect {
                        found: self.found.len(),
                        input: input.to_vec(),
                        redacting,
                    });
                }
                let mode = if redacting { ", redacting" } else { "" };
                let shape = format!("{name}{mode}: {shape}");
                self.found.push(Found { took, shape });
            }
        });
        println!("{:>8.1} ms at worst  {name}", millis(worst));
    }

    /// Times the suspects again, until each was within the limit or had its tries at full pace; the best
    /// counts.
    fn try_again(&mut self) {
        let suspects = std::mem::take(&mut self.suspects);
        println!("{} shapes are tried again", suspects.len());
        for suspect in &suspects {
            let best = &mut self.found[suspect.found].took;
            let (limit, pace) = (self.limit, &mut self.pace);
            pace.retry(|| {
                *best = (*best).min(time(&suspect.input, suspect.redacting));
                *best <= limit
            });
        }
    }

    fn tell(mut self) -> ExitCode {
        self.found.sort_by_key(|f| std::cmp::Reverse(f.took));
        let over = self.found.iter().take_while(|f| f.took > self.limit);
        let (shapes, over) = (self.found.len(), over.count());
        let limit = millis(self.limit);
        println!("{shapes} shapes of 1 MiB, {over} over {limit} ms; the slowest:");
        for Found { took, shape } in self.found.iter().take(SHOWN) {
            println!("{:>8.1} ms  {shape}", millis(*took));
        }
        println!("{}", self.pace);
        match over {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        }
    }
}

/// How long a core works on the input.
fn time(input: &[u8], redacting: bool) -> Duration {
    let before = worked();
    let took = parse(input, redacting);
    match (before, worked()) {
        // The system counts a core's time in coarse steps.
        (Some(before), Some(after)) => took.min(after.saturating_sub(before).max(took / 8)),
        _ => took,
    }
}

/// How long a parser takes for the input, whoever else is on its core.
fn parse(input: &[u8], redacting: bool) -> Duration {
    let mut options = ParserOptions::new();
    let redactor = Redactor::new(&Options::new(Key::new(b"of this example")));
    if let (true, Ok(redactor)) = (redacting, redactor) {
        options = options.redactor(redactor);
    }
    let mut parser = options.parser();
    let begin = Instant::now();
    for chunk in input.chunks(64 * 1024) {
        parser.feed(chunk, &mut |event| {
            black_box(event);
        });
    }
    parser.finish(&mut |event| {
        black_box(event);
    });
    begin.elapsed()
}

/// How long this thread has been on a core, where the system tells: others may share the machine.
fn worked() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos = told.split(' ').next()?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
