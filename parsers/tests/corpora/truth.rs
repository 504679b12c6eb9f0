//! A case of the corpora: the raw log and the normalised truth beside it.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;

/// The parts of `truth.json` that are compared.
#[derive(Debug, Deserialize)]
pub(crate) struct Truth {
    #[serde(default)]
    framework: Option<String>,
    #[serde(default)]
    command: String,
    /// What is in an envelope.
    #[serde(default)]
    pub(crate) inner_framework: Vec<String>,
    #[serde(default)]
    pub(crate) totals: BTreeMap<String, u64>,
    #[serde(default = "yes")]
    pub(crate) stdout_names: bool,
    #[serde(default)]
    pub(crate) stdout_names_for: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) stdout_durations: bool,
    #[serde(default)]
    pub(crate) tests: Vec<TruthTest>,
    #[serde(default)]
    pub(crate) parse_errors: Vec<String>,
}

/// A test as the framework's own report has it.
#[derive(Debug, Deserialize)]
pub(crate) struct TruthTest {
    #[serde(default)]
    pub(crate) suite: Option<String>,
    #[serde(default)]
    pub(crate) name: Option<String>,
    pub(crate) status: String,
    /// pytest's node id.
    #[serde(default)]
    pub(crate) id: Option<String>,
    /// What JUnit's trees show instead of the name.
    #[serde(default)]
    pub(crate) display_name: Option<String>,
    #[serde(default)]
    pub(crate) duration_s: Option<f64>,
    #[serde(default)]
    pub(crate) message: Option<String>,
    /// Which of the cases in an envelope it is of.
    #[serde(default)]
    pub(crate) source: Option<String>,
}

impl TruthTest {
    /// Why it failed. Ginkgo's report begins with the place of the spec, Jest's with the heading of a
    /// file that could not be loaded, and Behave's says `None`: those are no reasons.
    pub(crate) fn says(&self) -> Option<&str> {
        let place = |m: &&str| {
            let (file, line) = m.rsplit_once(':').unwrap_or_default();
            m.starts_with("${") && file.ends_with(".go") && line.parse::<u64>().is_ok()
        };
        let empty = |m: &&str| matches!(*m, "None" | "● Test suite failed to run");
        let said = self.message.as_deref();
        said.filter(|m| !place(m) && !empty(m))
    }
}

fn yes() -> bool {
    true
}

/// A log with its truth.
pub(crate) struct Case {
    pub(crate) framework: String,
    /// `framework/case`.
    pub(crate) name: String,
    pub(crate) log: Vec<u8>,
    pub(crate) truth: Truth,
}

impl Case {
    pub(crate) fn read(root: &Path, dir: &Path) -> Option<Case> {
        let truth = std::fs::read(dir.join("truth.json")).ok()?;
        let truth = serde_json::from_slice(&truth).expect("truth.json is as documented");
        let log = match std::fs::read(dir.join("stdout.log")) {
            Ok(log) => log,
            Err(_) => {
                let packed = std::fs::read(dir.join("stdout.log.gz")).ok()?;
                let mut log = Vec::new();
                flate2::read::GzDecoder::new(&packed[..])
                    .read_to_end(&mut log)
                    .ok()?;
                log
            }
        };
        let name = dir.strip_prefix(root).ok()?.to_string_lossy().into_owned();
        let framework = name.split('/').next().unwrap_or_default().to_owned();
        Some(Case {
            framework,
            name,
            log,
            truth,
        })
    }
}

impl Truth {
    /// A total of the truth; statuses that do not occur are zero.
    pub(crate) fn total(&self, status: &str) -> u64 {
        self.totals.get(status).copied().unwrap_or(0)
    }

    /// Whether the report ends before the log does: Perl's `TAP::Parser`, whose reading is the report
    /// of TAP logs, dies at the first YAML block it cannot read.
    pub(crate) fn is_cut(&self) -> bool {
        let died = |e: &String| e.starts_with("Badly formed");
        self.parse_errors.iter().any(died)
    }

    /// The status as the log can show it: none of Mocha's reporters prints a try that failed before
    /// the one that passed.
    pub(crate) fn shown_as<'s>(&self, test: &'s TruthTest) -> &'s str {
        match (self.framework_of(test), test.status.as_str()) {
            (Some("mocha"), "flaky") => "passed",
            (_, status) => status,
        }
    }

    /// The framework of a test, which in an envelope may be one of two.
    pub(crate) fn framework_of<'s>(&'s self, test: &'s TruthTest) -> Option<&'s str> {
        let source = test.source.as_deref();
        let inside = source.and_then(|case| case.split('/').next());
        let inner = self.inner_framework.first().map(String::as_str);
        inside.or(inner).or(self.framework.as_deref())
    }

    /// Suite and name as the log can show them. JUnit's tree has captions only: the class without its
    /// package, and the display name, which of a numbered invocation (`[2] a.txt` below `reads(File)`) is
    /// no name by itself: there the report's `reads(File)[2]` is what the two captions say.
    pub(crate) fn named_as<'s>(&self, test: &'s TruthTest) -> (&'s str, &'s str) {
        let suite = test.suite.as_deref().unwrap_or_default();
        let name = test.name.as_deref().unwrap_or_default();
        let tree = self.command.contains("--details tree");
        if self.framework.as_deref() != Some("junit5-console") || !tree {
            return (suite, name);
        }
        let class = suite.rsplit('.').next().unwrap_or(suite);
        let shown = test.display_name.as_deref().unwrap_or(name);
        let numbered = shown.starts_with('[') && name.ends_with(']');
        (class, if numbered { name } else { shown })
    }

    /// A title as the log can show it: RSpec prints titles without the blanks round them.
    pub(crate) fn as_shown(&self, title: &str) -> String {
        let inner = self.inner_framework.iter().map(String::as_str);
        match inner.chain(self.framework.as_deref()).any(|f| f == "rspec") {
            true => title.split_whitespace().collect::<Vec<_>>().join(" "),
            false => title.to_owned(),
        }
    }

    /// The suite that Behave's report calls by file and feature, of which the formatter `plain` shows
    /// the feature only and `progress` the file only.
    pub(crate) fn whole_suite(&self, told: &str, name: &str) -> Option<&str> {
        if self.framework.as_deref() != Some("behave") || told.is_empty() {
            return None;
        }
        let named = |t: &&TruthTest| t.name.as_deref() == Some(name);
        let mut suites = self.tests.iter().filter(named).filter_map(|t| {
            let (suite, told) = (t.suite.as_deref()?, told);
            let part = suite.strip_suffix(told).is_some_and(|s| s.ends_with('.'));
            let file = suite.strip_prefix(told).is_some_and(|s| s.starts_with('.'));
            (part || file || suite == told).then_some(suite)
        });
        let first = suites.next()?;
        suites.all(|other| other == first).then_some(first)
    }

    /// Whether a test of this status has its name in the log.
    pub(crate) fn shows(&self, status: &str) -> bool {
        match &self.stdout_names_for {
            Some(named) => named.iter().any(|s| s == status),
            None => self.stdout_names,
        }
    }
}
