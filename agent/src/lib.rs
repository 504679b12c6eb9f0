//! The shell round the core: ingest over HTTP, the store, the API. It moves bytes and decides
//! nothing about runs; all meaning lives in `sentinel-core`.

pub mod api;
pub mod store;
