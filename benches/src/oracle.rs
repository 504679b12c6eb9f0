//! What must be in the store, what is, and the first difference: nothing missing, twice or altered.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use sentinel_parsers::frame::{Frame, Limits};
use sentinel_parsers::{Body, Event, Parser};

/// An event as it is compared: offset, number within its line, and all else but the time.
pub type Told = (u64, u32, String);

fn told(event: &Event<'_>) -> Told {
    (
        event.offset,
        event.sub,
        format!("{} {} {:?}", event.line, event.dialect, event.body),
    )
}

/// The events of a text, parsed in one piece.
#[must_use]
pub fn events_of(bytes: &[u8]) -> Vec<Told> {
    let mut events = Vec::new();
    let mut parser = Parser::new();
    parser.feed(bytes, &mut |e| events.push(told(e)));
    parser.finish(&mut |e| events.push(told(e)));
    events
}

/// What was recorded in a directory of segments, in one piece.
///
/// # Errors
/// When a segment cannot be read.
pub fn recorded(segments: &Path) -> io::Result<Vec<u8>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(segments)?
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "seg"))
        .collect();
    files.sort();
    let mut bytes = Vec::new();
    for file in files {
        bytes.extend(std::fs::read(file)?);
    }
    Ok(bytes)
}

/// A stream as it is in a store.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// All events of the parser's, in the order of their frames' places.
    pub events: Vec<Told>,
    /// The known losses: from, to and why.
    pub gaps: Vec<(u64, u64, String)>,
    /// Whether its end is there.
    pub closed: bool,
    /// Bytes of its frames, as they were sent.
    pub bytes: usize,
}

/// All streams of a store by their epochs.
///
/// # Errors
/// When it cannot be read, or holds a frame that is none.
pub fn stored(store: &Path) -> Result<BTreeMap<String, Stored>, rusqlite::Error> {
    let conn = Connection::open(store)?;
    let mut streams = BTreeMap::new();
    let mut query = conn.prepare("SELECT id, epoch, closed FROM streams")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (id, epoch): (i64, String) = (row.get(0)?, row.get(1)?);
        let mut stream = frames(&conn, id)?;
        stream.closed = row.get(2)?;
        streams.insert(epoch, stream);
    }
    Ok(streams)
}

fn frames(conn: &Connection, stream: i64) -> Result<Stored, rusqlite::Error> {
    let mut stored = Stored::default();
    let of_stream = "SELECT data FROM frames WHERE stream = ? ORDER BY start_at, end_at";
    let mut query = conn.prepare(of_stream)?;
    let mut rows = query.query([stream])?;
    while let Some(row) = rows.next()? {
        let data: Vec<u8> = row.get(0)?;
        stored.bytes += data.len();
        let decoded = Frame::decode(&data, &Limits::default());
        let (frame, _) = decoded.map_err(|_| rusqlite::Error::InvalidQuery)?;
        for event in frame.events() {
            match &event.body {
                Body::Gap(gap) => stored.gaps.push((gap.from, gap.to, gap.reason.to_owned())),
                _ if event.dialect == "stream" => {}
                _ => stored.events.push(told(&event)),
            }
        }
    }
    Ok(stored)
}

/// Looks whether what is stored is what was told, each event once and in order.
///
/// # Errors
/// A line that says where they differ.
pub fn compare(told: &[Told], stored: &[Told]) -> Result<(), String> {
    if told == stored {
        return Ok(());
    }
    let place = |event: &Told| (event.0, event.1);
    let twice = stored
        .windows(2)
        .filter(|w| place(&w[0]) >= place(&w[1]))
        .count();
    let at = told.iter().zip(stored).take_while(|(a, b)| a == b).count();
    Err(format!(
        "{} events told, {} stored, {twice} out of order or twice; first difference at {at}: {:?} / {:?}",
        told.len(),
        stored.len(),
        told.get(at),
        stored.get(at)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_a_doubled_and_an_altered_event_are_found() {
        let told = events_of(b"TEST_PASS name=a\nTEST_PASS name=b\nTEST_FAIL name=c\n");
        assert_eq!(told.len(), 3);
        assert_eq!(compare(&told, &told), Ok(()));
        assert!(compare(&told, &told[..2]).is_err());
        assert!(compare(&told, &told[1..]).is_err());
        let mut twice = told.clone();
        twice.insert(1, told[1].clone());
        let found = compare(&told, &twice);
        assert!(found.is_err_and(|line| line.contains("1 out of order or twice")));
        let altered = events_of(b"TEST_PASS name=a\nTEST_FAIL name=b\nTEST_FAIL name=c\n");
        assert!(compare(&told, &altered).is_err());
    }
}
