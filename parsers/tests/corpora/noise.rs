//! Application logs without tests: the occurrences of errors that are told, against those their truth
//! lists line by line.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use sentinel_parsers::{Body, Parser};
use serde::Deserialize;

/// Recall and precision over all classes must be at least this, in percent.
const FLOOR: f64 = 97.0;

#[derive(Deserialize)]
struct Truth {
    #[serde(default)]
    error_signatures: Vec<Occurrence>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
struct Occurrence {
    line: u64,
    class: String,
}

/// Occurrences of a class.
#[derive(Clone, Copy, Default)]
struct Tally {
    right: usize,
    missed: usize,
    invented: usize,
}

impl Tally {
    fn recall(self) -> f64 {
        share(self.right, self.right + self.missed)
    }

    fn precision(self) -> f64 {
        share(self.right, self.right + self.invented)
    }
}

fn share(part: usize, whole: usize) -> f64 {
    match whole {
        0 => 100.0,
        _ => 100.0 * part as f64 / whole as f64,
    }
}

fn found(log: &[u8]) -> Vec<Occurrence> {
    let mut found = Vec::new();
    let mut keep = |event: &sentinel_parsers::Event<'_>| {
        if let Body::Signature(signature) = &event.body {
            found.push(Occurrence {
                line: event.line,
                class: signature.class.to_owned(),
            });
        }
    };
    let mut parser = Parser::new();
    parser.feed(log, &mut keep);
    parser.finish(&mut keep);
    found
}

/// What of `of` is not in `among`, each counted as often as it occurs.
fn without<'o>(of: &'o [Occurrence], among: &[Occurrence]) -> Vec<&'o Occurrence> {
    let mut left: Vec<&Occurrence> = among.iter().collect();
    let gone = |o: &&Occurrence| match left.iter().position(|l| l == o) {
        Some(at) => {
            left.swap_remove(at);
            false
        }
        None => true,
    };
    of.iter().filter(gone).collect()
}

fn table(tallies: &BTreeMap<String, Tally>) -> String {
    let mut text = format!(
        "{:<20} {:>6} {:>7} {:>9} {:>7} {:>10}\n",
        "class", "right", "missed", "invented", "recall", "precision"
    );
    for (class, t) in tallies {
        let _ = writeln!(
            text,
            "{class:<20} {:>6} {:>7} {:>9} {:>6.1}% {:>9.1}%",
            t.right,
            t.missed,
            t.invented,
            t.recall(),
            t.precision()
        );
    }
    text
}

#[test]
fn errors_in_application_logs_are_told_and_no_others() {
    let Some(root) = super::corpora() else { return };
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let mut wrong = String::new();
    let mut logs = 0;
    for folder in super::children(&root.join("_noise")) {
        let log = std::fs::read(folder.join("stdout.log")).expect("log");
        let truth = truth(&folder);
        let found = found(&log);
        let missed = without(&truth, &found);
        let invented = without(&found, &truth);
        let name = folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        for occurrence in &truth {
            tallies.entry(occurrence.class.clone()).or_default().right += 1;
        }
        for occurrence in missed {
            let tally = tallies.entry(occurrence.class.clone()).or_default();
            tally.right -= 1;
            tally.missed += 1;
            let _ = writeln!(wrong, "missed: {name} {occurrence:?}");
        }
        for occurrence in invented {
            tallies
                .entry(occurrence.class.clone())
                .or_default()
                .invented += 1;
            let _ = writeln!(wrong, "invented: {name} {occurrence:?}");
        }
        logs += 1;
    }
    let all = tallies.values().fold(Tally::default(), |a, b| Tally {
        right: a.right + b.right,
        missed: a.missed + b.missed,
        invented: a.invented + b.invented,
    });
    tallies.insert("~ all".to_owned(), all);
    println!("{logs} logs\n{}{wrong}", table(&tallies));
    assert!(logs > 0, "no noise case found");
    for (class, tally) in &tallies {
        let (recall, precision) = (tally.recall(), tally.precision());
        assert!(recall >= FLOOR, "{class}: recall {recall:.1} %\n{wrong}");
        assert!(
            precision >= FLOOR,
            "{class}: precision {precision:.1} %\n{wrong}"
        );
    }
}

fn truth(folder: &Path) -> Vec<Occurrence> {
    let bytes = std::fs::read(folder.join("truth.json")).expect("truth");
    let truth: Truth = serde_json::from_slice(&bytes).expect("truth.json is as documented");
    truth.error_signatures
}
