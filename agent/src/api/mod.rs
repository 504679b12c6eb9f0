//! What the agent answers over HTTP about what it stored: one file per resource.

pub mod read;
pub mod view;
