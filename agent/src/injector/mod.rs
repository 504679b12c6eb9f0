//! The mutating admission webhook: the API server asks about Jobs and Pods as they are made, and is told to put the sidecar
//! in. It has a door of its own, with certificates that the agent makes, and nobody's objects ever wait for it for long.

mod certificate;
mod keeper;
mod review;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Json};
use sentinel_config::{Config, KubernetesConfig};
use sentinel_inject::{AUDIENCE, IMAGE, Mode, Options, Sidecar};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::sync::watch::Receiver;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::api::problem::Problem;
use crate::clock::Clock;
use crate::ingest::body;
use crate::server::tls::acceptor;
use crate::server::{self, Host, Limits, Seat};
use crate::start::StartError;
use crate::watch::Watch;
pub use certificate::CertificateError;
use certificate::Rotation;
use keeper::Keeper;
use review::{Injection, Outcome, Review};

/// Where the API server asks.
pub(crate) const PATH: &str = "/inject";
/// How long an answer may take from the head of a question on: less than the configuration makes the API server wait.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Bytes of a question. Workloads are smaller by far, and what is read takes up to 200 times its bytes.
const BODY: usize = 256 * 1024;
/// Questions read at once.
const AT_ONCE: usize = 2;
/// Connections at once: those of a few API servers.
const CONNECTIONS: usize = 64;
/// By what the API server knows us unless the configuration says otherwise.
const SERVICE: &str = "sentinel-injector.sentinel.svc";

/// What every question is answered with.
struct Injector {
    injection: Injection,
    /// What the API server runs, once it has said its version.
    sidecar: Arc<OnceLock<Sidecar>>,
    turns: Semaphore,
    watch: Arc<Watch>,
}

/// The door, open but not attended yet.
pub(crate) struct Opened {
    address: SocketAddr,
    listener: TcpListener,
    tls: TlsAcceptor,
    limits: Limits,
    injection: Injection,
    configuration: String,
    kubernetes: KubernetesConfig,
    rotation: Rotation,
    clock: Arc<dyn Clock>,
}

/// Opens the door, if there is to be one.
pub(crate) fn open(config: &Config, clock: &Arc<dyn Clock>) -> Result<Option<Opened>, StartError> {
    let told = &config.injector;
    let Some(configuration) = told.configuration.clone() else {
        return Ok(None);
    };
    let service = told.service.as_deref().unwrap_or(SERVICE);
    let rotation = Rotation::new(service, told.certificate_life, clock.now_ms())?;
    let address = told.listen;
    let listener = server::listen(address);
    let listener = listener.and_then(|listener| Ok((listener.local_addr()?, listener)));
    let (address, listener) = listener.map_err(|source| StartError::Listen { address, source })?;
    Ok(Some(Opened {
        address,
        listener,
        tls: acceptor(rotation.shown())?,
        limits: Limits {
            connections: CONNECTIONS,
            per_address: CONNECTIONS,
            head: config.agent.header_timeout,
            pause: PATIENCE,
        },
        injection: injection(config, service),
        configuration,
        kubernetes: config.kubernetes.clone(),
        rotation,
        clock: Arc::clone(clock),
    }))
}

impl Opened {
    /// Attends the door until the agent stops; where it is.
    pub(crate) fn serve(self, watch: &Arc<Watch>, stopping: &Receiver<bool>) -> SocketAddr {
        let sidecar = Arc::new(OnceLock::new());
        let injector = Arc::new(Injector {
            injection: self.injection,
            sidecar: Arc::clone(&sidecar),
            turns: Semaphore::new(AT_ONCE),
            watch: Arc::clone(watch),
        });
        let host = Host::new(
            router(injector),
            self.limits,
            Some(self.tls),
            Arc::clone(watch),
        );
        tokio::spawn(server::serve(
            self.listener,
            Arc::new(host),
            stopping.clone(),
        ));
        let keeper = Keeper {
            configuration: self.configuration,
            kubernetes: self.kubernetes,
            sidecar,
            rotation: self.rotation,
            clock: self.clock,
            watch: Arc::clone(watch),
        };
        tokio::spawn(keeper.keep(stopping.clone()));
        self.address
    }
}

fn injection(config: &Config, service: &str) -> Injection {
    let told = &config.injector;
    let audience = config.agent.auth.service_accounts.audience.as_deref();
    Injection {
        options: Options {
            mode: Mode::Capture,
            sidecar: Sidecar::Native,
            host_logs: told.host_logs,
            image: told.image.as_deref().unwrap_or(IMAGE).to_owned(),
            agent: told.agent.clone(),
            audience: audience.unwrap_or(AUDIENCE).to_owned(),
            container: None,
        },
        own: service.split('.').nth(1).unwrap_or_default().to_owned(),
    }
}

fn router(injector: Arc<Injector>) -> Router {
    Router::new()
        .route(PATH, post(inject))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "no such resource"))
        .with_state(injector)
}

/// Answers a question, or says in time that it cannot: the object is then made as it is.
async fn inject(
    State(injector): State<Arc<Injector>>,
    Extension(seat): Extension<Arc<Seat>>,
    request: Request,
) -> Response {
    let answer = timeout(PATIENCE, injector.answer(request, &seat)).await;
    let late = || Problem::busy("there was no time to answer");
    let answer = answer.unwrap_or_else(|_| Err(late()));
    let counts = &injector.watch.injector;
    match answer {
        Ok((answer, outcome)) => {
            match outcome {
                Outcome::Injected => counts.injected.one(),
                Outcome::Already => counts.already.one(),
                Outcome::Unfit => counts.unfit.one(),
                Outcome::NotOurs => counts.not_ours.one(),
            }
            Json(answer).into_response()
        }
        Err(problem) => {
            counts.unanswered.one();
            problem.closing()
        }
    }
}

impl Injector {
    async fn answer(
        &self,
        request: Request,
        seat: &Arc<Seat>,
    ) -> Result<(serde_json::Value, Outcome), Problem> {
        let head = request.headers();
        body::check_kind(head, "application/json")?;
        let told = body::told_length(head);
        body::within(told, BODY)?;
        let body = body::read(request.into_body(), told, BODY, PATIENCE, Some(seat)).await?;
        // Whoever sends slowly keeps nobody waiting: turns are for those of whom everything is here.
        let closed = |_| Problem::busy("the agent ends");
        let _turn = self.turns.acquire().await.map_err(closed)?;
        let review = Review::read(&body).map_err(Problem::bad)?;
        // Who believes our certificate was told it after this was known.
        let unknown = || Problem::busy("the API server has not said its version yet");
        let sidecar = self.sidecar.get().ok_or_else(unknown)?;
        Ok(review.answer(&self.injection, *sidecar))
    }
}
