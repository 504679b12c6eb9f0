//! Events as serde sees them: one flat map in snake_case words, the same that `sentinel parse --format
//! ndjson` prints.
//!
//! A map opens with `event`, the [kind](Body::kind), then tells the place (`line`, `offset`, `dialect`,
//! and `sub`, `lane`, `time_ms` where they are not 0 or unknown), then the body's own fields under their
//! names; only a signature's `message` is called `excerpt`. What says nothing is left out: an unknown
//! value, a flag that does not hold, a count of zero. So no value is ever null. Keys may be added, those
//! that are there stay. A body alone is the same map without the place, a body's own type also without
//! `event`. Nothing is copied on the way to the serializer.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{
    Body, Counted, Counts, EndOfStream, Event, FRAMES, Gap, Plan, Printed, RunEnd, RunStart,
    Signature, Status, SuiteEnd, SuiteStart, Summary, TestDetail, TestEnd, TestStart,
};

/// A value that may have nothing to say.
trait Value: Serialize {
    fn says(&self) -> bool {
        true
    }
}

impl Value for &str {}
impl Value for i32 {}
impl Value for i64 {}
impl Value for u32 {}
impl Value for u64 {}
impl Value for Status {}
impl Value for Counts {}
impl Value for Printed {}

impl Value for bool {
    fn says(&self) -> bool {
        *self
    }
}

impl Value for f64 {
    /// JSON knows no infinity.
    fn says(&self) -> bool {
        self.is_finite()
    }
}

impl<T: Value> Value for Option<T> {
    fn says(&self) -> bool {
        self.as_ref().is_some_and(Value::says)
    }
}

fn put<M: SerializeMap>(
    map: &mut M,
    key: &'static str,
    value: &impl Value,
) -> Result<(), M::Error> {
    if value.says() {
        map.serialize_entry(key, value)?;
    }
    Ok(())
}

/// A signature's frames: those there are.
struct Frames<'f, 'a>(&'f [Option<&'a str>; FRAMES]);

impl Serialize for Frames<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().flatten())
    }
}

impl Value for Frames<'_, '_> {
    fn says(&self) -> bool {
        self.0.iter().any(Option::is_some)
    }
}

/// A type's own fields.
trait Fields {
    fn fields<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;
}

/// The fields of each body under their names, or under another after `=`, or as another type after `as`. A
/// field that is missing here does not compile.
macro_rules! shapes {
    ($($body:ident { $($field:ident $(= $key:literal)? $(as $wrap:ident)?),+ })+) => {
        $(
            impl Fields for $body<'_> {
                fn fields<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
                    let $body { $($field),+ } = self;
                    $(put(map, shapes!(key $field $($key)?), shapes!(value $field $($wrap)?))?;)+
                    Ok(())
                }
            }

            impl Serialize for $body<'_> {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    let mut map = serializer.serialize_map(None)?;
                    self.fields(&mut map)?;
                    map.end()
                }
            }
        )+

        impl Fields for Body<'_> {
            fn fields<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
                match self {
                    $(Body::$body(body) => body.fields(map),)+
                }
            }
        }
    };
    (key $field:ident) => { stringify!($field) };
    (key $field:ident $key:literal) => { $key };
    (value $field:ident) => { $field };
    (value $field:ident $wrap:ident) => { &$wrap($field) };
}

shapes! {
    RunStart { run_id, pipeline, environment, branch, commit, attempt }
    RunEnd { run_id, status, duration_s }
    SuiteStart { suite, tags }
    SuiteEnd { suite, status, duration_s, adopts }
    Plan { suite, tests }
    TestStart { suite, name, attempt, tags }
    TestEnd { suite, name, status, duration_s, attempt, message, location, tags, recap, teardown }
    TestDetail { suite, name, message, location }
    Counted { suite, counts }
    Summary { suite, printed, duration_s }
    Signature {
        class, exception, message = "excerpt", end_line, fingerprint, group, outer, within,
        frames as Frames
    }
    Gap { from, to, reason }
    EndOfStream { total_bytes, hash, exit_code, signal, cause }
}

impl Serialize for Event<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        put(&mut map, "event", &self.body.kind())?;
        put(&mut map, "line", &self.line)?;
        put(&mut map, "offset", &self.offset)?;
        put(&mut map, "sub", &Some(self.sub).filter(|n| *n > 0))?;
        put(&mut map, "dialect", &self.dialect)?;
        put(&mut map, "lane", &Some(self.lane).filter(|n| *n > 0))?;
        put(&mut map, "time_ms", &self.time_ms)?;
        self.body.fields(&mut map)?;
        map.end()
    }
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        put(&mut map, "event", &self.kind())?;
        self.fields(&mut map)?;
        map.end()
    }
}

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let told = Status::ALL.into_iter().filter(|status| self[*status] > 0);
        serializer.collect_map(told.map(|status| (status.as_str(), self[status])))
    }
}

impl Serialize for Printed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const WORDS: [&str; 8] = [
            "tests", "passed", "failed", "errored", "skipped", "xfail", "xpass", "todo",
        ];
        let figures = WORDS.into_iter().zip(self.to_array());
        serializer.collect_map(figures.filter_map(|(word, n)| Some((word, n?))))
    }
}
