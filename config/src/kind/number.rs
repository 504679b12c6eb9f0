//! Numbers with bounds: counts, sizes, durations, shares.

use std::marker::PhantomData;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::accept;
use crate::error::Problems;
use crate::node::{Node, Value};
use crate::section::{Kind, Sample};
use crate::units::{format_duration, format_size, parse_duration, parse_size};

/// What the number counts.
pub(crate) trait Unit {
    type Value: Copy + PartialOrd;

    /// What is expected, for messages.
    const EXPECTED: &'static str;

    fn parse(node: &Node) -> Option<Self::Value>;

    /// As [`Unit::parse`] reads it.
    fn show(value: Self::Value) -> String;

    fn schema(least: Self::Value, most: Self::Value) -> Json;
}

/// A number between two bounds, both included.
pub(crate) struct Bounded<U: Unit> {
    default: U::Value,
    least: U::Value,
    most: U::Value,
}

impl<U: Unit> Bounded<U> {
    fn check(&self, node: &Node) -> Result<U::Value, String> {
        let value = U::parse(node).ok_or_else(|| {
            let found = match node.text() {
                Some(text) => format!("`{text}`"),
                None => node.what().to_owned(),
            };
            format!("expected {}, found {found}", U::EXPECTED)
        })?;
        if value < self.least {
            let (value, least) = (U::show(value), U::show(self.least));
            return Err(format!("{value} is under the lower bound {least}"));
        }
        if value > self.most {
            let (value, most) = (U::show(value), U::show(self.most));
            return Err(format!("{value} is over the upper bound {most}"));
        }
        Ok(value)
    }
}

impl<U: Unit> Kind for Bounded<U> {
    type Value = U::Value;

    fn default(&self) -> U::Value {
        self.default
    }

    fn read(&self, key: &str, node: &Node, problems: &mut Problems) -> Option<U::Value> {
        accept(key, node, problems, self.check(node))
    }

    fn schema(&self) -> Json {
        U::schema(self.least, self.most)
    }

    fn sample(&self) -> Sample {
        Sample::Line {
            value: toml::<U>(self.default),
            bounds: Some((U::show(self.least), U::show(self.most))),
        }
    }
}

/// A number that may be absent, which switches off what it governs.
pub(crate) struct Optional<U: Unit> {
    bounded: Bounded<U>,
}

impl<U: Unit> Kind for Optional<U> {
    type Value = Option<U::Value>;

    fn default(&self) -> Option<U::Value> {
        None
    }

    fn read(&self, key: &str, node: &Node, problems: &mut Problems) -> Option<Option<U::Value>> {
        accept(key, node, problems, self.bounded.check(node)).map(Some)
    }

    fn schema(&self) -> Json {
        self.bounded.schema()
    }

    fn sample(&self) -> Sample {
        Sample::Example(toml::<U>(self.bounded.default))
    }
}

/// The value in TOML: text in quotes unless it is a number there.
fn toml<U: Unit>(value: U::Value) -> String {
    let shown = U::show(value);
    if shown.parse::<f64>().is_ok() {
        shown
    } else {
        super::quoted(&shown)
    }
}

/// A unit as a type: see [`Unit`].
pub(crate) struct Of<T>(PhantomData<T>);
/// Marks whole numbers.
pub(crate) struct Count;
/// Marks bytes.
pub(crate) struct Size;
/// Marks time spans.
pub(crate) struct Span;
/// Marks fractions of one.
pub(crate) struct Share;

impl Unit for Of<Count> {
    type Value = usize;

    const EXPECTED: &'static str = "a whole number";

    fn parse(node: &Node) -> Option<usize> {
        node.int().and_then(|int| usize::try_from(int).ok())
    }

    fn show(value: usize) -> String {
        value.to_string()
    }

    fn schema(least: usize, most: usize) -> Json {
        json!({ "type": "integer", "minimum": least, "maximum": most })
    }
}

impl Unit for Of<Size> {
    type Value = u64;

    const EXPECTED: &'static str = "a size such as \"16MiB\" or a number of bytes";

    fn parse(node: &Node) -> Option<u64> {
        match &node.value {
            Value::Int(int) => u64::try_from(*int).ok(),
            _ => node.text().and_then(parse_size),
        }
    }

    fn show(value: u64) -> String {
        format_size(value)
    }

    fn schema(least: u64, most: u64) -> Json {
        json!({
            "type": ["string", "integer"],
            "pattern": "^[0-9]+([KMGT]i)?B?$",
            "minimum": least,
            "maximum": most,
        })
    }
}

impl Unit for Of<Span> {
    type Value = Duration;

    const EXPECTED: &'static str = "a duration such as \"30s\", \"1m30s\" or \"200ms\"";

    fn parse(node: &Node) -> Option<Duration> {
        node.text().and_then(parse_duration)
    }

    fn show(value: Duration) -> String {
        format_duration(value)
    }

    fn schema(_least: Duration, _most: Duration) -> Json {
        json!({ "type": "string", "pattern": "^([0-9]+(ms|s|m|h|d))+$" })
    }
}

impl Unit for Of<Share> {
    type Value = f64;

    const EXPECTED: &'static str = "a fraction such as 0.2";

    fn parse(node: &Node) -> Option<f64> {
        node.float().filter(|float| float.is_finite())
    }

    fn show(value: f64) -> String {
        format!("{value:?}")
    }

    fn schema(least: f64, most: f64) -> Json {
        json!({ "type": "number", "minimum": least, "maximum": most })
    }
}

/// A whole number.
pub(crate) const fn count(default: usize, least: usize, most: usize) -> Bounded<Of<Count>> {
    assert!(least <= default && default <= most);
    Bounded {
        default,
        least,
        most,
    }
}

/// A fraction.
pub(crate) const fn share(default: f64, least: f64, most: f64) -> Bounded<Of<Share>> {
    assert!(least <= default && default <= most);
    Bounded {
        default,
        least,
        most,
    }
}

/// A size in bytes.
pub(crate) const fn size(default: &str, least: &str, most: &str) -> Bounded<Of<Size>> {
    let (Some(default), Some(least), Some(most)) =
        (parse_size(default), parse_size(least), parse_size(most))
    else {
        panic!("not a size");
    };
    assert!(least <= default && default <= most);
    Bounded {
        default,
        least,
        most,
    }
}

/// A duration.
pub(crate) const fn duration(default: &str, least: &str, most: &str) -> Bounded<Of<Span>> {
    let (Some(default), Some(least), Some(most)) = (
        parse_duration(default),
        parse_duration(least),
        parse_duration(most),
    ) else {
        panic!("not a duration");
    };
    assert!(least.as_nanos() <= default.as_nanos() && default.as_nanos() <= most.as_nanos());
    Bounded {
        default,
        least,
        most,
    }
}

/// A duration that may be absent; `example` is what the sample file shows.
pub(crate) const fn duration_or_none(example: &str, least: &str, most: &str) -> Optional<Of<Span>> {
    Optional {
        bounded: duration(example, least, most),
    }
}

/// A whole number that may be absent.
pub(crate) const fn count_or_none() -> Optional<Of<Count>> {
    Optional {
        bounded: count(1, 0, u32::MAX as usize),
    }
}
