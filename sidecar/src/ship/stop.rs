//! The word from outside that a shipment is to end, and how it is waited for.

use tokio::sync::watch;

/// What somebody outside wants of a running shipment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// Go on.
    #[default]
    No,
    /// Take what is there now as all there is, and deliver it.
    AtEnd,
    /// Return at once; what is not delivered stays where it is.
    Now,
}

/// Waits for this word; for ever when nobody is left who could say it.
pub(super) async fn until(stop: &mut watch::Receiver<Stop>, wanted: Stop) {
    if stop.wait_for(|s| *s == wanted).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Waits for another word; for ever when nobody is left who could say one.
pub(crate) async fn changed(stop: &mut watch::Receiver<Stop>) {
    if stop.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}
