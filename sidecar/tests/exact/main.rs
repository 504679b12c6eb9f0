//! Every recognised event is told exactly once, whatever dies: for every dialect, by its own small logs and by real ones,
//! against the same stream read without a break.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod freed;
mod headless;
mod killed;
mod logs;
mod shipped;
