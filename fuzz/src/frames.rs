//! Frames: no bytes make the decoder panic, and what goes in comes out.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use sentinel_parsers::frame::{Frame, FrameBuilder, Header, Limits};
use sentinel_parsers::{Event, Parser};

/// No bytes make the frame decoder panic, and what it accepts encodes to the same frame. An odd
/// first byte puts the rest behind checksums that are right, as the payload of a frame with as many
/// events as the second byte says: of version 3 if the first is one of 3, 7, 11 and so on, else of version 1.
pub fn frame_decode(data: &[u8]) {
    match data {
        [mode, events, payload @ ..] if mode % 2 == 1 => {
            let version = if mode % 4 == 3 { 3 } else { 1 };
            decode(&sealed(version, *events, payload));
        }
        [_, bytes @ ..] => decode(bytes),
        [] => {}
    }
}

/// What a parser emits comes out of a frame as it went in, unless a text was too long for it.
pub fn frame_roundtrip(data: &[u8]) {
    let mut builder = FrameBuilder::new();
    let mut sent = Vec::new();
    let mut emit = |event: &Event<'_>| {
        if !builder.is_full() {
            builder.push(event);
            sent.push(format!("{event:?}"));
        }
    };
    let mut parser = Parser::new();
    parser.feed(data, &mut emit);
    parser.finish(&mut emit);
    let header = Header {
        epoch: [7; 16],
        seq: 1,
        start: 0,
        end: data.len() as u64,
        last: true,
    };
    let complete = builder.truncated() == 0;
    let bytes = builder.finish(header).encode();
    let (frame, used) = Frame::decode(&bytes, &Limits::default()).expect("a builder's frame");
    assert_eq!(used, bytes.len());
    assert_eq!(frame.header(), &header);
    let received: Vec<String> = frame.events().map(|event| format!("{event:?}")).collect();
    assert_eq!(received.len(), sent.len());
    if complete {
        assert_eq!(received, sent);
    }
    decode(&bytes);
}

fn decode(bytes: &[u8]) {
    let limits = Limits::default();
    let Ok((frame, used)) = Frame::decode(bytes, &limits) else {
        return;
    };
    assert!(used <= bytes.len());
    assert_eq!(frame.events().count() as u64, frame.event_count());
    let again = frame.encode();
    let (same, used) = Frame::decode(&again, &limits).expect("an accepted frame encodes to one");
    assert_eq!((used, &same), (again.len(), &frame));
    let middle = frame.header().start.midpoint(frame.header().end);
    let rest = frame.from_offset(middle);
    assert!(rest.event_count() <= frame.event_count());
    assert!(rest.events().all(|event| event.offset >= middle));
    Frame::decode(&rest.encode(), &limits).expect("a part of a frame is a frame");
}

/// A frame with this payload, by the layout documented in [`sentinel_parsers::frame`].
fn sealed(version: u8, events: u8, payload: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::none());
    let stored = gzip
        .write_all(payload)
        .and_then(|()| gzip.finish())
        .unwrap_or_default();
    let length = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
    let mut head = Vec::from(*b"SNTL\x01\x01\x44\x00");
    head[4] = version;
    let mut tail = Vec::from(u32::from(events).to_le_bytes());
    tail.extend([0; 16]);
    tail.extend(0_u64.to_le_bytes());
    tail.extend(0_u64.to_le_bytes());
    tail.extend(u64::from(u32::MAX).to_le_bytes());
    tail.extend(length(payload.len()));
    tail.extend(length(stored.len()));
    tail.extend(crc32c::crc32c(payload).to_le_bytes());
    let crc = crc32c::crc32c_append(crc32c::crc32c(&head), &tail);
    head.extend(crc.to_le_bytes());
    head.extend(tail);
    head.extend(stored);
    head
}
