//! From a file's text to the tree, in the format its extension says.

mod toml;
mod yaml;

use std::path::Path;

use crate::node::Node;

/// The tree of a text could not be built.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// 1-based line and column, where they are known.
    pub(crate) position: Option<(u32, u32)>,
    pub(crate) message: String,
}

/// Reads the text as YAML when the path ends in `.yaml` or `.yml`, as TOML otherwise.
pub(crate) fn read(path: &Path, text: &str) -> Result<Node, Vec<SyntaxError>> {
    let extension = path.extension().and_then(|e| e.to_str());
    if matches!(extension, Some("yaml" | "yml")) {
        yaml::read(text).map_err(|error| vec![error])
    } else {
        toml::read(text)
    }
}
