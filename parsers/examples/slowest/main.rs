//! Looks for input that takes too long: a MiB of each of many shapes, made of the lines of small logs.
//!
//! `cargo run --release -p sentinel-parsers --example slowest -- fuzz/corpus/lines`
//!
//! Every log is repeated, so is each of its lines (as lines, as one giant line, behind what stands before
//! it, behind the whole log), and neighbouring lines take turns. Prints the slowest, and fails if one of
//! them takes longer than the second argument says, in milliseconds (50).

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use sentinel_parsers::Parser;

const MIB: usize = 1 << 20;
/// Tries of which the best counts, for what seems slow at first.
const TRIES: u32 = 5;
/// How many are printed.
const SHOWN: usize = 12;

struct Found {
    took: Duration,
    shape: String,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let dir = arguments
        .next()
        .unwrap_or_else(|| "fuzz/corpus/lines".to_owned());
    let limit = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(50);
    match run(Path::new(&dir), Duration::from_millis(limit)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{dir}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every shape of every log in the folder stays below the limit.
fn run(dir: &Path, limit: Duration) -> std::io::Result<bool> {
    let (mut found, mut shapes) = (Vec::new(), 0);
    let mut files: Vec<_> = std::fs::read_dir(dir)?
        .flatten()
        .map(|f| f.path())
        .collect();
    files.sort();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let log = std::fs::read(&file)?;
        let mut worst = Duration::ZERO;
        each_shape(&log, &mut |shape, input| {
            let mut took = time(input);
            if took > limit / 2 {
                took = (1..TRIES).map(|_| time(input)).fold(took, Duration::min);
            }
            shapes += 1;
            worst = worst.max(took);
            let shape = format!("{name}: {shape}");
            found.push(Found { took, shape });
        });
        println!("{:>8.1} ms at worst  {name}", millis(worst));
    }
    found.sort_by_key(|f| std::cmp::Reverse(f.took));
    let over = found.iter().take_while(|f| f.took > limit).count();
    println!(
        "{shapes} shapes of 1 MiB, {over} over {} ms; the slowest:",
        limit.as_millis()
    );
    for Found { took, shape } in found.iter().take(SHOWN.max(over.min(100))) {
        println!("{:>8.1} ms  {shape}", millis(*took));
    }
    Ok(over == 0)
}

/// Makes a MiB of every shape.
fn each_shape(log: &[u8], out: &mut dyn FnMut(&str, &[u8])) {
    out("all of it", &filled(&[], log));
    let lines: Vec<&[u8]> = log.split_inclusive(|b| *b == b'\n').collect();
    let mut from = 0;
    for (at, line) in lines.iter().enumerate() {
        let shape = |what: &str| {
            let mut text = format!("line {} {what}: ", at + 1);
            let _ = write!(text, "{:.60}", String::from_utf8_lossy(line).trim_end());
            text
        };
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        let before = &log[..from];
        from += line.len();
        out(&shape("again and again"), &filled(&[], line));
        out(&shape("again and again in one line"), &filled(&[], bare));
        out(&shape("behind those before it"), &filled(before, line));
        out(
            &shape("behind those before it, in one line"),
            &filled(before, bare),
        );
        out(
            &shape("and text"),
            &filled(&log[..from], b"some text of nobody\n"),
        );
        out(&shape("and blanks"), &filled(&log[..from], b"      \n"));
        out(
            &shape("and indented text"),
            &filled(&log[..from], b"    at x (y:1)\n"),
        );
        out(&shape("behind it all"), &filled(log, line));
        for far in [1, 2, 5] {
            if let Some(other) = lines.get(at + far) {
                let pair = [*line, *other].concat();
                out(
                    &shape(&format!("and that {far} below it in turn")),
                    &filled(&[], &pair),
                );
                out(
                    &shape(&format!(
                        "and that {far} below it in turn, behind those before"
                    )),
                    &filled(before, &pair),
                );
            }
        }
    }
}

/// A MiB that begins so and goes on with a text again and again.
fn filled(begin: &[u8], text: &[u8]) -> Vec<u8> {
    let mut input = begin.to_vec();
    if text.is_empty() {
        return input;
    }
    while input.len() < MIB {
        input.extend_from_slice(text);
    }
    input.truncate(MIB);
    input
}

/// How long a parser takes for the input.
fn time(input: &[u8]) -> Duration {
    let begin = Instant::now();
    let mut parser = Parser::new();
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

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
