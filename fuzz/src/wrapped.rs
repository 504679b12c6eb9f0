//! Envelopes: what stands in one is read as if it stood alone.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sentinel_parsers::ParserOptions;

use crate::streams::{Stream, bodies, same, watching};

/// The claims about streams, with all dialects; and a stream whose every line a container runtime put
/// into its envelope gives the events of the bare one.
pub fn envelopes(data: &[u8]) {
    let Some(stream) = Stream::of(data) else {
        return;
    };
    stream.check(&|_| true);
    // One with envelopes has more of them inside than are taken off, and a mark may come to the front.
    let text = String::from_utf8_lossy(stream.bytes);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    if text.contains('\u{feff}') {
        return;
    }
    let enveloped = Arc::new(AtomicBool::new(false));
    let bare = bodies(
        format!("{text}\n").as_bytes(),
        watching(ParserOptions::new(), &enveloped),
    );
    if enveloped.load(Ordering::Relaxed) {
        return;
    }
    for wrap in [cri, docker_json] {
        let mut wrapped = String::new();
        for line in text.split('\n') {
            wrap(line, &mut wrapped);
        }
        let inside = bodies(wrapped.as_bytes(), ParserOptions::new());
        same("in an envelope", &inside, &bare);
    }
}

fn cri(line: &str, to: &mut String) {
    let _ = writeln!(to, "2026-03-01T00:00:00.5Z stdout F {line}");
}

fn docker_json(line: &str, to: &mut String) {
    to.push_str("{\"log\":\"");
    for c in line.chars() {
        match c {
            '"' | '\\' => to.extend(['\\', c]),
            '\0'..' ' => {
                let _ = write!(to, "\\u{:04x}", u32::from(c));
            }
            _ => to.push(c),
        }
    }
    to.push_str("\\n\",\"stream\":\"stdout\",\"time\":\"2026-03-01T00:00:00.5Z\"}\n");
}
