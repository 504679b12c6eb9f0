//! What common log libraries put before a message:
//!
//! ```text
//! 2026-03-01 00:00:00,123 INFO  [main] c.e.Class - text          log4j, Logback (any order)
//! 2026-03-01T00:00:00.123Z  INFO 1 --- [main] c.e.Class  : text  Spring Boot
//! 26/03/01 00:00:00 INFO Class: text                             Spark
//! 2026-03-01 00:00:00,123 - name - INFO - text                   Python's logging
//! INFO:name:text                                                 the same, unconfigured
//! 2026-03-01 00:00:00.123 | INFO     | mod:f:12 - text           loguru
//! [2026-03-01T00:00:00Z INFO  module] text                       env_logger
//! 2026-03-01T00:00:00.123456Z  INFO module: text                 tracing
//! 2026-03-01T00:00:00.123Z<tab>INFO<tab>name<tab>f.go:1<tab>text zap's console
//! 12:00AM INF text                                               zerolog's console
//! [12:00:00 INF] text                                            Serilog
//! INFO[0000] text                                                logrus on a terminal
//! 2026/03/01 00:00:00 [f.go:12:] text                            Go's log
//! 2026/03/01 00:00:00 [error] 12#12: text                        nginx
//! I, [2026-03-01T00:00:00.123456 #12]  INFO -- prog: text        Ruby's Logger
//! ```
//!
//! A level in capitals (or bracketed) must stand behind the time, so that a mere time before program
//! output is none of these; Go's `log` is told by its slashes.

mod message;

use super::{EnvelopeInfo, Look, Peeled, time};

pub(super) const INFO: EnvelopeInfo = EnvelopeInfo {
    id: "log_prefix",
    begins: |b| b.is_ascii_digit() || matches!(b, b'[' | 0x1b) || FIRST.contains(&b),
    peel,
    from_start: true,
    run: 1,
    logger: true,
    marked: false,
};

const LEVELS: [&[u8]; 20] = [
    b"TRACE",
    b"DEBUG",
    b"INFO",
    b"NOTICE",
    b"WARN",
    b"WARNING",
    b"ERROR",
    b"FATAL",
    b"CRITICAL",
    b"SEVERE",
    b"SUCCESS",
    b"PANIC",
    b"DPANIC",
    b"TRC",
    b"DBG",
    b"INF",
    b"WRN",
    b"ERR",
    b"FTL",
    b"PNC",
];

/// What levels begin with.
const FIRST: &[u8] = b"TDINWECFSP";

/// Longest word or group that is looked at, in bytes, and how many stand before the level.
const WORD_CAP: usize = 96;
const WORDS: usize = 5;

/// What stands in the names of loggers and threads, and in numbers.
const IN_WORD: [bool; 256] = {
    let (mut known, mut byte) = ([false; 256], 0);
    while byte < 256 {
        known[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let (marks, mut at) = (b"._$/:#-@*<>", 0);
    while at < marks.len() {
        known[marks[at] as usize] = true;
        at += 1;
    }
    known
};

/// A line while its parts are taken off the front.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    /// Steps over colours.
    fn plain(&mut self) -> &'a [u8] {
        while let Some(code) = self.0.strip_prefix(b"\x1b[") {
            let in_code = |b: &&u8| b.is_ascii_digit() || **b == b';';
            let length = code.iter().take(16).take_while(in_code).count();
            match code.get(length) {
                Some(b'm') => self.0 = &code[length + 1..],
                _ => break,
            }
        }
        self.0
    }

    /// Steps over blanks, and tells how many.
    fn blanks(&mut self) -> usize {
        let before = self.plain().len();
        while let [b' ' | b'\t', rest @ ..] = self.plain() {
            self.0 = rest;
        }
        before - self.0.len()
    }

    /// Steps over the text, whatever colours stand in it.
    fn eat(&mut self, text: &[u8]) -> bool {
        let before = self.0;
        for byte in text {
            match self.plain().split_first() {
                Some((first, rest)) if first == byte => self.0 = rest,
                _ => {
                    self.0 = before;
                    return false;
                }
            }
        }
        true
    }

    /// The word at the front: letters, digits and what stands in names of loggers.
    fn word(&self) -> &'a [u8] {
        let in_word = |b: &&u8| IN_WORD[usize::from(**b)];
        let length = self.0.iter().take(WORD_CAP).take_while(in_word).count();
        &self.0[..length]
    }

    /// The text inside `[...]` or `(...)` at the front.
    fn group(&mut self) -> Option<&'a [u8]> {
        let close = match self.plain().first()? {
            b'[' => b']',
            b'(' => b')',
            _ => return None,
        };
        let end = memchr::memchr(close, &self.0[..self.0.len().min(WORD_CAP)])?;
        let inside = &self.0[1..end];
        self.0 = &self.0[end + 1..];
        Some(inside)
    }

    /// A level in capitals at the front, colours, colon and all; tells its length.
    fn level(&mut self) -> Option<usize> {
        let text = self.plain();
        // Most words are none.
        if !text.first().is_some_and(|b| FIRST.contains(b)) {
            return None;
        }
        let length = text
            .iter()
            .take(9)
            .take_while(|b| b.is_ascii_uppercase())
            .count();
        if !LEVELS.contains(&&text[..length]) {
            return None;
        }
        let rest = &text[length..];
        let rest = rest.strip_prefix(b":").unwrap_or(rest);
        let apart = matches!(rest.first(), None | Some(b' ' | b'\t' | b']' | b'|' | 0x1b));
        if apart {
            self.0 = rest;
        }
        // `ERROR:  text`: the colon is followed by two blanks.
        apart.then_some(length - usize::from(text[length..].starts_with(b":")))
    }
}

fn is_level(text: &[u8]) -> bool {
    if !text
        .first()
        .is_some_and(|b| FIRST.contains(&b.to_ascii_uppercase()))
    {
        return false;
    }
    LEVELS.iter().any(|l| l.eq_ignore_ascii_case(text)) || text.eq_ignore_ascii_case(b"crit")
}

fn peel<'a>(look: &Look<'a>) -> Option<Peeled<'a>> {
    let mut rest = Rest(look.text);
    match rest.plain().first()? {
        b'0'..=b'9' => timed(&mut rest, look),
        b'[' => bracketed(&mut rest),
        _ => levelled(&mut rest),
    }
}

/// `[time level name] text`, or a time in brackets before the rest.
fn bracketed<'a>(rest: &mut Rest<'a>) -> Option<Peeled<'a>> {
    rest.0 = &rest.0[1..];
    let stamp = time::stamp(rest.plain());
    let time_ms = moment(rest, stamp)?.ms;
    if rest.eat(b"]") {
        return beyond_time(rest, time_ms);
    }
    rest.blanks();
    rest.level()?;
    let end = memchr::memchr(b']', &rest.0[..rest.0.len().min(2 * WORD_CAP)])?;
    let text = &rest.0[end + 1..];
    rest.0 = text;
    rest.plain();
    Some(told(rest.0.strip_prefix(b" ")?, time_ms))
}

/// What begins with a time.
fn timed<'a>(rest: &mut Rest<'a>, look: &Look<'a>) -> Option<Peeled<'a>> {
    let stamp = match rest.0.len() == look.text.len() {
        true => look.stamp(),
        false => time::stamp(rest.0),
    };
    let moment = moment(rest, stamp)?;
    if moment.go && !rest.plain().starts_with(b" [") {
        let text = rest.0.strip_prefix(b" ")?;
        return Some(told(behind_file(text), moment.ms));
    }
    beyond_time(rest, moment.ms)
}

/// The level, what may stand before it, and the logger behind it.
fn beyond_time<'a>(rest: &mut Rest<'a>, time_ms: Option<i64>) -> Option<Peeled<'a>> {
    for _ in 0..WORDS {
        separators(rest);
        let bracketed = |inside| is_level(inside).then_some(message::WIDTH);
        if let Some(level) = rest.level().or_else(|| rest.group().and_then(bracketed)) {
            return Some(told(message::behind_level(rest, level), time_ms));
        }
        // Groups were stepped over; a word must be a number, a zone, or parted from what follows.
        let word = rest.word();
        if word.is_empty() {
            continue;
        }
        rest.0 = &rest.0[word.len()..];
        let zone = word.len() <= 5 && word.iter().all(u8::is_ascii_uppercase);
        let number = word.iter().all(u8::is_ascii_digit);
        let after = rest.plain();
        let parted = after.trim_ascii_start().starts_with(b"- ")
            || after.trim_ascii_start().starts_with(b"|");
        if !(zone || number || parted) {
            return None;
        }
    }
    None
}

fn separators(rest: &mut Rest<'_>) {
    loop {
        let blanks = rest.blanks();
        let parted = blanks > 0 && (rest.eat(b"--- ") || rest.eat(b"-- ") || rest.eat(b"- "));
        if !parted && !rest.eat(b"|") {
            return;
        }
    }
}

/// Go's log may name the place: `file.go:12: text`.
fn behind_file(text: &[u8]) -> &[u8] {
    let end = memchr::memchr(b' ', &text[..text.len().min(WORD_CAP)]);
    match end.map(|end| (&text[..end], &text[end + 1..])) {
        Some((place, rest)) if memchr::memmem::find(place, b".go:").is_some() => rest,
        _ => text,
    }
}

/// Lines that begin with the level: `INFO:name:text`, `INFO[0000] text`, `I, [time #1]  INFO -- : text`.
fn levelled<'a>(rest: &mut Rest<'a>) -> Option<Peeled<'a>> {
    if rest.0.get(1..4) == Some(b", [") {
        rest.0 = &rest.0[4..];
        let stamp = time::stamp(rest.plain());
        let time_ms = moment(rest, stamp)?.ms;
        let end = memchr::memchr(b']', &rest.0[..rest.0.len().min(WORD_CAP)])?;
        rest.0 = &rest.0[end + 1..];
        rest.blanks();
        let end = memchr::memmem::find(&rest.0[..rest.0.len().min(WORD_CAP)], b": ")?;
        let (head, text) = rest.0.split_at(end);
        let ruby = memchr::memmem::find(head, b" -- ").is_some() || head.ends_with(b" --");
        return ruby.then(|| told(&text[2..], time_ms));
    }
    let length = rest
        .0
        .iter()
        .take(9)
        .take_while(|b| b.is_ascii_uppercase())
        .count();
    let (level, text) = rest.0.split_at(length);
    if !LEVELS.contains(&level) {
        return None;
    }
    rest.0 = text;
    if let Some(name) = text.strip_prefix(b":") {
        let in_name = |b: &&u8| b.is_ascii_alphanumeric() || b"._-".contains(b);
        let length = name.iter().take(WORD_CAP).take_while(in_name).count();
        let text = name[length..].strip_prefix(b":").filter(|_| length > 0)?;
        return Some(told(text, None));
    }
    let digits = rest.plain().strip_prefix(b"[")?;
    let length = digits
        .iter()
        .take(8)
        .take_while(|b| b.is_ascii_digit())
        .count();
    let text = digits[length..]
        .strip_prefix(b"]")
        .filter(|_| length >= 4)?;
    Some(told(text.strip_prefix(b" ").unwrap_or(text), None))
}

fn told(text: &[u8], time_ms: Option<i64>) -> Peeled<'_> {
    Peeled {
        time_ms,
        ..Peeled::new(text, true)
    }
}

/// A time as loggers write it.
struct Moment {
    ms: Option<i64>,
    /// Whether it is written as Go's log does it.
    go: bool,
}

/// Steps over a time: RFC 3339 and relatives, `2026/03/01 00:00:00`, `26/03/01 00:00:00`,
/// `00:00:00.123` or `12:00AM`.
fn moment(rest: &mut Rest<'_>, stamp: Option<time::Stamp>) -> Option<Moment> {
    let text = rest.plain();
    if let Some(stamp) = stamp {
        // With nine digits it is a runtime's time before whatever the line is.
        if stamp.digits == 9 && stamp.strict {
            return None;
        }
        rest.0 = &text[stamp.length..];
        return Some(Moment {
            ms: stamp.ms,
            go: false,
        });
    }
    let shape = |shape: &[u8]| {
        let fits = |(b, shape): (&u8, &u8)| match shape {
            b'0' => b.is_ascii_digit(),
            other => b == other,
        };
        text.len() >= shape.len() && text.iter().zip(shape).all(fits)
    };
    let (mut length, go) = if shape(b"0000/00/00 00:00:00") {
        (19, true)
    } else if shape(b"00/00/00 00:00:00") {
        (17, false)
    } else if shape(b"00:00:00") {
        (8, false)
    } else if shape(b"00:00AM") || shape(b"00:00PM") {
        (7, false)
    } else if shape(b"0:00AM") || shape(b"0:00PM") {
        (6, false)
    } else {
        return None;
    };
    if matches!(text.get(length), Some(b'.' | b',')) {
        let fraction = &text[length + 1..];
        length += 1 + fraction
            .iter()
            .take(9)
            .take_while(|b| b.is_ascii_digit())
            .count();
    }
    rest.0 = &text[length..];
    Some(Moment { ms: None, go })
}
