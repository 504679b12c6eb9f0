//! Literals of the lines that mean something to the dialect.

/// One stands in every line that means anything while the dialect is closed or at ease.
pub(super) const NEEDLES: &[&str] = &[
    "=== RUN ",
    "=== PAUSE",
    "=== CONT",
    "=== NAME",
    "=== ATTR",
    "=== ARTIFACTS",
    "--- PASS: ",
    "--- FAIL: ",
    "--- SKIP: ",
    "--- BENCH: ",
    "\nok  \t",
    "\nFAIL\t",
    "\n?   \t",
    "panic: test timed out",
    "_test.go:",
    "Running Suite: ",
    "Test Suite Failed",
];
