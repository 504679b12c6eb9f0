//! Keeping our roots in the MutatingWebhookConfiguration, which the API server believes, and changing certificates before
//! they expire.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use k8s_openapi::api::admissionregistration::v1::MutatingWebhookConfiguration;
use kube::Client;
use kube::api::{Api, Patch, PatchParams};
use sentinel_config::KubernetesConfig;
use sentinel_inject::Sidecar;
use serde_json::json;
use tokio::sync::watch::Receiver;

use super::certificate::Rotation;
use crate::clock::Clock;
use crate::kube::watch::client;
use crate::watch::Watch;

/// How often it is looked at whether our roots still stand there, and whether it is time for others.
const EVERY: Duration = Duration::from_secs(10);
/// How soon again when that failed.
const AGAIN: Duration = Duration::from_secs(2);
/// How long a question may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why the API server does not know our roots; retryable.
#[derive(Debug, thiserror::Error)]
enum KeepError {
    #[error("the API server does not answer in {} s", PATIENCE.as_secs())]
    Late,
    #[error("there is no way to the API server: {0}")]
    Away(String),
    #[error("the MutatingWebhookConfiguration {0} leads nowhere: it has no webhook")]
    Empty(String),
    #[error("its version {0} is none that is known")]
    Version(String),
    #[error(transparent)]
    Refused(#[from] kube::Error),
}

/// What keeps the roots known.
pub(super) struct Keeper {
    pub(super) configuration: String,
    pub(super) kubernetes: KubernetesConfig,
    /// What the API server runs; settled before anything else.
    pub(super) sidecar: Arc<OnceLock<Sidecar>>,
    pub(super) rotation: Rotation,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) watch: Arc<Watch>,
}

impl Keeper {
    /// Until the agent stops.
    pub(super) async fn keep(mut self, mut stopping: Receiver<bool>) {
        let mut api = None;
        loop {
            match self.rotation.turn(self.clock.now_ms()) {
                Ok(true) => tracing::info!("a new certificate is shown to the API server"),
                Ok(false) => {}
                Err(error) => tracing::error!(%error, "the certificate is not changed"),
            }
            let kept = tokio::select! {
                kept = self.once(&mut api) => kept,
                _ = stopping.wait_for(|stop| *stop) => return,
            };
            let pause = if kept.is_ok() { EVERY } else { AGAIN };
            // Short lives need quick looks.
            let pause = pause.min(self.rotation.life() / 60);
            let trouble = kept
                .err()
                .map(|error| format!("the API server may not know our certificate: {error}"));
            self.watch.injector_trouble(trouble);
            let left = self.rotation.until() - self.clock.now_ms();
            let left = u64::try_from(left / 1_000).unwrap_or(0);
            self.watch.injector.certificate.set(left);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stopping.wait_for(|stop| *stop) => return,
            }
        }
    }

    async fn once(&mut self, client: &mut Option<Client>) -> Result<(), KeepError> {
        let roots = self.rotation.roots();
        let told = tokio::time::timeout(PATIENCE, self.publish(client, &roots)).await;
        told.unwrap_or(Err(KeepError::Late))?;
        self.rotation.known(&roots, self.clock.now_ms());
        Ok(())
    }

    /// Writes the roots where they do not stand.
    async fn publish(&self, known: &mut Option<Client>, roots: &str) -> Result<(), KeepError> {
        let client = match known {
            Some(client) => client.clone(),
            None => {
                let found = client(&self.kubernetes).await.map_err(KeepError::Away)?;
                known.insert(found).clone()
            }
        };
        if self.sidecar.get().is_none() {
            let version = client.apiserver_version().await?;
            let sidecar = Sidecar::of_version(&version.major, &version.minor);
            let unknown = || KeepError::Version(format!("{}.{}", version.major, version.minor));
            let sidecar = sidecar.ok_or_else(unknown)?;
            self.sidecar.get_or_init(|| sidecar);
        }
        let api: Api<MutatingWebhookConfiguration> = Api::all(client);
        let webhooks = api.get(&self.configuration).await?.webhooks;
        let webhooks = webhooks.unwrap_or_default();
        if webhooks.is_empty() {
            return Err(KeepError::Empty(self.configuration.clone()));
        }
        let stand = |bundle: &[u8]| bundle == roots.as_bytes();
        let others = webhooks.iter().filter(|webhook| {
            let bundle = webhook.client_config.ca_bundle.as_ref();
            !bundle.is_some_and(|bundle| stand(&bundle.0))
        });
        let bundle = BASE64_STANDARD.encode(roots);
        let others: Vec<_> = others
            .map(|webhook| json!({"name": webhook.name, "clientConfig": {"caBundle": bundle}}))
            .collect();
        if others.is_empty() {
            return Ok(());
        }
        // Merged by the webhooks' names: whatever else stands there, or is changed meanwhile, stays.
        let change = Patch::Strategic(json!({"webhooks": others}));
        let how = PatchParams::default();
        api.patch(&self.configuration, &how, &change).await?;
        tracing::info!(
            configuration = self.configuration,
            "the API server was told our certificate"
        );
        Ok(())
    }
}
