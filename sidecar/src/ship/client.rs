//! The HTTP client: one connection kept open, one request at a time, everything with a time limit.

use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use sentinel_config::SidecarConfig;
use sentinel_parsers::wire::{OpenStream, Position};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::policy::Answer;
use super::rim::{Link, NoAnswer};
use crate::dial::{AddressError, DialError, Endpoint};
use crate::token::{TokenError, TokenSource};

const CONNECT: Duration = Duration::from_secs(5);
/// Bytes of an answer that are read.
const ANSWER: usize = 64 * 1024;
/// What a body of frames says it is.
const FRAMES: &str = "application/vnd.sentinel.frame";

/// Why a request got no usable answer; always retryable.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    #[error(transparent)]
    Dial(#[from] DialError),
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error("no connection in time")]
    Unconnected,
    #[error("no answer in time")]
    Timeout,
    #[error("connection broke: {0}")]
    Http(#[from] hyper::Error),
    #[error("bad request: {0}")]
    Request(#[from] hyper::http::Error),
    #[error("unreadable answer")]
    Unreadable,
}

/// An agent's address and the connection to it, if one is open.
pub(super) struct Client {
    endpoint: Endpoint,
    /// The file of those who may vouch for it.
    trust: Option<PathBuf>,
    token: TokenSource,
    /// For a whole exchange. Half-open connections are noticed by it.
    patience: Duration,
    connection: Option<Connection>,
}

struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// Ends the task behind the connection: with a word, what was not sent yet is not sent any more;
    /// dropped, it is.
    discard: oneshot::Sender<()>,
}

impl Client {
    pub(super) fn new(agent: &str, config: &SidecarConfig) -> Result<Client, AddressError> {
        let endpoint = Endpoint::parse(agent, None)?;
        if endpoint.secure && config.ca_file.is_none() {
            return Err(AddressError::NoCa(agent.to_owned()));
        }
        Ok(Client {
            endpoint,
            trust: config.ca_file.clone(),
            token: TokenSource::new(config.token_file.as_deref()),
            patience: config.exchange_timeout,
            connection: None,
        })
    }

    async fn post(&mut self, path: &str, kind: &str, body: Bytes) -> Result<Answer, ClientError> {
        let exchange = timeout(self.patience, self.exchange(path, kind, body)).await;
        let answer = exchange.unwrap_or(Err(ClientError::Timeout));
        if answer.is_err()
            && let Some(broken) = self.connection.take()
        {
            // On a slow line the rest of the request would be in the way of the next one. If the task
            // is gone, so is the connection.
            let _ = broken.discard.send(());
        }
        // An agent that does not know us may hang up before its answer is read.
        if matches!(answer, Err(_) | Ok(Answer::Refused { status: 401, .. })) {
            self.token.doubt();
        }
        answer
    }

    async fn exchange(
        &mut self,
        path: &str,
        kind: &str,
        body: Bytes,
    ) -> Result<Answer, ClientError> {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}{path}", self.endpoint.base))
            .header(header::HOST, &self.endpoint.host)
            .header(header::CONTENT_TYPE, kind)
            .header(
                header::USER_AGENT,
                concat!("sentinel-sidecar/", env!("CARGO_PKG_VERSION")),
            )
            .body(Full::new(body))?;
        if let Some(token) = self.token.header()? {
            request.headers_mut().insert(header::AUTHORIZATION, token);
        }
        // A redirect is an answer like any other: the token goes to the address it was meant for.
        let response = self.sender().await?.send_request(request).await?;
        read(response).await
    }

    async fn sender(&mut self) -> Result<&mut SendRequest<Full<Bytes>>, ClientError> {
        // A connection the agent has closed in between is replaced before it is used.
        let usable = match &mut self.connection {
            Some(open) => open.sender.ready().await.is_ok(),
            None => false,
        };
        if !usable {
            self.connection = None;
            let connecting = connect(&self.endpoint, self.trust.as_deref());
            let opened = timeout(CONNECT, connecting).await;
            self.connection = Some(opened.unwrap_or(Err(ClientError::Unconnected))?);
        }
        match &mut self.connection {
            Some(open) => Ok(&mut open.sender),
            None => Err(ClientError::Unconnected),
        }
    }
}

impl NoAnswer for ClientError {
    fn is_late(&self) -> bool {
        matches!(self, ClientError::Timeout)
    }
}

impl Link for Client {
    type Error = ClientError;

    async fn open(&mut self, open: &OpenStream) -> Result<Answer, ClientError> {
        // Strings and numbers only: this cannot fail.
        let body = serde_json::to_vec(open).unwrap_or_default();
        self.post("/v1/streams", "application/json", body.into())
            .await
    }

    async fn frames(&mut self, stream: &str, body: Bytes) -> Result<Answer, ClientError> {
        let path = format!("/v1/streams/{stream}/frames");
        self.post(&path, FRAMES, body).await
    }
}

async fn connect(endpoint: &Endpoint, trust: Option<&Path>) -> Result<Connection, ClientError> {
    let line = endpoint.dial(trust).await?;
    let (sender, mut connection) = http1::handshake(TokioIo::new(line)).await?;
    let (discard, discarded) = oneshot::channel();
    tokio::spawn(async move {
        tokio::select! {
            // Its end is seen by the sender.
            _ = &mut connection => {}
            word = discarded => if word.is_ok() {
                connection.into_parts().io.into_inner().discard();
            }
        }
    });
    Ok(Connection { sender, discard })
}

async fn read(response: Response<hyper::body::Incoming>) -> Result<Answer, ClientError> {
    let (head, body) = response.into_parts();
    let body = Limited::new(body, ANSWER).collect().await;
    let body = body.map_err(|_| ClientError::Unreadable)?.to_bytes();
    let position =
        || serde_json::from_slice::<Position>(&body).map_err(|_| ClientError::Unreadable);
    Ok(match head.status {
        status if status.is_success() => Answer::Stored(position()?),
        StatusCode::CONFLICT => Answer::Conflict(position()?),
        StatusCode::NOT_FOUND => Answer::Unknown,
        StatusCode::PAYLOAD_TOO_LARGE => Answer::TooLarge,
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Answer::Malformed,
        status => Answer::Refused {
            status: status.as_u16(),
            retry_after: head
                .headers
                .get(header::RETRY_AFTER)
                .and_then(|v| v.to_str().ok()?.trim().parse().ok())
                .map(Duration::from_secs),
        },
    })
}
