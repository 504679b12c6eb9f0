//! Streams of lines: the same events however they come, whoever looks at them, coloured or not.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use sentinel_parsers::cut::MESSAGE_CAP;
use sentinel_parsers::line::{LineSplitter, visible};
use sentinel_parsers::redact::{Key, Options, Redactor};
use sentinel_parsers::{Body, Event, ParserOptions};

/// Lines that put a stream behind those that are always looked at.
const IDLE: &[u8] = b"idle\n";
const IDLE_LINES: usize = 1100;
/// Dialects that read colours.
const COLOURED: [&str; 5] = ["phpunit", "bats", "rspec", "behave", "libtest"];
/// Dialects that need lines before one that holds a needle.
const LOOKING_BACK: [&str; 8] = [
    "bats", "doctest", "exunit", "mocha", "prove", "robot", "rspec", "tap",
];
/// The families of dialects.
const FAMILIES: &str = include_str!("../families");

/// Every dialect at once: the claims of [`Stream::check`], and lines are those of a naive splitter.
pub fn lines(data: &[u8]) {
    let Some(stream) = Stream::of(data) else {
        return;
    };
    stream.check(&|_| true);
    let mut splitter = LineSplitter::new();
    let mut found = Vec::new();
    for chunk in stream.bytes.chunks(stream.chunk) {
        splitter.feed(chunk, &mut |l| {
            found.push((l.offset, l.number, l.bytes.to_vec()))
        });
    }
    splitter.finish(&mut |l| found.push((l.offset, l.number, l.bytes.to_vec())));
    let mut offset = 0;
    for (at, line) in stream.bytes.split_inclusive(|b| *b == b'\n').enumerate() {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        assert_eq!(found[at], (offset, at as u64 + 1, text.to_vec()));
        offset += line.len() as u64;
    }
    assert_eq!(splitter.lines(), found.len() as u64);
}

/// The claims of [`Stream::check`] about the dialects of a family of `fuzz/families` alone; and that looking at every
/// line gives the same events without their secrets, too.
pub fn family(name: &str, data: &[u8]) {
    if let Some(stream) = Stream::of(data) {
        stream.check(&|id| family_of(id) == name);
        let exact = |id: &str| family_of(id) == name && !LOOKING_BACK.contains(&id);
        stream.check_passed_over(&|| {
            ParserOptions::new()
                .dialects(exact)
                .redactor(REDACTOR.fork())
        });
    }
}

/// No dialect at all: the claims of [`Stream::check`], and signatures are in bounds.
pub fn signatures(data: &[u8]) {
    let Some(stream) = Stream::of(data) else {
        return;
    };
    stream.check(&|_| false);
    let lines = stream.bytes.split_inclusive(|b| *b == b'\n').count() as u64;
    let mut check = |event: &Event<'_>| {
        let Body::Signature(of) = &event.body else {
            return;
        };
        assert!(event.line >= 1 && event.line <= of.end_line, "{event:?}");
        assert!(of.end_line <= lines, "{event:?}");
        // A part stands in its occurrence.
        assert!(
            of.within.is_none_or(|first| first <= event.line),
            "{event:?}"
        );
        assert!(
            !of.class.is_empty() && of.message.len() <= MESSAGE_CAP,
            "{event:?}"
        );
        assert!(
            of.fingerprint.starts_with("f1:") && of.group.starts_with("g1:"),
            "{event:?}"
        );
    };
    let mut parser = ParserOptions::new().dialects(|_| false).parser();
    parser.feed(stream.bytes, &mut check);
    parser.finish(&mut check);
}

/// The family of a dialect.
fn family_of(id: &str) -> &'static str {
    let rows = FAMILIES.lines().filter_map(|row| row.split_once(':'));
    let mut named = rows.filter(|(_, ids)| ids.split_whitespace().any(|known| known == id));
    named.next().map_or("others", |(family, _)| family)
}

/// Whether a dialect is wanted, by its id.
pub(crate) type Wanted<'w> = &'w dyn Fn(&str) -> bool;

/// Takes secrets out.
static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| {
    let options = Options::new(Key::new(b"fuzz"));
    Redactor::new(&options).expect("the table is right")
});

/// Whether a line may be the head of a Ruby exception.
fn may_be_ruby_head(line: &[u8]) -> bool {
    let text = visible(line);
    text.contains(":in '") || text.contains(":in `")
}

/// A stream as the fuzzer gives it: the last byte, a log's last line feed, says how long its chunks are,
/// and whether it begins late, behind many idle lines.
pub(crate) struct Stream<'a> {
    pub(crate) bytes: &'a [u8],
    chunk: usize,
    late: bool,
}

impl<'a> Stream<'a> {
    pub(crate) fn of(data: &'a [u8]) -> Option<Stream<'a>> {
        let (last, bytes) = data.split_last()?;
        Some(Stream {
            bytes,
            chunk: usize::from(last & 0x7f) + 1,
            late: *last >= 0x80,
        })
    }

    /// Any chunking gives the same events; so does a log without its escapes; and so does looking at
    /// every line.
    pub(crate) fn check(&self, wanted: Wanted<'_>) {
        let size = self.bytes.len().max(1);
        let whole = self.told(size, ParserOptions::new().dialects(wanted));
        let chunked = self.told(self.chunk, ParserOptions::new().dialects(wanted));
        same("in chunks", &chunked, &whole);
        if self.bytes.len() < 1024 {
            let bytewise = self.told(1, ParserOptions::new().dialects(wanted));
            same("byte by byte", &bytewise, &whole);
        }
        let exact = |id: &str| wanted(id) && !LOOKING_BACK.contains(&id);
        let enveloped = self.check_passed_over(&|| ParserOptions::new().dialects(exact));
        if !self.late && !enveloped {
            // One of them, and not always the same: what another claims is not shown to it.
            let one = LOOKING_BACK[self.bytes.len() % LOOKING_BACK.len()];
            let alone = |id: &str| id == one && wanted(id);
            self.check_passed_over(&|| ParserOptions::new().dialects(alone));
        }
        if !enveloped {
            self.check_stripped(wanted);
        }
    }

    /// Looking at every line gives the same events; tells whether there were envelopes.
    fn check_passed_over(&self, options: &dyn Fn() -> ParserOptions) -> bool {
        let size = self.bytes.len().max(1);
        let enveloped = Arc::new(AtomicBool::new(false));
        let every = self.told(size, watching(options().thorough(), &enveloped));
        let enveloped = enveloped.load(Ordering::Relaxed);
        if !enveloped && !is_smoke() && self.passes_over_nothing() {
            let some = self.told(size, options());
            // Fewer lines may be taken for those of several writers that more of them are not.
            let of_one = |e: &String| e.contains(", lane: 0,");
            if !some.iter().all(of_one) {
                return true;
            }
            same("every line looked at", &unplaced(&every), &unplaced(&some));
        }
        enveloped
    }

    /// A log gives the same events, up to offsets, without its escapes: where no dialect reads colours,
    /// and no envelope (whose shape escapes could hide) is in play.
    fn check_stripped(&self, wanted: Wanted<'_>) {
        let lines = self.bytes.split(|b| *b == b'\n');
        let escapes = |line: &&[u8]| line.iter().any(|b| matches!(b, 0x1b | b'\r'));
        let escaped: Vec<&[u8]> = lines.filter(escapes).collect();
        let mark = self.bytes.windows(3).any(|w| w == b"\xef\xbb\xbf");
        // A mark may come to the front. A Ruby head is found for a needle that only its escapes hide, see below.
        let hides = escaped.iter().any(|line| may_be_ruby_head(line));
        if escaped.is_empty() || mark || hides || self.has_long_lines() {
            return;
        }
        let plain = |id: &str| wanted(id) && !COLOURED.contains(&id);
        let mut coloured = self.bytes.to_vec();
        coloured.push(b'\n');
        let mut stripped = Vec::new();
        for line in self.bytes.split(|b| *b == b'\n') {
            stripped.extend_from_slice(visible(line).as_bytes());
            stripped.push(b'\n');
        }
        let enveloped = Arc::new(AtomicBool::new(false));
        let watch = || watching(ParserOptions::new().dialects(plain), &enveloped);
        let (before, after) = (bodies(&coloured, watch()), bodies(&stripped, watch()));
        if !enveloped.load(Ordering::Relaxed) {
            same("without escapes", &after, &before);
        }
    }

    /// Whether lines that are passed over would change no event, were they looked at. By design that is
    /// not so everywhere:
    ///
    /// - behind the first lines envelopes are looked for only here and there, and a logger's record is
    ///   kept for nobody who looks back (nor is a long line);
    /// - behind the first lines, none is shown to those who look back that stands above another one
    ///   that was looked at, or above one whose needle shows only without escapes, and nowhere one that
    ///   another dialect claimed ([`LOOKING_BACK`]);
    /// - the head of a Ruby exception that holds no needle is found by the stack below it, unless somebody
    ///   claimed or searched a line between;
    /// - a dialect that claims nothing for a thousand lines is put to rest.
    fn passes_over_nothing(&self) -> bool {
        let mut lines = self.bytes.split(|b| *b == b'\n');
        let few = lines.clone().count() <= 1000;
        few && !lines.any(may_be_ruby_head) && !self.has_long_lines()
    }

    fn has_long_lines(&self) -> bool {
        self.bytes
            .split(|b| *b == b'\n')
            .any(|line| line.len() > 1000)
    }

    /// Every event, printed, when the stream comes in chunks of `size`.
    fn told(&self, size: usize, options: ParserOptions) -> Vec<String> {
        let mut told = Vec::new();
        let mut parser = options.parser();
        let mut emit = |event: &Event<'_>| told.push(format!("{event:?}"));
        if self.late {
            parser.feed(&IDLE.repeat(IDLE_LINES), &mut emit);
        }
        for chunk in self.bytes.chunks(size) {
            parser.feed(chunk, &mut emit);
        }
        parser.finish(&mut emit);
        told
    }
}

/// The events of a stream without their places, printed.
pub(crate) fn bodies(stream: &[u8], options: ParserOptions) -> Vec<String> {
    let mut told = Vec::new();
    let mut parser = options.parser();
    let mut emit = |event: &Event<'_>| {
        let (line, dialect, body) = (event.line, event.dialect, &event.body);
        told.push(format!("line {line}, {dialect}: {body:?}"));
    };
    parser.feed(stream, &mut emit);
    parser.finish(&mut emit);
    told
}

/// Printed events without their offsets: a line that was passed over at first is told of where the
/// line is that gave it a meaning.
fn unplaced(told: &[String]) -> Vec<String> {
    let rest = |e: &String| e.split_once("line: ").map(|(_, rest)| rest.to_owned());
    told.iter().filter_map(rest).collect()
}

/// Whether this is the short run of every change (`fuzz/smoke`). It makes no claim that has exceptions
/// nobody has met yet: a long run is there to find them, a change is not to fail by chance.
pub(crate) fn is_smoke() -> bool {
    static SMOKE: LazyLock<bool> = LazyLock::new(|| std::env::var_os("FUZZ_SMOKE").is_some());
    *SMOKE
}

/// Notes whether an envelope is taken off any line.
pub(crate) fn watching(options: ParserOptions, enveloped: &Arc<AtomicBool>) -> ParserOptions {
    let enveloped = Arc::clone(enveloped);
    options.watch(move |seen| {
        if seen.waits || !seen.envelopes.is_empty() {
            enveloped.store(true, Ordering::Relaxed);
        }
    })
}

/// Stops at the first event that is another.
#[track_caller]
pub(crate) fn same(what: &str, one: &[String], other: &[String]) {
    let at = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let event = |of: &[String]| {
        of.get(at)
            .map_or(Cow::Borrowed("nothing"), |e| e.clone().into())
    };
    assert!(
        at == one.len() && at == other.len(),
        "event {at} {what}:\n  {}\ninstead of\n  {}",
        event(one),
        event(other)
    );
}
