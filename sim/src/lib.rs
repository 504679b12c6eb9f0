//! Sidecars, agents, network and disks in one thread and on virtual time, from one seed.
//!
//! Real: the sidecar's shipping ([`sentinel_sidecar::ship`], the queue and policy in it), pipeline, parsers, frames,
//! recordings and spools and their reader, what it does with a pipe, its follower of files that others rotate, its way
//! of finding a pod's streams; the agent's core with its position rule, rules and verdicts, its steps,
//! its replay after a start, and its rows, written by its SQL in its transactions into SQLite.
//!
//! Modelled: time (tokio's, paused), wall clocks, chance, the disk below all of that ([`disk`]), who prints and who
//! rotates what was printed ([`job`]), the network
//! and HTTP ([`network`]: a request has one answer or none, and may arrive late, twice or after its sender has given
//! up), the agent's threads ([`host`]: queue, group commit, ticks) and the disk below SQLite: a commit is there whole
//! or not at all, and after a power cut it is there if the database is synchronous. That SQLite keeps this promise
//! on torn pages is for other tests. Admission, tokens and TLS are left out.
//!
//! [`simulate`] lets a world come and go and says what must not have happened and did. The same seed gives the same
//! world, to the last request.

pub mod chance;
mod chaos;
pub mod disk;
pub mod host;
pub mod job;
pub mod log;
mod makes;
pub mod network;
mod oracle;
mod pod;
pub mod progress;
mod stored;
pub mod trace;
mod verdicts;
pub mod wall;
mod world;

pub use chaos::Fault;
pub use world::{Report, Setup, Sources, on_virtual_time, simulate};
