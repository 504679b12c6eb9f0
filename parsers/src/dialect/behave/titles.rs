//! Titles of features and scenarios, as each formatter writes them.

use super::Behave;
use super::lines::{self, Title};
use super::scenario::Scenario;
use crate::dialect::script::cap;
use crate::dialect::{Claim, Emit, Line};

impl Behave {
    /// Titles of features and scenarios.
    pub(super) fn heading(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Option<Claim> {
        let (text, number) = (line.text, line.number);
        if let Some((name, file)) = lines::bare_feature(text) {
            self.settle(emit);
            self.running = true;
            self.letters = true;
            self.suite = format!("{}.{name}", lines::stem(file)).into();
            return Some(Claim::Own);
        }
        if self.letters {
            return self.lettered(text, number, emit);
        }
        if text.contains(".feature  ") && lines::indent(text) == 0 {
            // `features/a.feature  ..F`: letters of scenarios, or of steps; the totals count them.
            self.running = true;
            return Some(Claim::Own);
        }
        let title = lines::title(text)?;
        match (title.indent, title.place) {
            (0, place) => self.feature(&title, place, number, emit),
            (_, Some(place)) => self.placed(&title, place, number, emit),
            (2 | 4, None) if self.place.is_none() => self.bare(&title, number, emit),
            _ => None,
        }
    }

    fn feature(
        &mut self,
        title: &Title<'_>,
        place: Option<&str>,
        number: u64,
        emit: Emit<'_>,
    ) -> Option<Claim> {
        let Some(place) = place else {
            let english = matches!(title.keyword, "Feature" | "Ability" | "Business Need");
            if !english && (!self.running || self.blank + 1 != number) {
                return None;
            }
            self.candidate = Some(cap(title.name).into());
            return self.claim(if english { Claim::Own } else { Claim::Pass });
        };
        self.settle(emit);
        self.suite = format!("{}.{}", lines::stem(place), cap(title.name.trim_end())).into();
        self.place = Some(cap(place).into());
        // Other runners of such features show no place beside their titles.
        self.running = true;
        Some(Claim::Own)
    }

    /// `  Scenario: adds  # features/cart.feature:9`
    fn placed(
        &mut self,
        title: &Title<'_>,
        place: &str,
        number: u64,
        emit: Emit<'_>,
    ) -> Option<Claim> {
        // Since 1.3 a background is shown as the feature's title once more.
        let of_scenario = self.place.as_deref() != Some(place);
        if of_scenario && !matches!(title.keyword, "Background" | "Rule") {
            self.begin(title, Some(place), number, emit);
        }
        self.claim(Claim::Own)
    }

    /// `  Scenario: adds`, below an empty line.
    fn bare(&mut self, title: &Title<'_>, number: u64, emit: Emit<'_>) -> Option<Claim> {
        let english = title.keyword.starts_with("Scenario") || title.keyword == "Background";
        if !english && (!self.running || (self.blank + 1 != number && self.candidate.is_none())) {
            return None;
        }
        if let Some(feature) = self.candidate.take() {
            self.settle(emit);
            self.suite = feature;
        }
        // A background's title stands right below the feature's; steps never follow it.
        let background = title.keyword == "Background" || self.blank + 1 != number;
        let english = title.keyword.starts_with("Scenario");
        if (english || !background) && title.keyword != "Rule" {
            self.begin(title, None, number, emit);
        }
        self.claim(Claim::Own)
    }

    fn begin(&mut self, title: &Title<'_>, place: Option<&str>, line: u64, emit: Emit<'_>) {
        self.settle(emit);
        let name = match place {
            Some(_) => lines::unpadded(title.name),
            None => title.name.into(),
        };
        let mut scenario = Scenario::new(&self.suite, &name, line);
        scenario.place = place.map(|p| cap(p).into());
        scenario.indent = title.indent;
        if let Some(said) = self.hook.take() {
            scenario.hook(&said);
        }
        self.current = Some(scenario);
    }

    /// `  adds  ..F` of `progress3`, or more letters on a line of their own.
    fn lettered(&mut self, text: &str, number: u64, emit: Emit<'_>) -> Option<Claim> {
        if let Some((name, letters)) = lines::lettered(text) {
            self.settle(emit);
            let mut scenario = Scenario::new(&self.suite, name, number);
            scenario.letters(letters);
            self.current = Some(scenario);
            return Some(Claim::Own);
        }
        let current = self.current.as_mut()?;
        let only = text.chars().all(lines::is_letter);
        only.then(|| {
            current.letters(text);
            Claim::Own
        })
    }
}
