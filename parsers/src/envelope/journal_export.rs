//! `journalctl -o export`: an entry is several lines `FIELD=value` and a blank one; a value that is
//! not plain text comes as the field's name on a line, eight bytes of length and the bytes
//! (<https://systemd.io/JOURNAL_EXPORT_FORMATS/#journal-export-format>).
//!
//! The only envelope that is wider than a line, so it is taken off before all others, which look at
//! the `MESSAGE` inside.

use std::borrow::Cow;

use super::{Item, Said, time};
use crate::line::{LINE_CAP, RawLine};

/// Lines an entry may have; what goes on longer is not an entry.
const LINES: u32 = 4096;
/// Longest value of given length that is believed, in bytes.
const VALUE_CAP: u64 = 16 * 1024 * 1024;
/// Bytes of a time or a writer that are kept.
const WORD_CAP: usize = 128;

/// The entry that is being read.
#[derive(Default)]
pub(super) struct Journal {
    entry: Option<Entry>,
}

#[derive(Default)]
struct Entry {
    lines: u32,
    message: Option<Vec<u8>>,
    cut: bool,
    /// Line of the message.
    number: u64,
    time: Vec<u8>,
    source_time: bool,
    writer: (u8, Vec<u8>),
    /// A value of given length that is being read.
    binary: Option<Binary>,
}

struct Binary {
    field: Vec<u8>,
    length: Vec<u8>,
    /// Bytes still to come, with the line feed behind them; known once `length` is whole.
    left: Option<u64>,
    value: Vec<u8>,
    number: u64,
}

/// What a line is to the journal.
pub(super) enum Read {
    /// No part of an entry.
    Other,
    /// Part of one.
    Taken,
    /// The end of one.
    Whole(Item<'static>),
}

/// How well a field tells who wrote an entry; 0 for not at all. The stream's identifier is that of
/// one program's output, whichever process writes to it.
pub(super) fn writer_rank(field: &[u8]) -> u8 {
    match field {
        b"_STREAM_ID" => 3,
        b"SYSLOG_IDENTIFIER" => 2,
        b"_COMM" => 1,
        _ => 0,
    }
}

impl Journal {
    /// Whether lines must be shown to [`Journal::line`] whatever they begin with.
    pub(super) fn is_open(&self) -> bool {
        self.entry.is_some()
    }

    /// How an entry begins.
    pub(super) const BEGINNING: &'static str = "__CURSOR=";

    /// Whether a line begins an entry.
    pub(super) fn begins(line: &[u8]) -> bool {
        line.starts_with(Journal::BEGINNING.as_bytes())
    }

    pub(super) fn line(&mut self, raw: &RawLine<'_>) -> Read {
        if self.entry.is_none() && Journal::begins(raw.bytes) {
            self.entry = Some(Entry::default());
        }
        let Some(entry) = &mut self.entry else {
            return Read::Other;
        };
        entry.lines += 1;
        if let Some(binary) = &mut entry.binary {
            if binary.take(raw) {
                entry.close_binary();
            } else if binary.left.is_some_and(|left| left > VALUE_CAP) {
                self.entry = None;
                return Read::Other;
            }
            return Read::Taken;
        }
        let line = raw.bytes.strip_suffix(b"\r").unwrap_or(raw.bytes);
        if line.is_empty() {
            return self.whole().map_or(Read::Taken, Read::Whole);
        }
        let name = line.iter().take(64).take_while(|b| is_field(**b)).count();
        let (field, rest) = line.split_at(name);
        match rest {
            _ if entry.lines > LINES || name == 0 => {
                // Not an entry after all, or one that was torn.
                self.entry = None;
                return Read::Other;
            }
            [b'=', value @ ..] => entry.field(field, value, raw),
            [] => entry.binary = Some(Binary::new(field, raw.number)),
            _ => {
                self.entry = None;
                return Read::Other;
            }
        }
        Read::Taken
    }

    /// The stream is over: an entry whose blank line is missing.
    pub(super) fn finish(&mut self) -> Option<Item<'static>> {
        self.whole()
    }

    /// Bytes were lost: an entry begun before them is not to be joined with what follows, which may
    /// be the rest of one.
    pub(super) fn forget(&mut self) {
        if self.entry.is_some() {
            self.entry = Some(Entry::default());
        }
    }

    fn whole(&mut self) -> Option<Item<'static>> {
        let mut entry = self.entry.take()?;
        let mut key = std::mem::take(&mut entry.writer.1);
        if !key.is_empty() {
            key.push(b'\n');
        }
        Some(Item {
            text: Cow::Owned(entry.message?),
            said: Said {
                key,
                time_ms: time::since_1970(&entry.time),
                path: Said::JOURNAL,
                ..Said::default()
            },
            record: None,
            cut: entry.cut,
            number: entry.number,
        })
    }
}

fn is_field(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'
}

impl Entry {
    fn field(&mut self, field: &[u8], value: &[u8], raw: &RawLine<'_>) {
        self.cut |= raw.cut > 0 && field == b"MESSAGE";
        self.value(field, value, raw.number);
    }

    fn value(&mut self, field: &[u8], value: &[u8], number: u64) {
        let word = &value[..value.len().min(WORD_CAP)];
        let rank = writer_rank(field);
        match field {
            b"MESSAGE" => {
                self.message = Some(value.to_vec());
                self.number = number;
            }
            b"_SOURCE_REALTIME_TIMESTAMP" => {
                self.source_time = true;
                self.time = word.to_vec();
            }
            b"__REALTIME_TIMESTAMP" if !self.source_time => self.time = word.to_vec(),
            _ if rank > self.writer.0 => self.writer = (rank, word.to_vec()),
            _ => {}
        }
    }

    fn close_binary(&mut self) {
        if let Some(binary) = self.binary.take() {
            self.cut |= binary.left.is_some_and(|left| left > 0);
            self.value(&binary.field, &binary.value, binary.number);
        }
    }
}

impl Binary {
    fn new(field: &[u8], number: u64) -> Binary {
        Binary {
            field: field.to_vec(),
            length: Vec::with_capacity(8),
            left: None,
            value: Vec::new(),
            number: number + 1,
        }
    }

    /// Takes a line's bytes, line feed and all; tells whether the value is whole.
    fn take(&mut self, raw: &RawLine<'_>) -> bool {
        let feed: &[u8] = if raw.terminated { b"\n" } else { b"" };
        self.bytes(raw.bytes);
        // What the splitter cut off counts, and is lost.
        self.left = self.left.map(|left| left.saturating_sub(raw.cut));
        self.bytes(feed);
        self.left == Some(0)
    }

    fn bytes(&mut self, mut bytes: &[u8]) {
        let missing = 8 - self.length.len();
        let (length, rest) = bytes.split_at(missing.min(bytes.len()));
        self.length.extend_from_slice(length);
        bytes = rest;
        if self.left.is_none()
            && let Ok(length) = <[u8; 8]>::try_from(&self.length[..])
        {
            self.left = Some(u64::from_le_bytes(length).saturating_add(1));
        }
        let Some(left) = &mut self.left else {
            return;
        };
        let take = bytes
            .len()
            .min(usize::try_from(*left).unwrap_or(usize::MAX));
        // The last of the bytes promised is the line feed behind the value.
        let whole = take as u64 == *left && take > 0;
        let text = &bytes[..take - usize::from(whole)];
        *left -= take as u64;
        let room = LINE_CAP.saturating_sub(self.value.len());
        self.value.extend_from_slice(&text[..text.len().min(room)]);
    }
}
