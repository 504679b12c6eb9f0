//! The word of each kind of event, as JSON, tables and other languages tell it.

use super::Body;

impl Body<'_> {
    /// The kind's word: `run_start`, `run_end`, `suite_start`, `suite_end`, `plan`, `test_start`,
    /// `test_end`, `test_detail`, `counted`, `summary`, `signature`, `gap` or `end_of_stream`.
    ///
    /// ```
    /// use sentinel_parsers::event::{Body, Plan};
    /// assert_eq!(Body::Plan(Plan { suite: None, tests: 3 }).kind(), "plan");
    /// ```
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Body::RunStart(_) => "run_start",
            Body::RunEnd(_) => "run_end",
            Body::SuiteStart(_) => "suite_start",
            Body::SuiteEnd(_) => "suite_end",
            Body::Plan(_) => "plan",
            Body::TestStart(_) => "test_start",
            Body::TestEnd(_) => "test_end",
            Body::TestDetail(_) => "test_detail",
            Body::Counted(_) => "counted",
            Body::Summary(_) => "summary",
            Body::Signature(_) => "signature",
            Body::Gap(_) => "gap",
            Body::EndOfStream(_) => "end_of_stream",
        }
    }
}
