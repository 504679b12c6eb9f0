//! Why an agent does not start, each with what to do about it.

use std::net::SocketAddr;

use sentinel_delivery::dial::AddressError;

use crate::server::tls::TlsError;
use crate::store::StoreError;
use crate::webhooks::SecretError;

/// Why the agent did not start. None of these is cured by trying again alone.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address cannot be had.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The address is open to the network and nobody said that this is meant.
    #[error(
        "refusing to listen on {0}: it is open to the network and nobody has to prove who they are; \
         set agent.auth.tokens (`sentinel token create`), use a loopback address, or allow it with \
         --allow-unauthenticated"
    )]
    OpenToNetwork(SocketAddr),
    /// The address is open to the network, there is no certificate, and nobody said that this is meant.
    #[error(
        "refusing to listen on {0}: it is open to the network without TLS, so tokens and results could \
         be read on their way; set agent.tls, use a loopback address, or allow it with \
         --allow-plain-http"
    )]
    PlainToNetwork(SocketAddr),
    /// The certificate cannot be used.
    #[error("agent.tls: {0}")]
    Tls(#[from] TlsError),
    /// There is no certificate to show to the API server.
    #[cfg(feature = "kubernetes")]
    #[error("injector: {0}")]
    Injector(#[from] crate::injector::CertificateError),
    /// A secret cannot be had.
    #[error("webhooks: {0}")]
    Webhooks(#[from] SecretError),
    /// The hub cannot be reached this way.
    #[error("agent.forward: {0}")]
    Hub(#[from] AddressError),
    /// The system gives no thread.
    #[error("cannot start a thread: {0}")]
    Thread(#[source] std::io::Error),
}
