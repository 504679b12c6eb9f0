//! The JSON report that `jest --json` and Vitest's `json` reporter print as one line.

use serde::Deserialize;

use crate::event::{Printed, Status};

/// How the line begins: the keys are written in a fixed order.
pub(in crate::dialect) const OPENING: &str = "{\"num";

/// The report.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::dialect) struct Report {
    #[serde(default)]
    num_total_tests: Option<u64>,
    #[serde(default)]
    num_passed_tests: Option<u64>,
    #[serde(default)]
    num_failed_tests: Option<u64>,
    #[serde(default)]
    num_pending_tests: Option<u64>,
    #[serde(default)]
    num_todo_tests: Option<u64>,
    pub(in crate::dialect) test_results: Vec<File>,
}

/// A file of tests.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::dialect) struct File {
    #[serde(default)]
    pub(in crate::dialect) name: String,
    #[serde(default)]
    pub(in crate::dialect) message: Option<String>,
    #[serde(default)]
    status: String,
    #[serde(default)]
    pub(in crate::dialect) assertion_results: Vec<Assertion>,
}

/// A test.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::dialect) struct Assertion {
    #[serde(default)]
    ancestor_titles: Vec<String>,
    pub(in crate::dialect) title: String,
    status: String,
    #[serde(default)]
    duration: Option<f64>,
    #[serde(default)]
    pub(in crate::dialect) failure_messages: Option<Vec<String>>,
    #[serde(default)]
    pub(in crate::dialect) retry_reasons: Option<Vec<String>>,
}

/// Reads the line; `None` if it is something else.
pub(in crate::dialect) fn read(text: &str) -> Option<Report> {
    if !text.starts_with(OPENING) || !text.contains("\"testResults\":[") {
        return None;
    }
    serde_json::from_str(text.trim_end()).ok()
}

impl Report {
    pub(in crate::dialect) fn printed(&self) -> Printed {
        Printed {
            tests: self.num_total_tests,
            passed: self.num_passed_tests,
            failed: self.num_failed_tests,
            skipped: self.num_pending_tests,
            todo: self.num_todo_tests,
            ..Printed::default()
        }
    }
}

impl File {
    /// Whether the file could not be loaded.
    pub(in crate::dialect) fn is_broken(&self) -> bool {
        self.status == "failed" && self.assertion_results.is_empty()
    }
}

impl Assertion {
    pub(in crate::dialect) fn suite(&self) -> String {
        let titles: Vec<&str> = self
            .ancestor_titles
            .iter()
            .map(String::as_str)
            .filter(|t| !t.is_empty())
            .collect();
        titles.join(" > ")
    }

    /// `None` for a test that has not run to its end.
    pub(in crate::dialect) fn status(&self) -> Option<Status> {
        match self.status.as_str() {
            "passed" => Some(Status::Passed),
            "failed" => Some(Status::Failed),
            "pending" | "skipped" | "disabled" => Some(Status::Skipped),
            "todo" => Some(Status::Todo),
            _ => None,
        }
    }

    pub(in crate::dialect) fn seconds(&self) -> Option<f64> {
        self.duration.map(|ms| ms / 1000.0)
    }
}
