//! Closing totals: what a framework counted at the end and nobody named before.

use crate::dialect::Emit;
use crate::event::{Body, Counted, Counts, Printed, Status, Summary};

/// Counts the printed results beyond those told by name, then tells the totals as printed.
pub(super) fn close(printed: Printed, told: &Counts, line: u64, emit: Emit<'_>) {
    let mut rest = Counts::ZERO;
    for (status, figure) in [
        (Status::Passed, printed.passed),
        (Status::Failed, printed.failed),
        (Status::Errored, printed.errored),
        (Status::Skipped, printed.skipped),
    ] {
        rest.add(status, figure.unwrap_or(0).saturating_sub(told[status]));
    }
    if !rest.is_zero() {
        let counted = Counted {
            suite: None,
            counts: rest,
        };
        emit(line, Body::Counted(counted));
    }
    let summary = Summary {
        suite: None,
        printed,
        duration_s: None,
    };
    emit(line, Body::Summary(summary));
}
