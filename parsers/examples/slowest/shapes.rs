//! Shapes of a MiB made of a small log: what a log repeats, leaves open, counts up, nests or interleaves.

use std::fmt::Write as _;

const MIB: usize = 1 << 20;
/// Columns to which lines are indented in steps.
const COLUMNS: usize = 240;
/// How lines begin that are kept whole up to 16 MiB.
const REPORTS: [&[u8]; 3] = [b"{\"num", b"<?xml ", b"<testsuites>"];
/// Lines that show something else than their bytes, or nothing.
pub(crate) const ODD: &[u8] = b"\x1b]\x1b\\\n\x1b[G\n\x1b[1G x\n\x1b[\n\x1b]\n\x1b[31mok 1\n\x1b\nx\ry\n\r\n\xef\xbb\xbf\n\xff\n\xc3\n\0\n";
/// Bytes of a long line.
const LONG: usize = 60 * 1024;

/// What is told of a shape, and its MiB.
type Out<'o> = &'o mut dyn FnMut(&str, &[u8]);

/// Makes every shape of a log; `other` is what it takes turns with.
pub(crate) fn each(log: &[u8], other: &[u8], out: Out<'_>) {
    let lines: Vec<&[u8]> = log.split_inclusive(|b| *b == b'\n').collect();
    out("all of it", &filled(&[], log));
    out("all of it, in one line", &filled(&[], &joined(&lines)));
    out(
        "line by line with another log",
        &filled(&[], &in_turn(&lines, other)),
    );
    out("all of it, counted", &counted(&[], log));
    let lanes = |n: usize, line: &[u8]| [format!("job-{} | ", n % 100).as_bytes(), line].concat();
    out("all of it, of many writers", &made(&lines, &lanes));
    let deep =
        |n: usize, line: &[u8]| [" ".repeat(n / lines.len() % 120 * 2).as_bytes(), line].concat();
    out("all of it, ever deeper", &made(&lines, &deep));
    let mut from = 0;
    for (at, line) in lines.iter().enumerate() {
        let (before, with) = (&log[..from], &log[..from + line.len()]);
        from += line.len();
        let named = &mut |what: &str, input: &[u8]| {
            let mut text = format!("line {} {what}: ", at + 1);
            let _ = write!(text, "{:.60}", String::from_utf8_lossy(line).trim_end());
            out(&text, input);
        };
        alone(line, before, named);
        among(&lines[at..], before, with, named);
        named("behind it all", &filled(log, line));
    }
}

/// A line again and again, whatever stands before.
fn alone(line: &[u8], before: &[u8], out: Out<'_>) {
    let bare = line.strip_suffix(b"\n").unwrap_or(line);
    for (begin, how) in [(&[][..], ""), (before, " behind those before it")] {
        out(&format!("repeated{how}"), &filled(begin, line));
        out(&format!("repeated in one line{how}"), &filled(begin, bare));
        out(
            &format!("counted{how}"),
            &counted(begin, &[bare, b" 1\n"].concat()),
        );
    }
    for begin in REPORTS {
        let what = String::from_utf8_lossy(begin);
        out(
            &format!("repeated in one line behind {what}"),
            &filled(begin, bare),
        );
    }
    let deep = |n: usize, line: &[u8]| [" ".repeat(n % COLUMNS).as_bytes(), line].concat();
    out("ever deeper", &made(&[line], &deep));
    out(
        "huge numbers",
        &filled(&[], &numbers(line, "99999999999999999999")),
    );
    let end = bare.last().copied().unwrap_or(b' ');
    out(
        "long",
        &filled(&[], &[bare, &vec![end; LONG], b"\n"].concat()),
    );
    if let Some(quote) = bare.iter().rposition(|b| *b == b'"') {
        let (head, tail) = bare.split_at(quote);
        let escapes = b"\\u00e9\\\"\\n".repeat(LONG / 10);
        out(
            "long, of escapes",
            &filled(&[], &[head, &escapes, tail, b"\n"].concat()),
        );
    }
}

/// A line before others.
fn among(lines: &[&[u8]], before: &[u8], with: &[u8], out: Out<'_>) {
    out("and text", &filled(with, b"some text of nobody\n"));
    out("and blanks", &filled(with, b"      \n"));
    out("and empty lines", &filled(with, b"\n"));
    out("and indented text", &filled(with, b"    at x (y:1)\n"));
    out(
        "and a long line",
        &filled(with, &[&[b'x'; LONG][..], b"\n"].concat()),
    );
    for far in [1, 2, 5] {
        if let Some(other) = lines.get(far) {
            let pair = [lines[0], *other].concat();
            out(
                &format!("in turn with that {far} below"),
                &filled(&[], &pair),
            );
            out(
                &format!("in turn with that {far} below, behind those before"),
                &filled(before, &pair),
            );
        }
    }
}

/// The words of a fuzzer's dictionary, each a line.
pub(crate) fn words(dictionary: &str) -> Vec<u8> {
    let mut words = Vec::new();
    for row in dictionary.lines().filter(|row| !row.starts_with('#')) {
        let quoted = row
            .split_once('"')
            .and_then(|(_, rest)| rest.rsplit_once('"'));
        let Some((mut rest, _)) = quoted else {
            continue;
        };
        while let Some((plain, escaped)) = rest.split_once('\\') {
            words.extend_from_slice(plain.as_bytes());
            let code = escaped.strip_prefix('x').and_then(|hex| hex.get(..2));
            let code = code.and_then(|hex| u8::from_str_radix(hex, 16).ok());
            words.push(code.unwrap_or_else(|| escaped.bytes().next().unwrap_or(b'\\')));
            rest = escaped
                .get(if code.is_some() { 3 } else { 1 }..)
                .unwrap_or("");
        }
        words.extend_from_slice(rest.as_bytes());
        words.push(b'\n');
    }
    words
}

/// A MiB that begins so and goes on with a text again and again.
fn filled(begin: &[u8], text: &[u8]) -> Vec<u8> {
    let mut input = begin.to_vec();
    while input.len() < MIB && !text.is_empty() {
        input.extend_from_slice(text);
    }
    input.truncate(MIB);
    input
}

/// The same, each time with another number in the place of every number.
fn counted(begin: &[u8], text: &[u8]) -> Vec<u8> {
    let mut input = begin.to_vec();
    for n in 0.. {
        if input.len() >= MIB || text.is_empty() {
            break;
        }
        input.extend_from_slice(&numbers(text, &n.to_string()));
    }
    input.truncate(MIB);
    input
}

/// A MiB of lines in turn, made of the number of the line and itself.
fn made(lines: &[&[u8]], make: &dyn Fn(usize, &[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut input = Vec::new();
    for (n, line) in lines.iter().cycle().enumerate() {
        if input.len() >= MIB {
            break;
        }
        input.extend_from_slice(&make(n, line));
    }
    input.truncate(MIB);
    input
}

/// The text with that in the place of every number.
fn numbers(text: &[u8], number: &str) -> Vec<u8> {
    let mut replaced = Vec::new();
    for piece in text.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()) {
        match piece[0].is_ascii_digit() {
            true => replaced.extend_from_slice(number.as_bytes()),
            false => replaced.extend_from_slice(piece),
        }
    }
    replaced
}

/// Lines of two logs in turn.
fn in_turn(lines: &[&[u8]], other: &[u8]) -> Vec<u8> {
    let others = other.split_inclusive(|b| *b == b'\n').cycle();
    let pairs = lines.iter().zip(others);
    pairs.flat_map(|(a, b)| [a, b].concat()).collect()
}

/// Lines without their ends.
fn joined(lines: &[&[u8]]) -> Vec<u8> {
    let bare = |line: &&[u8]| line.strip_suffix(b"\n").unwrap_or(line).to_vec();
    lines.iter().flat_map(bare).collect()
}
