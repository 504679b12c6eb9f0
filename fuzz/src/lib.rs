//! The claims the fuzzer tries to break, one function per target, or per kind of target.

mod frames;
mod http;
mod masks;
mod streams;
mod wrapped;

pub use frames::{frame_decode, frame_roundtrip};
pub use http::http;
pub use masks::{fingerprints, redact};
pub use streams::{family, lines, signatures};
pub use wrapped::envelopes;
