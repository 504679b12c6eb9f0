//! A report: what is known of a run or of a parsed log, ready to be printed in any format.

pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod markdown;
pub(crate) mod model;
pub(crate) mod stored;
pub(crate) mod table;
