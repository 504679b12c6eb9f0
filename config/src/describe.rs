//! What is generated from the sections: the JSON schema and the documented file.

use serde_json::json;

use crate::Config;
use crate::section::{Row, Sample, Section, section_schema};

/// The JSON schema of the configuration file, checked in as `config/sentinel.schema.json`.
#[must_use]
pub fn schema() -> String {
    let mut schema = section_schema::<Config>();
    if let Some(object) = schema.as_object_mut() {
        object.insert(
            "$schema".to_owned(),
            json!("https://json-schema.org/draft/2020-12/schema"),
        );
        object.insert("title".to_owned(), json!("Sentinel's configuration"));
    }
    format!("{schema:#}\n")
}

/// Every key with its default, its bounds and its meaning, as a TOML file; checked in as
/// `config/sentinel.toml`.
#[must_use]
pub fn sample() -> String {
    let mut text = String::from(
        "# Sentinel's configuration: every key with its default. Nothing needs to be set.\n\
         #\n\
         # One file for agent, sidecar and command line; YAML with the same keys when its name ends\n\
         # in .yaml or .yml. Each key is overridden by the environment as SENTINEL_SECTION__KEY, for\n\
         # example SENTINEL_RULES__HANGING_TEST__IN_TEST=2m; lists there are separated by commas.\n\
         #\n\
         # Durations: numbers with unit ms, s, m, h, d (\"1m30s\"). Sizes: bytes, or with unit KiB, MiB,\n\
         # GiB, TiB (\"16MiB\"). `sentinel config check FILE` says what is wrong with a file.\n",
    );
    sections(&mut text, "", "", Config::rows());
    text
}

/// Writes the rows of a section, keys first: in TOML what follows the head of a subsection belongs
/// to it. `mark` stands before whatever is only an example.
fn sections(text: &mut String, path: &str, mark: &str, rows: Vec<Row>) {
    let (keys, inner): (Vec<Row>, Vec<Row>) = rows
        .into_iter()
        .partition(|row| !matches!(row.sample, Sample::Section(_) | Sample::Repeated(_)));
    for (n, row) in keys.iter().enumerate() {
        if n > 0 {
            text.push('\n');
        }
        key(text, mark, row);
    }
    for row in inner {
        let path = if path.is_empty() {
            row.key.to_owned()
        } else {
            format!("{path}.{}", row.key)
        };
        let (rows, doc) = match row.sample {
            Sample::Section(rows) => (rows, row.doc),
            Sample::Repeated(rows) => {
                text.push('\n');
                comment(text, row.doc);
                text.push_str(&format!("#[[{path}]]\n"));
                sections(text, &path, "#", rows);
                continue;
            }
            _ => continue,
        };
        text.push('\n');
        comment(text, doc);
        text.push_str(&format!("{mark}[{path}]\n"));
        sections(text, &path, mark, rows);
    }
}

fn key(text: &mut String, mark: &str, row: &Row) {
    comment(text, row.doc);
    let (mark, value) = match &row.sample {
        Sample::Line {
            value,
            bounds: Some((least, most)),
        } => {
            text.push_str(&format!("# Default {value}; from {least} to {most}.\n"));
            (mark, value)
        }
        Sample::Line {
            value,
            bounds: None,
        } => {
            text.push_str(&format!("# Default {value}.\n"));
            (mark, value)
        }
        Sample::Word { value, words } => {
            let words = words.join(", ");
            text.push_str(&format!("# Default {value}; one of {words}.\n"));
            (mark, value)
        }
        Sample::Example(value) => {
            text.push_str("# None by default.\n");
            ("#", value)
        }
        Sample::Section(_) | Sample::Repeated(_) => return,
    };
    text.push_str(&format!("{mark}{} = {value}\n", row.key));
}

fn comment(text: &mut String, doc: &str) {
    for line in doc.lines().map(str::trim).filter(|line| !line.is_empty()) {
        text.push_str(&format!("# {line}\n"));
    }
}
