//! Structured logs: one JSON object per line with a message beside a level, a time or a logger, as
//! zap, slog, zerolog, pino, bunyan, winston, logstash encoders, structlog and hclog write them.
//!
//! An object with a message and nothing of a logger beside it is somebody's data and stays.

use super::json::{Members, Value, unescaped};
use super::{EnvelopeInfo, Look, Peeled, time};

pub(super) const INFO: EnvelopeInfo = EnvelopeInfo {
    id: "json_lines",
    begins: |b| b == b'{',
    peel,
    from_start: true,
    run: 1,
    logger: true,
    marked: false,
};

/// What a key says of the record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Message,
    Time,
    /// A level, a logger, a place in the source.
    Origin,
    Other,
}

/// Longest key that is known.
const KEY_CAP: usize = 12;

fn role(key: &[u8]) -> Role {
    if key.len() > KEY_CAP {
        return Role::Other;
    }
    match key {
        b"message" | b"msg" | b"log" | b"text" | b"body" | b"@message" | b"@m" | b"event"
        | b"Message" | b"textPayload" => Role::Message,
        b"time" | b"ts" | b"timestamp" | b"@timestamp" | b"asctime" | b"datetime" | b"t"
        | b"@t" | b"eventTime" | b"Timestamp" | b"written_at" => Role::Time,
        b"level" | b"lvl" | b"severity" | b"levelname" | b"log.level" | b"loglevel"
        | b"log_level" | b"@level" | b"@l" | b"level_name" | b"Level" | b"LogLevel" | b"logger"
        | b"logger_name" | b"loggerName" | b"caller" | b"@module" | b"thread_name"
        | b"threadName" => Role::Origin,
        _ => Role::Other,
    }
}

fn peel<'a>(look: &Look<'a>) -> Option<Peeled<'a>> {
    let line = look.text;
    let (mut message, mut time_ms, mut origin) = (None, None, false);
    for (key, value) in Members::of(line) {
        match (role(key), value) {
            (Role::Message, Value::Text(text)) if message.is_none() => message = Some(text),
            (Role::Time, value) => {
                origin = true;
                time_ms = time_ms.or(moment(value));
            }
            (Role::Origin, _) => origin = true,
            _ => {}
        }
        if origin && message.is_some() {
            break;
        }
    }
    let message = message.filter(|_| origin)?;
    Some(Peeled {
        text: unescaped(message),
        time_ms,
        ..Peeled::new(b"", true)
    })
}

/// A time as text, or as a number since 1970 in seconds or a thousandth of them or less.
fn moment(value: Value<'_>) -> Option<i64> {
    match value {
        Value::Text(text) => time::stamp(text)?.ms,
        Value::Other(number) => time::since_1970(number),
    }
}
