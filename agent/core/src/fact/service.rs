//! A part of a service's endpoints, an EndpointSlice, as the core sees it.

use serde::{Deserialize, Serialize};

/// What matters of an EndpointSlice. A service has one or several.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SliceFact {
    /// `metadata.uid`.
    pub uid: String,
    /// `metadata.namespace`.
    pub namespace: String,
    /// The service, by the label `kubernetes.io/service-name`.
    pub service: String,
    /// Endpoints that are ready.
    pub ready: u32,
    /// Endpoints that are not.
    pub unready: u32,
}
