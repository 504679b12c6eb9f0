//! What native programs, the C library, shells and the kernel say of crashes and exhausted memory.

use super::LineClass;

pub(super) const SEGFAULT_WORDS: [&str; 16] = [
    "egmentation fault",
    "segfault at ",
    "SIGSEGV",
    "SIGABRT",
    "SIGBUS",
    "free(): ",
    "double free or corruption",
    "malloc(): ",
    "malloc_consolidate(): ",
    "munmap_chunk(): ",
    "realloc(): ",
    "corrupted size vs. prev_size",
    "*** stack smashing detected ***",
    "*** buffer overflow detected ***",
    ": Assertion `",
    "Aborted",
];

pub(super) const OOM_WORDS: [&str; 9] = [
    "invoked oom-killer",
    "oom-kill:",
    "ut of memory: Kill",
    "oom_reaper: reaped",
    "OOMKilled",
    "OutOfMemoryError",
    "heap out of memory",
    "Cannot allocate memory",
    "runtime: out of memory",
];

pub(super) const SEGFAULT: LineClass = LineClass {
    class: "segfault",
    keywords: &[
        "egmentation fault",
        "segfault at ",
        "SIGSEGV",
        "SIGABRT",
        "SIGBUS",
        "(): ",
        "corrupt",
        "detected ***",
        ": Assertion `",
        "Aborted",
    ],
    is: |text| {
        SEGFAULT_WORDS
            .iter()
            .any(|w| text.contains(w) && (*w != "Aborted" || is_abort(text)))
    },
};

pub(super) const OOM: LineClass = LineClass {
    class: "oom",
    keywords: &[
        "oom-kill",
        "oom_reaper",
        "ut of memory",
        "OOMKilled",
        "OutOfMemory",
        "Cannot allocate memory",
    ],
    is: |text| OOM_WORDS.iter().any(|w| text.contains(w)),
};

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
