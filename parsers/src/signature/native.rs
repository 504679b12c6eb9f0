//! What native programs, the C library, shells and the kernel say of crashes and exhausted memory.

use super::table::LineClass;

pub(super) const SEGFAULT: LineClass = LineClass {
    class: "segfault",
    keywords: &[
        "egmentation fault",
        "segfault at ",
        "SIGSEGV",
        "SIGABRT",
        "SIGBUS:",
        " SIGBUS",
        "(SIGBUS",
        "[SIGBUS",
        "free(): ",
        "double free or corruption",
        "malloc(): ",
        "calloc(): ",
        "malloc_consolidate(): ",
        "munmap_chunk(): ",
        "realloc(): ",
        "corrupted size vs. prev_size",
        "corrupted double-linked list",
        "*** stack smashing detected ***",
        "*** buffer overflow detected ***",
        ": Assertion `",
        "Assertion failed: (",
        "general protection fault",
        "general protection ip:",
        "Illegal instruction",
        "Bus error",
        "Aborted",
    ],
    is: |text| {
        let aborted = text.contains("Aborted");
        !aborted || is_abort(text) || WORDS.iter().any(|w| text.contains(w))
    },
};

/// What makes a line one of a crash although something was aborted in it too.
const WORDS: [&str; 5] = [
    "SIGABRT",
    "SIGSEGV",
    "SIGBUS",
    "egmentation fault",
    ": Assertion `",
];

pub(super) const OOM: LineClass = LineClass::of(
    "oom",
    &[
        "invoked oom-killer",
        "oom-kill:",
        "ut of memory: Kill",
        "oom_reaper: reaped",
        "OOMKilled",
        "OutOfMemoryError",
        "OutOfMemoryException",
        "heap out of memory",
        "Cannot allocate memory",
        "runtime: out of memory",
        "fatal error: out of memory",
        "killed as a result of limit of",
        "std::bad_alloc",
        "memory allocation of ",
        "Allowed memory size of ",
        "virtual memory exhausted",
        "There is insufficient memory for the Java Runtime",
    ],
);

/// As shells report it: `Aborted (core dumped)`, `bash: line 1:  6512 Aborted      ./prog`; a service
/// that aborted a request is something else.
fn is_abort(text: &str) -> bool {
    let Some((before, after)) = text.split_once("Aborted") else {
        return false;
    };
    let before = before.trim_end();
    let process = before.ends_with(|c: char| c.is_ascii_digit()) && before.len() < text.len();
    let alone = before.is_empty() && after.trim().is_empty();
    alone || after.trim_start().starts_with("(core dumped)") || (process && after.starts_with("  "))
}
