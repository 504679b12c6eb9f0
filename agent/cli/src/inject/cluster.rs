//! Asking a cluster whether it knows native sidecars: whether a pod that has one keeps it in a dry run, or else what version
//! the API server is of.

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::version::Info;
use kube::Client;
use kube::api::{Api, PostParams};
use sentinel_inject::Sidecar;
use serde_json::json;

/// How long the questions may take together.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why a cluster does not say.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    #[error("it does not answer in {} s", PATIENCE.as_secs())]
    Late,
    #[error("cannot start: {0}")]
    Start(#[from] std::io::Error),
    #[error("there is no way to it: {0}")]
    Away(#[source] kube::Error),
    #[error(transparent)]
    Refused(#[from] kube::Error),
    #[error("its version {0} is none that is known")]
    Version(String),
    #[error("its answer cannot be read: {0}")]
    Read(#[from] serde_json::Error),
}

/// The kind of sidecar that the cluster of the kubeconfig runs, and how that is known.
pub(super) fn ask() -> Result<(Sidecar, String), AskError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let asked = runtime.block_on(async { tokio::time::timeout(PATIENCE, asked()).await });
    asked.unwrap_or(Err(AskError::Late))
}

async fn asked() -> Result<(Sidecar, String), AskError> {
    let client = Client::try_default().await.map_err(AskError::Away)?;
    match dry_run(&client).await {
        Ok(true) => Ok((Sidecar::Native, "it keeps one in a dry run".to_owned())),
        Ok(false) => Ok((Sidecar::Container, "it drops them in a dry run".to_owned())),
        // Whoever may not make pods, or whose pods somebody else refuses, still learns the version.
        Err(AskError::Refused(kube::Error::Api(_))) => {
            by_version(&client.apiserver_version().await?)
        }
        Err(error) => Err(error),
    }
}

/// Whether a pod with a native sidecar keeps it; nothing is made.
async fn dry_run(client: &Client) -> Result<bool, AskError> {
    let security = json!({
        "runAsNonRoot": true, "runAsUser": 65532, "allowPrivilegeEscalation": false,
        "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"},
    });
    let container =
        |name: &str| json!({"name": name, "image": "none", "securityContext": security});
    let mut sidecar = container("sidecar");
    sidecar["restartPolicy"] = "Always".into();
    let pod: Pod = serde_json::from_value(json!({
        "metadata": {"generateName": "sentinel-asks-"},
        "spec": {"initContainers": [sidecar], "containers": [container("tests")]},
    }))?;
    let how = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    let made = Api::<Pod>::default_namespaced(client.clone())
        .create(&how, &pod)
        .await?;
    let containers = made.spec.and_then(|spec| spec.init_containers);
    let mut containers = containers.into_iter().flatten();
    Ok(containers.any(|c| c.name == "sidecar" && c.restart_policy.as_deref() == Some("Always")))
}

fn by_version(version: &Info) -> Result<(Sidecar, String), AskError> {
    let known = format!("{}.{}", version.major, version.minor);
    match Sidecar::of_version(&version.major, &version.minor) {
        Some(sidecar) => Ok((sidecar, format!("its version is {known}"))),
        None => Err(AskError::Version(known)),
    }
}
