//! Literals of the lines that mean something to the dialect.

use crate::dialect::needle::with_letters;

/// One stands in every line that means anything while the dialect is closed or at ease.
pub(super) const NEEDLES: &[&str] = with_letters![
    " ... ok",
    " ... FAIL",
    " ... ERROR",
    " ... skipped",
    " ... expected failure",
    " ... unexpected success",
    "\ntest_",
    "\nsetUp",
    "\ntearDown",
    "\n=====",
    "\n-----",
    "\nRan ",
    "\nFAILED (",
    "\nOK\n",
    "\nOK (",
    "\nNO TESTS RAN",
    "\nFound ",
    " load avg: ",
    "\nu.",
    "\n.u",
    "\nuu",
    "\nu\n",
];
