//! The totals of `dotnet test`: of one assembly or over all, on one line or on several.

use super::{Dotnet, lines};
use crate::dialect::Emit;
use crate::dialect::closing::close;
use crate::event::{Printed, Status};

/// Totals that may be mixed with each other.
const TOTALS_CAP: usize = 16;

/// The results of the figures known so far.
fn sum(printed: &Printed) -> u64 {
    let figures = [printed.passed, printed.failed, printed.skipped];
    figures.into_iter().flatten().fold(0, u64::saturating_add)
}

impl Dotnet {
    /// The first line of totals of several lines.
    pub(super) fn begin_totals(&mut self, tests: u64, number: u64) {
        if self.totals.len() < TOTALS_CAP {
            let printed = Printed {
                tests: Some(tests),
                ..Printed::default()
            };
            self.totals.push((number, printed));
        }
    }

    /// Takes another line of totals. Those of several assemblies may be mixed: a figure is of the first
    /// that lacks it and has room for it.
    pub(super) fn more_totals(&mut self, text: &str, emit: Emit<'_>) -> bool {
        let figure = lines::figure(text).filter(|_| text.starts_with(' '));
        if let Some((place, n)) = figure {
            let fits = |(_, p): &(u64, Printed)| {
                let room = p.tests.is_none_or(|all| sum(p).saturating_add(n) <= all);
                p.to_array()[place].is_none() && (room || place == 0)
            };
            let Some(at) = self.totals.iter().position(fits) else {
                return false;
            };
            let (_, printed) = &mut self.totals[at];
            let mut all = printed.to_array();
            all[place] = Some(n);
            *printed = Printed::from_array(all);
            if printed.tests == Some(sum(printed)) {
                self.end_one(at, emit);
            }
            return true;
        }
        if text.starts_with(" Total time: ") || text.starts_with("  duration: ") {
            self.end_one(0, emit);
            return true;
        }
        // Before the figures of Microsoft.Testing.Platform stand the assemblies.
        let inside = text.is_empty() || text.starts_with(' ');
        self.totals.retain(|(_, p)| p.tests.is_some() || inside);
        inside && self.totals.iter().any(|(_, p)| p.tests.is_none())
    }

    /// Totals that will not be completed any more.
    pub(super) fn end_totals(&mut self, emit: Emit<'_>) {
        while !self.totals.is_empty() {
            self.end_one(0, emit);
        }
    }

    fn end_one(&mut self, at: usize, emit: Emit<'_>) {
        let (number, mut printed) = self.totals.remove(at);
        if printed.tests.is_none() {
            return;
        }
        // VSTest leaves out what there is none of.
        for figure in [
            &mut printed.passed,
            &mut printed.failed,
            &mut printed.skipped,
        ] {
            *figure = figure.or(Some(0));
        }
        match self.runs {
            0 => self.summary(&printed, number, emit),
            _ => self.assembly(&printed, number, emit),
        }
    }

    /// The totals of one assembly.
    pub(super) fn assembly(&mut self, printed: &Printed, number: u64, emit: Emit<'_>) {
        self.tell_held(printed, emit);
        close(*printed, &self.told, number, emit);
        for (status, figure) in [
            (Status::Passed, printed.passed),
            (Status::Failed, printed.failed),
            (Status::Skipped, printed.skipped),
        ] {
            self.told.sub(status, figure.unwrap_or(0));
        }
        self.seen = self.seen.plus(*printed);
        self.runs = self.runs.saturating_sub(1);
    }

    /// The totals over all assemblies: some may have had their own before.
    pub(super) fn summary(&mut self, printed: &Printed, number: u64, emit: Emit<'_>) {
        let (all, seen) = (printed.to_array(), self.seen.to_array());
        let mut rest = all;
        for (figure, seen) in rest.iter_mut().zip(seen) {
            *figure = figure.map(|n| n.saturating_sub(seen.unwrap_or(0)));
        }
        let rest = Printed::from_array(rest);
        if rest.tests != Some(0) || self.seen == Printed::default() {
            self.assembly(&rest, number, emit);
        }
        *self = Dotnet::default();
    }

    /// Tells the results of xUnit.net's adapter that nothing repeated, as far as the totals have them.
    fn tell_held(&mut self, printed: &Printed, emit: Emit<'_>) {
        for entry in std::mem::take(&mut self.held) {
            let figure = match entry.status {
                Status::Failed => printed.failed,
                _ => printed.skipped,
            };
            if figure.unwrap_or(0) > self.told[entry.status] {
                self.told.add(entry.status, 1);
                entry.tell(emit);
            }
        }
    }
}
