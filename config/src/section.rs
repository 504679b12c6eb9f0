//! How a section is written down once — key, type, kind, default, bounds, meaning — and gives the
//! struct, its default, its reader, the JSON schema and the documented sample file.

use serde_json::{Value as Json, json};

use crate::error::Problems;
use crate::node::{Entry, Node, Value};
use crate::suggest;

/// What kind of value a key takes: its default, how it is read, how it is described.
pub(crate) trait Kind {
    type Value;

    fn default(&self) -> Self::Value;

    /// Reads a value; reports and returns nothing when it is not one of this kind.
    fn read(&self, key: &str, node: &Node, problems: &mut Problems) -> Option<Self::Value>;

    /// The JSON schema of the value.
    fn schema(&self) -> Json;

    /// How the sample file shows the key.
    fn sample(&self) -> Sample;
}

/// How the sample file shows a key.
pub(crate) enum Sample {
    /// A line `key = value`, with the bounds if there are any.
    Line {
        value: String,
        bounds: Option<(String, String)>,
    },
    /// A line `key = value` where the value is one of `words`.
    Word {
        value: String,
        words: Vec<&'static str>,
    },
    /// A line `# key = value`: the key has no default, this is an example.
    Example(String),
    /// A section of its own.
    Section(Vec<Row>),
    /// A section that may be repeated and has no default: all of it commented out.
    Repeated(Vec<Row>),
}

/// One key as documented.
pub(crate) struct Row {
    pub(crate) key: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) schema: Json,
    pub(crate) sample: Sample,
}

/// A table of the configuration.
pub(crate) trait Section: Sized + Default {
    /// Reads the section; keys that are absent or wrong keep their default.
    fn read(reader: &mut Reader<'_>) -> Self;

    /// The keys in order.
    fn rows() -> Vec<Row>;
}

/// Reads the keys of one table and remembers which ones exist.
pub(crate) struct Reader<'a> {
    entries: &'a [Entry],
    known: Vec<&'static str>,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    /// The value of `key`, or its default.
    pub(crate) fn key<K: Kind>(&mut self, key: &'static str, kind: &K) -> K::Value {
        self.known.push(key);
        self.entries
            .iter()
            .find(|entry| entry.key == key)
            .and_then(|entry| kind.read(key, &entry.node, self.problems))
            .unwrap_or_else(|| kind.default())
    }

    /// Reports the keys nobody asked for.
    fn finish(self) {
        for entry in self.entries {
            if !self.known.contains(&entry.key.as_str()) {
                let place = self.problems.place();
                let hint = suggest::hint(&entry.key, &self.known);
                let what = match &entry.node.value {
                    Value::Table(_) => "section",
                    _ => "key",
                };
                let message = format!("unknown {what} `{}`{place}{hint}", entry.key);
                self.problems.report(&entry.at, message);
            }
        }
    }
}

/// Reads a table as a section.
pub(crate) fn read_section<T: Section>(node: &Node, problems: &mut Problems) -> Option<T> {
    let entries: &[Entry] = match &node.value {
        Value::Table(entries) => entries,
        Value::Null => &[],
        _ => {
            let place = problems.place();
            let what = node.what();
            problems.report(&node.at, format!("expected a section{place}, found {what}"));
            return None;
        }
    };
    let mut reader = Reader {
        entries,
        known: Vec::new(),
        problems,
    };
    let section = T::read(&mut reader);
    reader.finish();
    Some(section)
}

/// The JSON schema of a section.
pub(crate) fn section_schema<T: Section>() -> Json {
    let properties: serde_json::Map<String, Json> = T::rows()
        .into_iter()
        .map(|row| {
            let mut schema = row.schema;
            if let Some(object) = schema.as_object_mut() {
                object.insert("description".to_owned(), json!(row.doc.trim()));
            }
            (row.key.to_owned(), schema)
        })
        .collect();
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    })
}

/// Writes a section down once: see the module's doc. `name as "key": Type = kind(args)`, the key
/// being the field's name unless said otherwise, the kind a `const fn` of [`crate::kind`].
macro_rules! section {
    (
        $(#[doc = $doc:literal])*
        pub struct $name:ident {
            $(
                $(#[doc = $field_doc:literal])*
                pub $field:ident $(as $key:literal)?: $type:ty = $kind:ident($($arg:expr),*)
            ),* $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $(
                $(#[doc = $field_doc])*
                #[doc = $crate::section::bounds_doc!($kind $($arg),*)]
                pub $field: $type,
            )*
        }

        impl Default for $name {
            fn default() -> $name {
                $name {
                    $($field: $crate::section::Kind::default(&const { $crate::kind::$kind($($arg),*) }),)*
                }
            }
        }

        impl $crate::section::Section for $name {
            fn read(reader: &mut $crate::section::Reader<'_>) -> $name {
                $name {
                    $($field: reader.key(
                        $crate::section::key!($field $($key)?),
                        &const { $crate::kind::$kind($($arg),*) },
                    ),)*
                }
            }

            fn rows() -> Vec<$crate::section::Row> {
                vec![$({
                    let kind: &dyn $crate::section::Kind<Value = $type> =
                        &const { $crate::kind::$kind($($arg),*) };
                    $crate::section::Row {
                        key: $crate::section::key!($field $($key)?),
                        doc: concat!($($field_doc, "\n"),*),
                        schema: kind.schema(),
                        sample: kind.sample(),
                    }
                }),*]
            }
        }
    };
}

/// The key of a field.
macro_rules! key {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $key:literal) => {
        $key
    };
}

/// The sentence about default and bounds that ends a field's documentation.
macro_rules! bounds_doc {
    (section) => {
        ""
    };
    ($kind:ident) => {
        "\n\nNone by default."
    };
    (text $example:expr) => {
        ""
    };
    (checked_sections $check:expr) => {
        "\n\nNone by default."
    };
    (redaction_rules $example:expr) => {
        "\n\nNone by default."
    };
    (hashed_values $example:expr) => {
        "\n\nNone by default."
    };
    (list $example:expr) => {
        "\n\nNone by default."
    };
    (globs $example:expr) => {
        "\n\nNone by default."
    };
    (duration_or_none $example:expr, $least:expr, $most:expr) => {
        concat!(
            "\n\nNone by default; from `",
            stringify!($least),
            "` to `",
            stringify!($most),
            "`."
        )
    };
    ($kind:ident $default:expr) => {
        concat!("\n\nDefault `", stringify!($default), "`.")
    };
    ($kind:ident $default:expr, $least:expr, $most:expr) => {
        concat!(
            "\n\nDefault `",
            stringify!($default),
            "`; from `",
            stringify!($least),
            "` to `",
            stringify!($most),
            "`."
        )
    };
}

pub(crate) use {bounds_doc, key, section};
