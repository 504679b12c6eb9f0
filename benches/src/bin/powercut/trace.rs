//! What strace saw of the agent: writes and syncs of its database, and what it acknowledged.

use std::collections::HashMap;

use crate::disk::Name;

/// Something that happened, in order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Write {
        file: Name,
        at: usize,
        data: Vec<u8>,
    },
    Cut {
        file: Name,
        length: usize,
    },
    Sync(Name),
    /// A sender was told that everything before this is durable.
    Acknowledged(u64),
}

/// Reads lines of `strace -f -y -xx`.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// Syncs that have begun, by thread.
    syncing: HashMap<String, Name>,
}

impl Trace {
    /// What the line tells, if it is about anything here. A sync counts from its end on, a write from its
    /// beginning.
    pub(crate) fn read(&mut self, line: &str) -> Option<Event> {
        let (thread, rest) = line.split_once(' ')?;
        let rest = rest.trim_start();
        if let Some(resumed) = rest.strip_prefix("<... ") {
            let sync = resumed.starts_with("fsync") || resumed.starts_with("fdatasync");
            let file = self.syncing.remove(thread).filter(|_| sync)?;
            return resumed.ends_with("= 0").then_some(Event::Sync(file));
        }
        let (call, rest) = rest.split_once('(')?;
        match call {
            "fsync" | "fdatasync" => {
                let file = file(rest)?;
                if rest.ends_with("<unfinished ...>") {
                    self.syncing.insert(thread.to_owned(), file);
                    return None;
                }
                rest.ends_with("= 0").then_some(Event::Sync(file))
            }
            "pwrite64" => {
                let (data, numbers) = text(rest, rest.find("\", ")?)?;
                let at = number(numbers.split(", ").nth(1)?)?;
                let file = file(rest)?;
                Some(Event::Write { file, at, data })
            }
            "ftruncate" => {
                let length = number(rest.split(">, ").nth(1)?)?;
                let file = file(rest)?;
                Some(Event::Cut { file, length })
            }
            // An answer over a socket.
            _ => acknowledged(rest),
        }
    }
}

/// The file a descriptor stands for, as `-y` tells it.
fn file(rest: &str) -> Option<Name> {
    let path = bytes(rest.split_once('<')?.1.split_once('>')?.0);
    let path = String::from_utf8_lossy(&path).into_owned();
    if path.ends_with("/sentinel.db") {
        Some(Name::Database)
    } else if path.ends_with("/sentinel.db-wal") {
        Some(Name::Log)
    } else {
        path.ends_with("/data").then_some(Name::Directory)
    }
}

/// The string that ends at the quote there, and what follows it.
fn text(rest: &str, end: usize) -> Option<(Vec<u8>, &str)> {
    let begin = rest.find(", \"")? + 3;
    Some((bytes(rest.get(begin..end)?), rest.get(end + 3..)?))
}

/// The number at the beginning.
fn number(text: &str) -> Option<usize> {
    let end = text.find(|c: char| !c.is_ascii_digit());
    text[..end.unwrap_or(text.len())].parse().ok()
}

/// `\x41\x42` as bytes.
fn bytes(escaped: &str) -> Vec<u8> {
    let pairs = escaped.split("\\x").skip(1);
    pairs
        .filter_map(|pair| u8::from_str_radix(pair.get(..2)?, 16).ok())
        .collect()
}

fn acknowledged(rest: &str) -> Option<Event> {
    const TOLD: &str = "\"committed\":";
    // All strings of the call, one after another.
    let said: Vec<u8> = rest.split('"').skip(1).step_by(2).flat_map(bytes).collect();
    let said = String::from_utf8_lossy(&said).into_owned();
    let at = said.find(TOLD)? + TOLD.len();
    Some(Event::Acknowledged(number(&said[at..])? as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escape(text: &str) -> String {
        text.bytes().map(|b| format!("\\x{b:02x}")).collect()
    }

    #[test]
    fn lines_of_a_trace_are_understood() {
        let (db, wal) = (
            escape("/t/data/sentinel.db"),
            escape("/t/data/sentinel.db-wal"),
        );
        let said = escape("HTTP/1.1 200 OK\r\n\r\n{\"committed\":640,\"closed\":false}");
        let mut trace = Trace::default();
        let mut read = |line: String| trace.read(&line);
        let write = format!("7 pwrite64(12<{db}>, \"\\x61\\x62\", 2, 8192) = 2");
        assert_eq!(
            read(write),
            Some(Event::Write {
                file: Name::Database,
                at: 8192,
                data: b"ab".to_vec()
            })
        );
        let cut = format!("7 ftruncate(13<{wal}>, 0) = 0");
        let file = Name::Log;
        assert_eq!(read(cut), Some(Event::Cut { file, length: 0 }));
        assert_eq!(read(format!("7 fsync(13<{wal}> <unfinished ...>")), None);
        let told = format!("9 writev(15<x>, [{{iov_base=\"{said}\", iov_len=9}}], 1) = 9");
        assert_eq!(read(told), Some(Event::Acknowledged(640)));
        let done = "7 <... fsync resumed>) = 0".to_owned();
        assert_eq!(read(done), Some(Event::Sync(Name::Log)));
        let failed = format!("7 fsync(13<{wal}>) = -1 EIO (Input/output error)");
        assert_eq!(read(failed), None);
        assert_eq!(
            read(format!("7 fsync(9<{}>) = 0", escape("/t/data"))),
            Some(Event::Sync(Name::Directory))
        );
    }
}
