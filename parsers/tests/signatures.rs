//! Own logs and lines of every class of error signature, and lines that nearly look like one: the parser
//! tells exactly what the fixtures say.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sentinel_parsers::{Body, Event, Parser};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/signatures")
}

/// The signatures of a text, one a line.
fn told(text: &str, chunk: usize) -> String {
    let mut told = String::new();
    let mut write = |event: &Event<'_>| {
        let Body::Signature(s) = &event.body else {
            return;
        };
        let _ = write!(told, "{}-{} {} ", event.line, s.end_line, s.class);
        let _ = s.exception.map(|e| write!(told, "{e}: "));
        told.push_str(s.message);
        let _ = s.outer.map(|outer| write!(told, " | of {outer}"));
        let _ = s.within.map(|line| write!(told, " | in {line}"));
        for frame in s.frames.into_iter().flatten() {
            let _ = write!(told, " | {frame}");
        }
        told.truncate(told.trim_end().len());
        told.push('\n');
    };
    let mut parser = Parser::with_dialects(|_| false);
    for piece in text.as_bytes().chunks(chunk) {
        parser.feed(piece, &mut write);
    }
    parser.finish(&mut write);
    told
}

#[test]
fn logs_give_the_occurrences_beside_them() {
    let update = std::env::var_os("UPDATE").is_some();
    let entries = std::fs::read_dir(fixtures()).expect("fixtures");
    let mut seen = 0;
    for path in entries.map(|e| e.expect("entry").path()) {
        if path.extension().is_none_or(|e| e != "log") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("log");
        let got = told(&text, usize::MAX);
        assert_eq!(got, told(&text, 1), "{} byte by byte", path.display());
        let beside = path.with_extension("told");
        if update {
            std::fs::write(&beside, &got).expect("told");
        }
        let wanted = std::fs::read_to_string(&beside).unwrap_or_default();
        assert_eq!(got, wanted, "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 9, "fixtures are missing");
}

#[test]
fn lines_are_of_their_class_and_near_misses_of_none() {
    let text = std::fs::read_to_string(fixtures().join("lines.txt")).expect("lines");
    // Of each class: right, wrong.
    let mut score: BTreeMap<&str, [u32; 2]> = BTreeMap::new();
    let mut wrong = String::new();
    for line in text.lines() {
        let (class, line) = line.split_once('|').expect("class and line");
        let told = told(line, usize::MAX);
        let got = told.split(' ').nth(1).unwrap_or("-");
        if got == class {
            score.entry(class).or_default()[0] += 1;
            continue;
        }
        score.entry(class).or_default()[1] += 1;
        let _ = writeln!(wrong, "{class}, told {got}: {line}");
    }
    println!("{:20} right missed", "class");
    for (class, [right, missed]) in &score {
        println!("{class:20} {right:5} {missed:6}");
    }
    assert!(wrong.is_empty(), "{wrong}");
}
