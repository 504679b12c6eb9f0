//! Unique ids and display names of the JUnit Platform: which test, in which class.

use std::borrow::Cow;

use crate::dialect::java::{captioned, is_class, is_method, simple};
use crate::dialect::script::cap;

/// What a unique id is of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Id {
    /// The full class name.
    pub(super) suite: String,
    /// As JUnit's XML report names it: `method(Type)[2]`; empty for a class.
    pub(super) name: String,
    /// Whether it is a test and no container.
    pub(super) test: bool,
}

impl Id {
    /// Reads `[engine:e]/[class:a.B]/[method:c(java.io.File)]`; engines other than JUnit's own have
    /// their own kinds of segments, and their tests go by what is displayed.
    pub(super) fn read(id: &str, display: &str) -> Option<Id> {
        let inner = id.strip_prefix('[')?.strip_suffix(']')?;
        let mut found = Id::default();
        for segment in inner.split("]/[") {
            let (kind, value) = segment.split_once(':')?;
            found.enter(kind, &decoded(cap(value)), display);
            if found.suite.len() > LONGEST || found.name.len() > LONGEST {
                return None;
            }
        }
        Some(found)
    }

    fn enter(&mut self, kind: &str, value: &str, display: &str) {
        let index = || value.trim_start_matches('#').to_owned();
        self.test = false;
        match kind {
            "class" | "class-template" | "runner" | "spec" => {
                value.clone_into(&mut self.suite);
                self.name.clear();
            }
            "nested-class" | "nested-class-template" => {
                self.suite.push('$');
                self.suite.push_str(value);
            }
            "class-template-invocation" => self.suite.push_str(&format!("[{}]", index())),
            "method" | "test-template" | "test-factory" => {
                self.name = signature(value);
                self.test = kind == "method";
            }
            "test-template-invocation" | "dynamic-test" | "dynamic-container" => {
                self.name.push_str(&format!("[{}]", index()));
                self.test = kind != "dynamic-container";
            }
            // JUnit 4: `adds(a.B)`; a set of parameters has no class.
            "test" => {
                let method = value.split_once('(');
                self.test = method.is_some();
                method
                    .map_or(value, |(method, _)| method)
                    .clone_into(&mut self.name);
            }
            "engine" => {}
            "suite" | "feature" | "rule" | "scenario-outline" | "examples" | "container" => {
                if self.suite.is_empty() {
                    value.clone_into(&mut self.suite);
                }
            }
            _ => {
                cap(display).clone_into(&mut self.name);
                self.test = true;
            }
        }
    }
}

/// Longest suite or name made of an id.
const LONGEST: usize = 2048;

/// The id's own escapes: `%5B`. Any other text is left as it is.
fn decoded(value: &str) -> Cow<'_, str> {
    if !value.contains('%') {
        return Cow::Borrowed(value);
    }
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        let code = after
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code.filter(u8::is_ascii) {
            Some(code) => {
                text.push(char::from(code));
                rest = &after[2..];
            }
            None => {
                text.push('%');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// `method(java.io.File, [I)` with the types' simple names, as the report has it.
pub(super) fn signature(value: &str) -> String {
    let Some((method, types)) = value.strip_suffix(')').and_then(|v| v.split_once('(')) else {
        return value.to_owned();
    };
    let types: Vec<String> = types.split(", ").map(simple_type).collect();
    format!("{method}({})", types.join(", "))
}

/// `File` of `java.io.File`, `String[]` of `[Ljava.lang.String;`.
fn simple_type(name: &str) -> String {
    let bare = name.trim_start_matches('[');
    let arrays = name.len() - bare.len();
    if arrays == 0 {
        return simple(bare).to_owned();
    }
    let element = match bare {
        "Z" => "boolean",
        "B" => "byte",
        "C" => "char",
        "D" => "double",
        "F" => "float",
        "I" => "int",
        "J" => "long",
        "S" => "short",
        _ => simple(bare.trim_start_matches('L').trim_end_matches(';')),
    };
    format!("{element}{}", "[]".repeat(arrays))
}

/// Suite and name by what is displayed from the engine down to the last caption, and how many
/// containers are between the two.
pub(super) fn displayed(path: &[&str], last: &str) -> (String, String, usize) {
    let engine = |caption: &&str| is_nested_engine(caption);
    let from = path.iter().rposition(engine).unwrap_or(0) + 1;
    let between = path.get(from..).unwrap_or_default();
    let (suite, name) = captioned(between, last);
    (suite, name, between.len())
}

/// Suite and name of a container that broke, of which only captions are known, and the suite of the test
/// before it, which most likely stands in the same class.
pub(super) fn broken(path: &[&str], caption: &str, before: &str) -> (String, String) {
    let (mut suite, mut name, _) = displayed(path, caption);
    if !is_method(caption) {
        if !suite.is_empty() {
            suite.push_str(" > ");
        }
        suite.push_str(&name);
        name.clear();
    }
    let outer = before.split('$').next().unwrap_or(before);
    let (first, rest) = suite.split_once(" > ").unwrap_or((&suite, ""));
    if first != simple(outer) {
        return (suite, name);
    }
    let mut full = outer.to_owned();
    for inner in rest.split(" > ").filter(|inner| !inner.is_empty()) {
        full.push_str(if is_class(inner) { "$" } else { " > " });
        full.push_str(inner);
    }
    (full, name)
}

/// An engine that stands inside another, in a suite.
fn is_nested_engine(caption: &str) -> bool {
    matches!(
        caption,
        "JUnit Jupiter" | "JUnit Vintage" | "JUnit Platform Suite"
    )
}

/// An engine as it names itself.
pub(super) fn is_engine(caption: &str) -> bool {
    let known = [
        "Cucumber", "Spock", "Kotest", "jqwik", "TestNG", "ArchUnit", "Spek", "Karate",
    ];
    caption.starts_with("JUnit ") || known.iter().any(|k| caption.starts_with(k))
}
