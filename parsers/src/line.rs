//! Cuts a byte stream into lines: bounded, chunk-invariant, without copying what lies in one piece.

use std::borrow::Cow;

/// Bytes of a line that are kept; the rest of a longer line is read through and counted.
/// The figure follows common container runtimes, which cut at 16 KiB, with room to spare.
pub const LINE_CAP: usize = 64 * 1024;
/// Bytes kept of a line that is a whole report: test runners print one as a single line of JSON or XML.
pub const REPORT_CAP: usize = 16 * 1024 * 1024;
/// The buffer of a longer line grows by this part of its size.
const GROWTH: usize = 4;
/// How such reports begin: `jest --json` and Vitest's `json` reporter; JUnit's XML, which pytest and
/// others write without line feeds.
const REPORT_OPENINGS: [&[u8]; 3] = [b"{\"num", b"<?xml ", b"<testsuite"];
/// Bytes that tell whether a line is a report.
const OPENING: usize = 10;

/// What stands in a line that goes on with such a report: the text of a failure has line feeds, so what
/// follows it begins with anything.
const REPORT_INSIDE: &[u8] = b"<testcase ";

/// How many bytes are kept of the line that begins so; what the first [`LINE_CAP`] bytes hold decides.
pub(crate) fn cap_of(head: &[u8]) -> usize {
    let opens = |opening: &&[u8]| head.starts_with(opening);
    let whole = head.get(..LINE_CAP);
    let inside = |head: &[u8]| memchr::memmem::find(head, REPORT_INSIDE).is_some();
    match REPORT_OPENINGS.iter().any(opens) || whole.is_some_and(inside) {
        true => REPORT_CAP,
        false => LINE_CAP,
    }
}

/// A line as it stands in the stream, without its line feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawLine<'a> {
    /// At most [`LINE_CAP`] bytes ([`REPORT_CAP`] of a report), without `\n`.
    pub bytes: &'a [u8],
    /// Offset of the first byte in the logical stream.
    pub offset: u64,
    /// 1-based number.
    pub number: u64,
    /// Bytes of the line that were cut off because of the cap.
    pub cut: u64,
    /// Whether a line feed ended it; only the last line of a stream may lack one.
    pub terminated: bool,
}

/// Cuts chunks into lines. Any chunking of the same bytes gives the same lines.
///
/// ```
/// use sentinel_parsers::line::LineSplitter;
/// let mut lines = Vec::new();
/// let mut splitter = LineSplitter::new();
/// for chunk in [&b"one\ntw"[..], b"o\nthree"] {
///     splitter.feed(chunk, &mut |l| lines.push(l.bytes.to_vec()));
/// }
/// splitter.finish(&mut |l| lines.push(l.bytes.to_vec()));
/// assert_eq!(lines, [b"one".to_vec(), b"two".to_vec(), b"three".to_vec()]);
/// ```
#[derive(Debug, Default)]
pub struct LineSplitter {
    /// Beginning of a line whose end has not come yet.
    pending: Vec<u8>,
    /// Bytes of the pending line beyond the cap.
    cut: u64,
    /// How many bytes of it are kept, once that is known.
    cap: Option<usize>,
    /// Offset of the pending line's first byte.
    start: u64,
    /// Lines completed.
    count: u64,
    /// Bytes cut from lines over the cap, in all.
    cut_total: u64,
}

impl LineSplitter {
    /// A splitter at offset 0.
    #[must_use]
    pub fn new() -> LineSplitter {
        LineSplitter::default()
    }

    /// A splitter whose first byte stands at the given offset.
    #[must_use]
    pub fn starting_at(offset: u64) -> LineSplitter {
        LineSplitter {
            start: offset,
            ..LineSplitter::default()
        }
    }

    /// Reads a chunk and hands over every line it completes.
    pub fn feed(&mut self, chunk: &[u8], out: &mut dyn FnMut(RawLine<'_>)) {
        self.feed_blocks(chunk, &mut |block| block.each(out));
    }

    /// Hands over the last line if it lacks a line feed.
    pub fn finish(&mut self, out: &mut dyn FnMut(RawLine<'_>)) {
        self.finish_blocks(&mut |block| block.each(out));
    }

    /// Reads a chunk and hands over the lines it completes, all that lie in one piece at once. Whoever
    /// takes a block says how many lines it had, and how many bytes were cut from them.
    pub(crate) fn feed_blocks(
        &mut self,
        mut chunk: &[u8],
        out: &mut dyn FnMut(Block<'_>) -> BlockEnd,
    ) {
        if self.has_pending() {
            match memchr::memchr(b'\n', chunk) {
                None => return self.keep(chunk),
                Some(end) => {
                    self.keep(&chunk[..end]);
                    self.take_pending(true, out);
                    chunk = &chunk[end + 1..];
                }
            }
        }
        let Some(last) = memchr::memrchr(b'\n', chunk) else {
            return self.keep(chunk);
        };
        let (lines, rest) = chunk.split_at(last + 1);
        self.take(lines, 0, out);
        self.start += lines.len() as u64;
        self.keep(rest);
    }

    /// Hands over the last line if it lacks a line feed.
    pub(crate) fn finish_blocks(&mut self, out: &mut dyn FnMut(Block<'_>) -> BlockEnd) {
        if self.has_pending() {
            self.take_pending(false, out);
        }
    }

    /// The bytes from [`LineSplitter::position`] up to `offset` are lost: the pending beginning of a
    /// line is dropped with them, and the next byte fed, a line start, stands at `offset`.
    pub fn skip_to(&mut self, offset: u64) {
        self.pending.clear();
        (self.cut, self.cap) = (0, None);
        self.start = offset;
    }

    /// Offset of the first byte that belongs to no completed line.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.start
    }

    /// Offset after the last byte read.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.start + self.pending.len() as u64 + self.cut
    }

    /// Number of lines completed.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.count
    }

    /// Bytes cut from lines over the cap.
    #[must_use]
    pub fn cut_bytes(&self) -> u64 {
        self.cut_total + self.cut
    }

    fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    fn keep(&mut self, bytes: &[u8]) {
        let mut left = bytes;
        if self.pending.len() < OPENING {
            // Enough to know the cap, however the bytes are cut into chunks.
            let head = left.len().min(OPENING - self.pending.len());
            self.pending.extend_from_slice(&left[..head]);
            left = &left[head..];
        }
        // Up to here every line is kept; then its beginning tells how much more, however it came.
        let room = LINE_CAP.saturating_sub(self.pending.len());
        let kept = left.len().min(room);
        self.pending.extend_from_slice(&left[..kept]);
        left = &left[kept..];
        if left.is_empty() {
            return;
        }
        let cap = *self.cap.get_or_insert_with(|| cap_of(&self.pending));
        let kept = left.len().min(cap - self.pending.len());
        let (has, needs) = (self.pending.capacity(), self.pending.len() + kept);
        if needs > has {
            // Not by doubling: what a report takes is to be near its size.
            let grown = needs.max(has + has / GROWTH);
            self.pending.reserve_exact(grown - self.pending.len());
        }
        self.pending.extend_from_slice(&left[..kept]);
        self.cut += (left.len() - kept) as u64;
    }

    /// Hands a block over; `cut` bytes were cut from its one line before.
    fn take(&mut self, bytes: &[u8], cut: u64, out: &mut dyn FnMut(Block<'_>) -> BlockEnd) {
        let end = out(Block {
            bytes,
            offset: self.start,
            number: self.count + 1,
            cut,
        });
        self.count += end.lines;
        self.cut_total += end.cut;
    }

    fn take_pending(&mut self, terminated: bool, out: &mut dyn FnMut(Block<'_>) -> BlockEnd) {
        let mut bytes = std::mem::take(&mut self.pending);
        self.cap = None;
        let length = bytes.len() as u64 + self.cut + u64::from(terminated);
        if terminated {
            bytes.push(b'\n');
        }
        let cut = std::mem::take(&mut self.cut);
        self.take(&bytes, cut, out);
        self.start += length;
        bytes.clear();
        self.pending = bytes;
    }
}

/// Whole lines in one piece; only the last line of a stream may lack its line feed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block<'a> {
    /// The lines with their line feeds.
    pub(crate) bytes: &'a [u8],
    /// Offset of the first byte in the logical stream.
    pub(crate) offset: u64,
    /// Number of the first line.
    pub(crate) number: u64,
    /// Bytes cut from the block's one line before it came here.
    pub(crate) cut: u64,
}

/// What was in a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BlockEnd {
    /// Lines.
    pub(crate) lines: u64,
    /// Bytes cut from lines over the cap.
    pub(crate) cut: u64,
}

impl<'a> Block<'a> {
    /// Every line of the block, cut to the cap, in order.
    fn each(&self, out: &mut dyn FnMut(RawLine<'_>)) -> BlockEnd {
        let mut end = BlockEnd::default();
        let mut from = 0;
        while from < self.bytes.len() {
            let to = memchr::memchr(b'\n', &self.bytes[from..]);
            let to = to.map_or(self.bytes.len(), |length| from + length);
            let line = self.line(from, to, self.number + end.lines);
            end.lines += 1;
            end.cut += line.cut;
            out(line);
            from = to + 1;
        }
        end
    }

    /// The line between two places of the block, cut to the cap.
    pub(crate) fn line(&self, from: usize, to: usize, number: u64) -> RawLine<'a> {
        let whole = &self.bytes[from..to];
        let bytes = &whole[..whole.len().min(cap_of(whole))];
        RawLine {
            bytes,
            offset: self.offset + from as u64,
            number,
            cut: (whole.len() - bytes.len()) as u64 + self.cut,
            terminated: to < self.bytes.len(),
        }
    }
}

/// The text a person would see: no trailing CR, of CR-overwritten progress only the last state,
/// nor of what a return to column 1 (`ESC [ G`) overwrote,
/// no ANSI escapes (CSI, OSC, two-byte), no byte order mark at the very start, U+FFFD for what is
/// not UTF-8. Borrows unless something had to be taken out.
///
/// ```
/// use sentinel_parsers::line::visible;
/// assert_eq!(visible(b"\x1b[32mok\x1b[0m 1 - adds\r"), "ok 1 - adds");
/// assert_eq!(visible(b"10%\r99%\rdone"), "done");
/// ```
#[must_use]
pub fn visible(bytes: &[u8]) -> Cow<'_, str> {
    let mut rest = bytes;
    while let [head @ .., b'\r'] = rest {
        rest = head;
    }
    if let Some(cr) = memchr::memrchr(b'\r', rest) {
        rest = &rest[cr + 1..];
    }
    if memchr::memchr(0x1b, rest).is_none() {
        return visible_plain(rest);
    }
    rest = rest.strip_prefix(b"\xef\xbb\xbf").unwrap_or(rest);
    rest = after_column_one(rest);
    let mut plain = Vec::with_capacity(rest.len());
    while let Some(esc) = memchr::memchr(0x1b, rest) {
        plain.extend_from_slice(&rest[..esc]);
        rest = &rest[esc + escape_len(&rest[esc..])..];
    }
    plain.extend_from_slice(rest);
    match String::from_utf8(plain) {
        Ok(text) => Cow::Owned(text),
        Err(bad) => Cow::Owned(String::from_utf8_lossy(bad.as_bytes()).into_owned()),
    }
}

/// [`visible`] of a line that has no escapes, and no carriage returns but at its end.
#[inline]
pub(crate) fn visible_plain(bytes: &[u8]) -> Cow<'_, str> {
    let mut rest = bytes;
    while let [head @ .., b'\r'] = rest {
        rest = head;
    }
    rest = rest.strip_prefix(b"\xef\xbb\xbf").unwrap_or(rest);
    // Much faster for what is valid than the lossy conversion, which goes byte by byte.
    match simdutf8::basic::from_utf8(rest) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(rest),
    }
}

/// [`visible_plain`] of a line that is text.
#[inline]
pub(crate) fn visible_text(text: &str) -> &str {
    let rest = match text.as_bytes().last() {
        Some(b'\r') => text.trim_end_matches('\r'),
        _ => text,
    };
    rest.strip_prefix('\u{feff}').unwrap_or(rest)
}

/// What follows the last `ESC [ G` or `ESC [ 1 G` (cursor to column 1, a carriage return in all but
/// name) behind which anything is written or erased.
fn after_column_one(line: &[u8]) -> &[u8] {
    let mut end = line.len();
    let mut written = false;
    while let Some(at) = memchr::memmem::rfind(&line[..end], b"\x1b[") {
        let after = (at + escape_len(&line[at..])).min(end);
        written |= after < end || matches!(line[after - 1], b'K' | b'J');
        let home = matches!(&line[at..after], b"\x1b[G" | b"\x1b[0G" | b"\x1b[1G");
        if home && written {
            return &line[after..];
        }
        end = at;
    }
    line
}

/// Length of the escape sequence at the start of `bytes`, which begin with ESC (ECMA-48: CSI is
/// ended by 0x40-0x7e, OSC, DCS, PM and APC by BEL or ST). An unended one reaches to the end.
fn escape_len(bytes: &[u8]) -> usize {
    match bytes.get(1) {
        None => 1,
        Some(b'[') => bytes[2..]
            .iter()
            .position(|b| (0x40..=0x7e).contains(b))
            .map_or(bytes.len(), |i| i + 3),
        Some(b']' | b'P' | b'^' | b'_') => {
            // Both ends in one pass: an end that is far away must not be looked for again and again.
            let mut at = 2;
            while let Some(end) = memchr::memchr2(0x07, 0x1b, &bytes[at..]) {
                at += end + 1;
                match (bytes[at - 1], bytes.get(at)) {
                    (0x07, _) => return at,
                    (_, Some(b'\\')) => return at + 1,
                    _ => {}
                }
            }
            bytes.len()
        }
        Some(0x20..=0x2f) => bytes[1..]
            .iter()
            .position(|b| (0x30..=0x7e).contains(b))
            .map_or(bytes.len(), |i| i + 2),
        Some(_) => 2,
    }
}

#[cfg(test)]
mod tests;
