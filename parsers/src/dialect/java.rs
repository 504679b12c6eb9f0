//! What the runners of the Java platform share: how exceptions, stack frames and classes are written.

use crate::dialect::script::cap;

/// What a test threw, as far as its stack trace was read.
#[derive(Debug, Default)]
pub(super) struct Thrown {
    /// The exception's class.
    pub(super) class: String,
    message: Option<String>,
    location: Option<String>,
    /// What follows is about a cause, or about what else was thrown.
    over: bool,
}

impl Thrown {
    /// What the first line of a stack trace says: `a.b.SomeException: message`.
    pub(super) fn new(text: &str) -> Thrown {
        let text = text.trim();
        let (class, message) = match text.split_once(':') {
            Some((class, message)) if is_class(class) => (class, message.trim()),
            _ if is_class(text) => (text, ""),
            _ => ("", text),
        };
        Thrown {
            class: cap(class).to_owned(),
            message: Some(cap(message).to_owned()).filter(|m| !m.is_empty()),
            ..Thrown::default()
        }
    }

    /// Reads a further line: a frame of the class that holds the test is where it failed, text is the
    /// message if there was none.
    pub(super) fn note(&mut self, text: &str, owner: &str) {
        let text = text.trim();
        if self.over || text.is_empty() {
            return;
        }
        if text.starts_with("Caused by:") || text.starts_with("Suppressed:") {
            self.over = true;
        } else if let Some(frame) = frame(text) {
            if self.location.is_none() && owns(owner, frame.class) {
                self.location = Some(cap(frame.place).to_owned());
            }
        } else if !text.starts_with("at ") && self.message.is_none() && self.location.is_none() {
            self.message = Some(cap(text).to_owned());
        }
    }

    /// The message, or the class of an exception without one.
    pub(super) fn message(&self) -> Option<&str> {
        let class = Some(self.class.as_str()).filter(|c| !c.is_empty());
        self.message.as_deref().or(class)
    }

    /// `file:line` of the test's own frame.
    pub(super) fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// Sets where it failed from a text that says so itself.
    pub(super) fn locate(&mut self, place: &str) {
        self.location = Some(cap(place).to_owned());
    }
}

/// A frame of a stack trace.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    pub(super) class: &'a str,
    pub(super) method: &'a str,
    /// `File.java:12`.
    pub(super) place: &'a str,
}

/// `at a.b.C.m(C.java:12)`, with or without its first word; a module (`java.base/`) or a class
/// loader (`app//`) may stand before the class.
pub(super) fn frame(text: &str) -> Option<Frame<'_>> {
    let text = text.trim();
    let text = text.strip_prefix("at ").unwrap_or(text);
    let (code, place) = text.strip_suffix(')')?.rsplit_once('(')?;
    let code = code.rsplit_once('/').map_or(code, |(_, code)| code);
    let (class, method) = code.rsplit_once('.')?;
    let (_, line) = place.rsplit_once(':')?;
    let numbered = !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit());
    (numbered && is_class(class)).then_some(Frame {
        class,
        method,
        place,
    })
}

/// A class as Java writes it: no blanks, with or without packages.
pub(super) fn is_class(text: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '$');
    text.starts_with(|c: char| c.is_alphabetic() || c == '_') && text.chars().all(plain)
}

/// The class without its package and without the classes round it.
pub(super) fn simple(class: &str) -> &str {
    let bare = class.rsplit(['.', '$']).next();
    bare.filter(|bare| !bare.is_empty()).unwrap_or(class)
}

/// Whether an exception means that a check of the test did not hold, and not that something broke:
/// what JUnit's own report calls a failure is an `AssertionError`.
pub(super) fn is_assertion(class: &str) -> bool {
    let name = simple(class);
    let ends = ["AssertionError", "AssertionFailedError", "FailuresError"];
    ends.iter().any(|end| name.ends_with(end))
        || name.ends_with("ComparisonFailure")
        || class.starts_with("org.mockito.exceptions.verification.")
}

/// Whether an exception means that the test gave up because an assumption did not hold.
pub(super) fn is_assumption(class: &str) -> bool {
    matches!(
        simple(class),
        "TestAbortedException"
            | "AssumptionViolatedException"
            | "SkipException"
            | "TestSkippedException"
    )
}

/// Whether a class is the owner or stands inside it; an owner without a package is compared by its
/// bare name, one that stands inside others by theirs.
fn owns(owner: &str, class: &str) -> bool {
    let outer = |class: &'_ str| class.split('$').next().map_or(0, str::len);
    let class = &class[..outer(class)];
    let owner = owner.split(" > ").next().unwrap_or(owner);
    let owner = &owner[..outer(owner)];
    class == owner || (!owner.contains('.') && simple(class) == owner)
}

/// The number of an invocation by what is displayed: `[2] a.txt`, `repetition 2 of 3`.
pub(super) fn invocation(display: &str) -> Option<&str> {
    let number = match display.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map(|(number, _)| number),
        None => display
            .strip_prefix("repetition ")
            .and_then(|rest| rest.split_once(" of "))
            .map(|(number, _)| number),
    };
    number.filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether a caption has the form of a method: `adds(int)`, in words `adds two numbers()`, no `Stack (old)`.
pub(super) fn is_method(caption: &str) -> bool {
    let head = caption
        .strip_suffix(')')
        .and_then(|c| c.split_once('('))
        .map(|(head, _)| head);
    head.is_some_and(|head| !head.is_empty() && !head.ends_with(' '))
}

/// Suite and name of a test by the captions that enclose it. A caption below a class in the form of a method
/// is no class: it and what it holds belong to the name, as does whatever holds a numbered
/// invocation. JUnit 4's sets of parameters (`[1]` above `adds[1]`) are repeated in the name.
pub(super) fn captioned(between: &[&str], last: &str) -> (String, String) {
    let number = invocation(last);
    let all = between.len();
    let method = (1..all).find(|i| is_method(between[*i]));
    let from = match (method, number) {
        (Some(from), _) => from,
        (None, Some(_)) if all > 1 => all - 1,
        _ => all,
    };
    let (classes, methods) = between.split_at(from);
    let name = match (methods.is_empty(), number) {
        (true, _) => last.to_owned(),
        (false, Some(number)) => format!("{}[{number}]", methods.join(" > ")),
        (false, None) => format!("{} > {last}", methods.join(" > ")),
    };
    let classes = match classes.split_last() {
        Some((set, outer)) if set.starts_with('[') && last.ends_with(set) => outer,
        _ => classes,
    };
    (classes.join(" > "), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_trace_says_what_was_thrown_and_where_the_test_stood() {
        let mut thrown = Thrown::new("java.lang.IllegalStateException: no: thing");
        thrown.note("\tat a.Thing.use(Thing.java:3)", "a.ThingTest");
        thrown.note(
            "\tat app//a.ThingTest$Inner.uses(ThingTest.java:9)",
            "a.ThingTest",
        );
        thrown.note("\tat a.ThingTest.run(ThingTest.java:1)", "a.ThingTest");
        assert_eq!(thrown.class, "java.lang.IllegalStateException");
        assert_eq!(thrown.message(), Some("no: thing"));
        assert_eq!(thrown.location(), Some("ThingTest.java:9"));
    }

    #[test]
    fn a_message_may_begin_on_the_next_line_or_be_missing() {
        let mut thrown = Thrown::new("java.lang.AssertionError: ");
        assert_eq!(thrown.message(), Some("java.lang.AssertionError"));
        thrown.note("Expecting 1", "a.B");
        thrown.note("to be 2", "a.B");
        assert_eq!(thrown.message(), Some("Expecting 1"));
        assert_eq!(
            Thrown::new("no class here").message(),
            Some("no class here")
        );
    }

    #[test]
    fn causes_are_not_where_the_test_failed() {
        let mut thrown = Thrown::new("a.E");
        thrown.note("Caused by: a.F: deep", "a.B");
        thrown.note("at a.B.c(B.java:4)", "a.B");
        assert_eq!((thrown.message(), thrown.location()), (Some("a.E"), None));
    }

    #[test]
    fn frames_are_told_from_other_text_in_parentheses() {
        let found = frame("java.base/java.lang.reflect.Method.invoke(Method.java:569)");
        assert_eq!(found.map(|f| f.class), Some("java.lang.reflect.Method"));
        assert_eq!(frame("at a.B.c(Native Method)"), None);
        assert_eq!(frame("see the docs (a.html:3)"), None);
    }

    #[test]
    fn exceptions_say_whether_a_check_failed() {
        assert!(is_assertion("org.opentest4j.AssertionFailedError"));
        assert!(is_assertion("org.junit.ComparisonFailure"));
        assert!(!is_assertion("java.lang.IllegalStateException"));
        assert!(is_assumption("org.opentest4j.TestAbortedException"));
        assert_eq!(simple("a.B$C"), "C");
    }
}
