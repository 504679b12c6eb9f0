//! The wire unit: a batch of events of one stream with its byte range, checksummed and compressed.

/// What stands before a frame's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// 128 random bits, made when the stream's source was created.
    pub epoch: [u8; 16],
    /// Number of the frame in its sender's session, from 0; for people and logs, not for dedupe.
    pub seq: u64,
    /// First byte of the stream covered; a line start.
    pub start: u64,
    /// First byte after those covered.
    pub end: u64,
    /// Whether the stream ends with this frame.
    pub last: bool,
}

/// A frame in memory: header and inflated payload.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    header: Header,
    payload: Vec<u8>,
}
