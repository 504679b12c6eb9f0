//! Exceptions of the JVM: `a.b.CException: message`, `\tat` frames, then `Caused by:` and, a level
//! deeper, `Suppressed:` with frames of their own.

use super::block::{Block, BlockClass, Head, Next, is_thrown, typed};
use super::dotnet;
use super::table::{CAUSES, line_class};

pub(super) static CLASS: BlockClass = BlockClass {
    class: "java_exception",
    keywords: &[
        "Exception",
        "java.lang.Throwable",
        "Error: ",
        "OverflowError",
        "MemoryError",
        "AssertionError",
        "FailedError",
        "DefFoundError",
        "InitializerError",
        "java.lang.Error",
        "Caused by: ",
        "Suppressed: ",
    ],
    head,
    next,
    overruled_by: CAUSES,
};

/// Lines a message may go on for before the first frame.
const MESSAGE_LINES: u16 = 8;
const BEFORE_FRAMES: u8 = 0;
const IN_FRAMES: u8 = 1;

fn head(text: &str) -> Option<Head<'_>> {
    let trimmed = text.trim();
    let caused = further(trimmed).map(|(_, rest)| rest).or_else(|| {
        trimmed
            .strip_prefix("Exception in thread ")?
            .split_once("\" ")
            .map(|(_, r)| r)
    });
    if let Some((exception, message)) = caused.and_then(typed) {
        return Some(Head {
            exception: Some(exception),
            message,
            certain: exception.contains('.') || is_thrown(exception),
            ..Head::default()
        });
    }
    let at = qualified(trimmed)?;
    let (exception, message) = typed(&trimmed[at..])?;
    Some(Head {
        exception: Some(exception),
        message,
        ..Head::default()
    })
}

/// What announces a further exception, and what follows.
fn further(trimmed: &str) -> Option<(&str, &str)> {
    ["Caused by: ", "Suppressed: ", "Wrapped by: "]
        .iter()
        .find_map(|p| Some((*p, trimmed.strip_prefix(p)?)))
}

/// Where the first qualified name of something thrown begins, with `:` or nothing behind it.
fn qualified(text: &str) -> Option<usize> {
    let mut at = 0;
    for word in text.split(' ') {
        let name = word.strip_suffix(':').unwrap_or(word);
        let ends = word.len() > name.len() || at + word.len() == text.len();
        if ends && name.contains('.') && is_thrown(name) && typed(name).is_some() {
            return Some(at);
        }
        at += word.len() + 1;
    }
    None
}

fn next(block: &mut Block, text: &str) -> Next {
    if let Some((name, place)) = frame(text) {
        block.certain = true;
        block.state = IN_FRAMES;
        push(block, name, place);
        return Next::In;
    }
    if !block.certain && dotnet::takes_over(block, text) {
        return Next::In;
    }
    let trimmed = text.trim();
    let more = ["more", "common frames omitted", "frames truncated"];
    let left_out = trimmed.starts_with("... ") && more.iter().any(|m| trimmed.ends_with(m));
    if block.certain && (left_out || trimmed.starts_with("[CIRCULAR REFERENCE")) {
        block.state = IN_FRAMES;
        return Next::In;
    }
    if block.state == IN_FRAMES
        && let Some((announced, rest)) = further(trimmed)
        && let Some((exception, message)) = typed(rest)
    {
        cause(block, text, announced, (exception, message));
        return Next::In;
    }
    if block.state == BEFORE_FRAMES && block.count < MESSAGE_LINES {
        block.count += 1;
        return Next::Aside;
    }
    Next::Out
}

/// A further exception of the same occurrence. A suppressed one, and what caused that, is no cause of
/// the whole; both are indented.
fn cause(block: &mut Block, text: &str, announced: &str, (exception, message): (&str, &str)) {
    let indent = text.len() - text.trim_start().len();
    let at = block.begin_part(Some(exception), message);
    if let Some(class) = line_class(CAUSES, text) {
        block.part().class = class;
    }
    let suppressed = announced.starts_with("Suppressed");
    let deep = block.depth.is_some_and(|depth| indent >= depth);
    if suppressed && !deep {
        block.depth = Some(indent.max(1));
    } else if announced.starts_with("Caused") && !deep {
        block.depth = None;
        block.deepest = at;
    }
    block.state = BEFORE_FRAMES;
    block.count = 0;
}

/// Name and place of `at a.b.C.d(E.java:1)`, with what some loggers put behind.
fn frame(text: &str) -> Option<(&str, &str)> {
    const PLACES: [&str; 9] = [
        ".java:",
        ".kt:",
        ".scala:",
        ".groovy:",
        ".clj:",
        "Native Method",
        "Unknown Source",
        "<generated>",
        ".java)",
    ];
    let frame = text.trim_start();
    let (name, place) = frame.strip_prefix("at ")?.split_once('(')?;
    let is =
        frame.len() < text.len() && name.contains('.') && PLACES.iter().any(|p| place.contains(p));
    is.then_some((name, place))
}

fn push(block: &mut Block, name: &str, place: &str) {
    // A module or class loader stands before a slash: `java.base/java.lang.Thread.run`, `app//a.B.c`.
    let name = name.rsplit('/').next().unwrap_or(name);
    if is_library(name) {
        return;
    }
    let place = place.split(')').next().unwrap_or(place);
    let (file, line) = place.split_once(':').unwrap_or((place, ""));
    block.part().frames.push(name, file, line);
}

/// Packages of the JDK, the languages on it, test frameworks and the libraries that most often stand
/// between them and a program.
fn is_library(name: &str) -> bool {
    const PACKAGES: [&str; 33] = [
        "java.",
        "javax.",
        "jakarta.",
        "jdk.",
        "sun.",
        "com.sun.",
        "kotlin.",
        "kotlinx.",
        "scala.",
        "groovy.",
        "clojure.",
        "org.codehaus.",
        "org.gradle.",
        "org.junit.",
        "junit.",
        "org.testng.",
        "org.assertj.",
        "org.hamcrest.",
        "org.mockito.",
        "org.opentest4j.",
        "org.springframework.",
        "org.apache.",
        "org.hibernate.",
        "org.eclipse.",
        "org.postgresql.",
        "com.mysql.",
        "com.mongodb.",
        "com.zaxxer.",
        "com.google.",
        "io.netty.",
        "reactor.",
        "okhttp3.",
        "worker.org.gradle.",
    ];
    PACKAGES.iter().any(|package| name.starts_with(package))
}
