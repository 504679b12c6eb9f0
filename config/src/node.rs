//! A configuration as written: a tree of values that know where they stand, whichever format they
//! were written in.

/// Where something was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the file; both 1-based.
    File { line: u32, column: u32 },
    /// In an environment variable.
    Variable(String),
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) at: Place,
    pub(crate) value: Value,
}

/// A value as written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// From the environment: text that may mean any scalar, or a list with commas.
    Word(String),
    List(Vec<Node>),
    Table(Vec<Entry>),
    /// Something this configuration has no use for, such as a date.
    Other(&'static str),
}

/// One key of a table with its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// Where the key stands.
    pub(crate) at: Place,
    pub(crate) node: Node,
}

impl Node {
    /// What the value is, for messages.
    pub(crate) fn what(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Int(_) => "an integer",
            Value::Float(_) => "a fraction",
            Value::Text(_) | Value::Word(_) => "text",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
            Value::Other(what) => what,
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) | Value::Word(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn int(&self) -> Option<i64> {
        match &self.value {
            Value::Int(int) => Some(*int),
            Value::Word(word) => word.trim().parse().ok(),
            _ => None,
        }
    }

    pub(crate) fn float(&self) -> Option<f64> {
        match &self.value {
            #[expect(clippy::cast_precision_loss, reason = "fractions are small numbers")]
            Value::Int(int) => Some(*int as f64),
            Value::Float(float) => Some(*float),
            Value::Word(word) => word.trim().parse().ok(),
            _ => None,
        }
    }

    pub(crate) fn bool(&self) -> Option<bool> {
        match &self.value {
            Value::Bool(bool) => Some(*bool),
            Value::Word(word) => word.trim().parse().ok(),
            _ => None,
        }
    }

    /// The items of a list; a word of the environment is a list with commas, empty when blank.
    pub(crate) fn list(&self) -> Option<Vec<Node>> {
        match &self.value {
            Value::List(items) => Some(items.clone()),
            Value::Word(word) if word.trim().is_empty() => Some(Vec::new()),
            Value::Word(word) => Some(
                word.split(',')
                    .map(|item| Node {
                        at: self.at.clone(),
                        value: Value::Word(item.trim().to_owned()),
                    })
                    .collect(),
            ),
            _ => None,
        }
    }
}
