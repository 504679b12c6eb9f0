//! Taking runs up again: what is stored of them, in the order and with the times in which it came.

use rusqlite::Connection;
use sentinel_core::output::RunRow;
use sentinel_core::{Input, Millis, Via};
use sentinel_parsers::frame::{Frame, Limits};

use super::streams::OpenRow;
use super::{frames, runs, streams};

/// Which runs to take up again.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which<'a> {
    /// All that are not over.
    Open,
    /// This one, over or not.
    Run(&'a str),
    /// The one this stream belongs to.
    OfStream(&'a str),
}

/// One thing stored of a run.
#[derive(Debug)]
pub(crate) enum Recorded {
    /// The run's row; comes before its inputs.
    Run(Box<RunRow>),
    /// An input as it was taken, with its time.
    Input(Millis, Box<Input>),
    /// A stream and the one that replaced it, with the time of the latest input; comes after all inputs.
    Replaced(Millis, String, String),
}

/// What was taken up again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Replayed {
    /// Runs.
    pub runs: u64,
    /// Frames.
    pub frames: u64,
    /// Frames whose bytes could not be read any more; the position behind them is not reached
    /// again, so their senders, if alive, send them anew.
    pub unreadable: u64,
    /// When the frame that came last was taken: after others, whatever the clock said.
    pub latest_ms: Option<Millis>,
}

/// Hands what is stored of those runs to `take`: first their rows, then their inputs, oldest first.
///
/// # Errors
/// As SQLite says; what was handed out before stays valid.
pub(crate) fn replay(
    conn: &Connection,
    which: Which<'_>,
    mut take: impl FnMut(Recorded),
) -> rusqlite::Result<Replayed> {
    let mut done = Replayed::default();
    let mut all = Vec::new();
    for id in numbers(conn, which)? {
        let Some(row) = runs::row(conn, id)? else {
            continue;
        };
        done.runs += 1;
        take(Recorded::Run(Box::new(row)));
        all.extend(streams::of_run(conn, id)?);
    }
    all.sort_by_key(|stream| stream.id);
    let mut waiting = all.iter().peekable();
    for (id, stream) in order(conn, &all)? {
        // Streams are numbered in the order they were opened, which is before their first frames.
        while let Some(next) = waiting.next_if(|next| next.id <= stream.id) {
            take(open(next));
        }
        let (received_ms, data) = frames::find(conn, id)?;
        let Ok((frame, _)) = Frame::decode(&data, &Limits::default()) else {
            done.unreadable += 1;
            continue;
        };
        done.frames += 1;
        done.latest_ms = Some(received_ms);
        let stream = stream.stream.clone();
        let input = Input::Frame { stream, frame };
        take(Recorded::Input(received_ms, Box::new(input)));
    }
    waiting.map(open).for_each(&mut take);
    for stream in &all {
        if let Some(by) = &stream.replaced_by {
            let (at, name) = (stream.opened_ms, stream.stream.clone());
            let at = done.latest_ms.unwrap_or(at);
            take(Recorded::Replaced(at, name, by.clone()));
        }
    }
    Ok(done)
}

fn numbers(conn: &Connection, which: Which<'_>) -> rusqlite::Result<Vec<i64>> {
    let one = match which {
        Which::Open => return runs::open(conn),
        Which::Run(run_id) => runs::number(conn, run_id)?,
        Which::OfStream(stream) => streams::run_of(conn, stream)?,
    };
    Ok(one.into_iter().collect())
}

/// The frames of the streams in the order they were taken.
fn order<'a>(conn: &Connection, all: &'a [OpenRow]) -> rusqlite::Result<Vec<(i64, &'a OpenRow)>> {
    let mut order = Vec::new();
    for stream in all {
        let numbers = frames::numbers(conn, stream.id)?;
        order.extend(numbers.into_iter().map(|id| (id, stream)));
    }
    order.sort_unstable_by_key(|(id, _)| *id);
    Ok(order)
}

fn open(row: &OpenRow) -> Recorded {
    let (stream, open) = (row.stream.clone(), row.open.clone());
    let input = match &row.node {
        None => Input::OpenStream { stream, open },
        Some(node) => Input::Relay {
            stream,
            open,
            via: Via {
                node: node.clone(),
                silent_ms: 0,
            },
        },
    };
    Recorded::Input(row.opened_ms, Box::new(input))
}
