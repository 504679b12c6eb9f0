//! The chart's values: those of its file, and what was set instead.

use serde_json::Value;

/// What templates can ask for.
#[derive(Debug)]
pub(super) struct Values {
    tree: Value,
    namespace: String,
}

impl Values {
    /// Reads the chart's file.
    pub(super) fn read(yaml: &str, namespace: &str) -> Result<Values, String> {
        Ok(Values {
            tree: serde_saphyr::from_str(yaml).map_err(|e| e.to_string())?,
            namespace: namespace.to_owned(),
        })
    }

    /// Sets a value that is there, in its kind.
    pub(super) fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let known = self.tree.pointer_mut(&pointer(key));
        let Some(place) = known.filter(|place| !place.is_object()) else {
            return Err(format!("{key} is no value of the chart"));
        };
        *place = match (&*place, value) {
            (Value::Bool(_), "true") => Value::Bool(true),
            (Value::Bool(_), "false") => Value::Bool(false),
            (Value::Bool(_), _) => return Err(format!("{key}: expected true or false")),
            // It is put into YAML and TOML as it is, so it can be nothing else there.
            (_, text) if is_plain(text) => Value::String(text.to_owned()),
            _ => {
                return Err(format!(
                    "{key}: expected 1 to 512 of A-Z, a-z, 0-9, '-', '_', '.', ':', '/' and '@'"
                ));
            }
        };
        Ok(())
    }

    /// What a path of a template stands for: `.Values.KEY...` or `.Release.Namespace`.
    pub(super) fn find(&self, path: &str) -> Option<Value> {
        match path.strip_prefix(".Values.") {
            Some(key) => self
                .tree
                .pointer(&pointer(key))
                .filter(|v| !v.is_object())
                .cloned(),
            None => (path == ".Release.Namespace").then(|| Value::from(self.namespace.as_str())),
        }
    }
}

fn pointer(key: &str) -> String {
    format!("/{}", key.replace('.', "/"))
}

fn is_plain(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.:/@".contains(&b);
    (1..=512).contains(&text.len()) && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        Values::read("a: x\nb:\n  c: false\n", "ns").unwrap()
    }

    #[test]
    fn a_value_is_set_where_there_is_one_and_in_its_kind() {
        let mut values = values();
        values.set("a", "y:1").unwrap();
        values.set("b.c", "true").unwrap();
        assert_eq!(values.find(".Values.a"), Some(Value::from("y:1")));
        assert_eq!(values.find(".Values.b.c"), Some(Value::from(true)));
        for (key, value) in [
            ("b", "x"),
            ("b.d", "x"),
            ("", "x"),
            ("a", ""),
            ("a", "x\ny: z"),
            ("a", "x\""),
            ("b.c", "yes"),
        ] {
            assert!(values.set(key, value).is_err(), "{key}={value}");
        }
    }

    #[test]
    fn a_path_leads_to_a_value_or_to_nothing() {
        let values = values();
        assert_eq!(values.find(".Release.Namespace"), Some(Value::from("ns")));
        for path in [".Values.b", ".Values.z", ".Release.Name", "Values.a", ""] {
            assert_eq!(values.find(path), None, "{path}");
        }
    }
}
