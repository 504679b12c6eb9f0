//! `sentinel-sidecar tail --end-after`: beside a test's container as an ordinary one, which nobody ends when the test has ended.

use std::path::Path;

use sentinel_sidecar::segments::{StreamEnd, again};
use sentinel_sidecar::tail::SegmentSource;

use crate::UNDELIVERED;
use crate::args::{EndAfter, Tail, complain};
use crate::tailing::{LOOK_AGAIN, Parts, tail_one, told_to_stop};

/// Sends one recording after the other up to the last one, and always ends well: whatever is wrong here is no failure of the
/// tests.
pub(crate) async fn tail(when: EndAfter, args: &Tail, parts: Parts<'_>) -> i32 {
    let (_, (_, signals)) = parts;
    for n in 0.. {
        let source = again(&args.source, n);
        let waiting = async {
            let patience = async {
                match n {
                    0 => tokio::time::sleep(args.patience).await,
                    _ => std::future::pending().await,
                }
            };
            tokio::select! {
                () = patience => complain("no recording has begun, so there is nothing to send"),
                () = signals.count(1) => {}
            }
            UNDELIVERED
        };
        let over = async {
            tokio::select! {
                () = recorded(&source) => signals.so_far(),
                told = told_to_stop(signals) => told,
            }
        };
        tail_one(args, &source, parts, waiting, over).await;
        let goes_on = match ended(&source) {
            Some(end) => when == EndAfter::Success && end.exit_code != Some(0),
            None => false,
        };
        if !goes_on || signals.so_far() > 0 {
            break;
        }
    }
    0
}

/// How a recording ended, if it has.
fn ended(dir: &Path) -> Option<StreamEnd> {
    SegmentSource::open(dir)
        .and_then(|source| source.end())
        .ok()?
}

/// Completes once a recording has ended.
async fn recorded(dir: &Path) {
    while ended(dir).is_none() {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
