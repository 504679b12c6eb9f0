//! The shell round the core: ingest over HTTP, the store, the API. It moves bytes and decides
//! nothing about runs; all meaning lives in `sentinel-core`.
//!
//! [`Agent::start`] runs the whole agent inside the caller's tokio runtime: the daemon's `main` is
//! a thin wrapper of it, and `sentinel run` starts one on a free loopback port.

mod admission;
mod agent;
pub mod api;
mod app;
pub mod audit;
pub mod auth;
pub mod clock;
mod data;
mod doors;
mod forward;
mod ingest;
#[cfg(feature = "kubernetes")]
mod injector;
pub mod kube;
mod live;
mod restore;
mod runtime;
mod server;
#[cfg(feature = "simulation")]
pub mod solo;
mod start;
mod steps;
pub mod store;
pub mod usage;
pub mod watch;
mod webhooks;

pub use agent::{Agent, Handle, Options};
pub use clock::{Clock, ManualClock, SystemClock};
pub use data::default_data_dir;
pub use ingest::{owned_stream_id, stream_id};
#[cfg(feature = "kubernetes")]
pub use injector::CertificateError;
pub use runtime::SubmitError;
pub use server::tls::TlsError;
pub use start::StartError;
pub use store::Sharing;
pub use webhooks::SecretError;
