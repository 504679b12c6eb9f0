//! Where a shipment meets the world: the agent, the wall clock and chance, so that a simulator can be all three. How
//! long it waits is tokio's time, which can be simulated as it is.

use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;

use sentinel_config::SidecarConfig;
use sentinel_delivery::Bytes;
use sentinel_parsers::wire::OpenStream;

use crate::clock::Clock;
use crate::dial::AddressError;
use crate::random::Rng;
use sentinel_delivery::client::{Client, ClientError, Credentials};
use sentinel_delivery::policy::Answer;

/// Why there is no answer; always retryable.
pub trait NoAnswer: Display {
    /// Whether the time for one ran out.
    fn is_late(&self) -> bool;
}

/// The agent, as far as a shipment knows it: two requests, of which each has one answer or none.
pub trait Link {
    /// Why there is no answer.
    type Error: NoAnswer;

    /// Opens the stream, or asks how far it is stored.
    fn open(&mut self, open: &OpenStream) -> impl Future<Output = Result<Answer, Self::Error>>;

    /// Sends frames that stand back to back.
    fn frames(
        &mut self,
        stream: &str,
        body: Bytes,
    ) -> impl Future<Output = Result<Answer, Self::Error>>;
}

impl NoAnswer for ClientError {
    fn is_late(&self) -> bool {
        matches!(self, ClientError::Timeout)
    }
}

impl Link for Client {
    type Error = ClientError;

    async fn open(&mut self, open: &OpenStream) -> Result<Answer, ClientError> {
        Client::open(self, open).await
    }

    async fn frames(&mut self, stream: &str, body: Bytes) -> Result<Answer, ClientError> {
        Client::frames(self, stream, body).await
    }
}

/// All that a shipment asks of the world besides its source.
#[derive(Debug)]
pub struct Rim<L> {
    /// The agent.
    pub link: L,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub rng: Arc<dyn Rng>,
}

/// Whether an agent's address is one that [`run`](super::run) can send to with this configuration.
///
/// # Errors
/// When it is not.
pub fn check_address(agent: &str, config: &SidecarConfig) -> Result<(), AddressError> {
    client(agent, config).map(drop)
}

/// A client of the agent at this address.
pub(crate) fn client(agent: &str, config: &SidecarConfig) -> Result<Client, AddressError> {
    let credentials = Credentials {
        token_file: config.token_file.as_deref(),
        ca_file: config.ca_file.as_deref(),
    };
    let program = concat!("sentinel-sidecar/", env!("CARGO_PKG_VERSION"));
    Client::new(agent, credentials, program, config.exchange_timeout)
}
