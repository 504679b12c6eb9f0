//! Sections within sections, and ranges of counts.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde_json::{Value as Json, json};

use super::refuse;
use crate::error::Problems;
use crate::node::{Entry, Node, Value};
use crate::range::Range;
use crate::section::{Kind, Sample, Section, read_section, section_schema};

/// A table that is a section.
pub(crate) struct One<T>(PhantomData<T>);

impl<T: Section> Kind for One<T> {
    type Value = T;

    fn default(&self) -> T {
        T::default()
    }

    fn read(&self, key: &str, node: &Node, problems: &mut Problems) -> Option<T> {
        problems.within(key, |problems| read_section(node, problems))
    }

    fn schema(&self) -> Json {
        section_schema::<T>()
    }

    fn sample(&self) -> Sample {
        Sample::Section(T::rows())
    }
}

/// A table that is a section of the configuration.
pub(crate) const fn section<T: Section>() -> One<T> {
    One(PhantomData)
}

/// A list of tables, each a section.
pub(crate) struct Many<T>(PhantomData<T>);

impl<T: Section> Kind for Many<T> {
    type Value = Vec<T>;

    fn default(&self) -> Vec<T> {
        Vec::new()
    }

    fn read(&self, key: &str, node: &Node, problems: &mut Problems) -> Option<Vec<T>> {
        let Value::List(items) = &node.value else {
            let what = node.what();
            let why = format!("expected a list of sections ([[{key}]]), found {what}");
            refuse(key, node, problems, &why);
            return None;
        };
        let sections = items
            .iter()
            .filter_map(|item| problems.within(key, |problems| read_section(item, problems)))
            .collect();
        Some(sections)
    }

    fn schema(&self) -> Json {
        json!({ "type": "array", "items": section_schema::<T>() })
    }

    fn sample(&self) -> Sample {
        Sample::Repeated(T::rows())
    }
}

/// A list of tables, each a section.
pub(crate) const fn sections<T: Section>() -> Many<T> {
    Many(PhantomData)
}

/// The key of a section that is wrong, and why.
pub(crate) type Mistake = (&'static str, String);

/// A list of tables, each a section whose keys must fit together.
pub(crate) struct Checked<T> {
    check: fn(&T) -> Result<(), Mistake>,
}

impl<T: Section> Kind for Checked<T> {
    type Value = Vec<T>;

    fn default(&self) -> Vec<T> {
        Vec::new()
    }

    fn read(&self, key: &str, node: &Node, problems: &mut Problems) -> Option<Vec<T>> {
        let sections = Many::<T>(PhantomData).read(key, node, problems)?;
        let Value::List(items) = &node.value else {
            return None;
        };
        // Of sections that could not be read the mistakes are known.
        if sections.len() == items.len() {
            problems.within(key, |problems| {
                for (section, item) in sections.iter().zip(items) {
                    if let Err((field, why)) = (self.check)(section) {
                        refuse(field, value_of(item, field), problems, &why);
                    }
                }
            });
        }
        Some(sections)
    }

    fn schema(&self) -> Json {
        Many::<T>(PhantomData).schema()
    }

    fn sample(&self) -> Sample {
        Many::<T>(PhantomData).sample()
    }
}

/// The value of a key in a table, or the table where there is none.
fn value_of<'n>(table: &'n Node, key: &str) -> &'n Node {
    let entries: &[Entry] = match &table.value {
        Value::Table(entries) => entries,
        _ => &[],
    };
    let entry = entries.iter().find(|entry| entry.key == key);
    entry.map_or(table, |entry| &entry.node)
}

/// A list of tables, each a section whose keys must fit together.
pub(crate) const fn checked_sections<T: Section>(
    check: fn(&T) -> Result<(), Mistake>,
) -> Checked<T> {
    Checked { check }
}

/// `{ min = 1, max = 5 }`, either end absent for no bound.
pub(crate) struct Ends;

impl Kind for Ends {
    type Value = Range;

    fn default(&self) -> Range {
        Range::default()
    }

    fn read(&self, key: &str, node: &Node, problems: &mut Problems) -> Option<Range> {
        let range: Range = problems.within(key, |problems| read_section(node, problems))?;
        if range.is_empty() {
            refuse(key, node, problems, "`min` is greater than `max`");
            return None;
        }
        Some(range)
    }

    fn schema(&self) -> Json {
        section_schema::<Range>()
    }

    fn sample(&self) -> Sample {
        Sample::Example("{ min = 100, max = 500 }".to_owned())
    }
}

/// A range of counts.
pub(crate) const fn range() -> Ends {
    Ends
}

/// A table from names to ranges.
pub(crate) struct Named;

impl Kind for Named {
    type Value = BTreeMap<String, Range>;

    fn default(&self) -> BTreeMap<String, Range> {
        BTreeMap::new()
    }

    fn read(
        &self,
        key: &str,
        node: &Node,
        problems: &mut Problems,
    ) -> Option<BTreeMap<String, Range>> {
        let Value::Table(entries) = &node.value else {
            let what = node.what();
            let why = format!("expected a table from names to {{ min, max }}, found {what}");
            refuse(key, node, problems, &why);
            return None;
        };
        let ranges = problems.within(key, |problems| {
            entries
                .iter()
                .filter_map(|entry| {
                    let range = Ends.read(&entry.key, &entry.node, problems)?;
                    Some((entry.key.clone(), range))
                })
                .collect()
        });
        Some(ranges)
    }

    fn schema(&self) -> Json {
        json!({ "type": "object", "additionalProperties": section_schema::<Range>() })
    }

    fn sample(&self) -> Sample {
        Sample::Example(
            "{ unit = { min = 80 }, \"end to end\" = { min = 5, max = 40 } }".to_owned(),
        )
    }
}

/// A table from names to ranges of counts.
pub(crate) const fn ranges() -> Named {
    Named
}
