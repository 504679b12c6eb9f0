//! The HTTP client: one connection kept open, one request at a time, everything with a time limit.

use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::http::response::Parts;
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use sentinel_parsers::wire::{Collect, Position, ToRead};
use serde::Serialize;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::dial::{AddressError, DialError, Endpoint};
use crate::policy::Answer;
use crate::token::{TokenError, TokenSource};

const CONNECT: Duration = Duration::from_secs(5);
/// Bytes of an answer that are read, and of one that lists pods.
const ANSWER: usize = 64 * 1024;
const PODS: usize = 4 << 20;
const JSON: &str = "application/json";
/// What a body of frames says it is.
const FRAMES: &str = "application/vnd.sentinel.frame";

/// Why a request got no usable answer; always retryable.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// There is no connection.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// There is no token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// There is no connection, after long enough.
    #[error("no connection in time")]
    Unconnected,
    /// Too long was waited for the answer.
    #[error("no answer in time")]
    Timeout,
    /// The connection ended before the answer did.
    #[error("connection broke: {0}")]
    Http(#[from] hyper::Error),
    /// The request could not be made.
    #[error("bad request: {0}")]
    Request(#[from] hyper::http::Error),
    /// The agent does not say what it was asked.
    #[error("refused by the agent ({0})")]
    Refused(StatusCode),
    /// What came is not an answer of an agent.
    #[error("unreadable answer")]
    Unreadable,
}

/// How a sender proves who it is, and whom it trusts to be the agent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Credentials<'a> {
    /// File with the token; without one that of `SENTINEL_TOKEN`, if there is one.
    pub token_file: Option<&'a Path>,
    /// File with the certificates of those who may vouch for an agent at an https address.
    pub ca_file: Option<&'a Path>,
}

/// An agent's address and the connection to it, if one is open.
pub struct Client {
    endpoint: Endpoint,
    /// The file of those who may vouch for it.
    trust: Option<PathBuf>,
    token: TokenSource,
    /// What it says it is.
    program: &'static str,
    /// For a whole exchange. Half-open connections are noticed by it.
    patience: Duration,
    connection: Option<Connection>,
}

/// An answer that was read to its end.
struct Whole {
    head: Parts,
    body: Bytes,
}

struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// Ends the task behind the connection: with a word, what was not sent yet is not sent any more;
    /// dropped, it is.
    discard: oneshot::Sender<()>,
}

impl Client {
    /// A client of the agent at this address, not connected yet; `program` is what it says it is, and
    /// `patience` the time from a connection to the end of an answer.
    ///
    /// # Errors
    /// [`AddressError`] when nothing can be sent there.
    pub fn new(
        agent: &str,
        credentials: Credentials<'_>,
        program: &'static str,
        patience: Duration,
    ) -> Result<Client, AddressError> {
        let endpoint = Endpoint::parse(agent, None)?;
        if endpoint.secure && credentials.ca_file.is_none() {
            return Err(AddressError::NoCa(agent.to_owned()));
        }
        Ok(Client {
            endpoint,
            trust: credentials.ca_file.map(Path::to_owned),
            token: TokenSource::new(credentials.token_file),
            program,
            patience,
            connection: None,
        })
    }

    /// Opens a stream: an `OpenStream` of the wire, or what says the same and more.
    ///
    /// # Errors
    /// [`ClientError`], always retryable.
    pub async fn open(&mut self, open: &impl Serialize) -> Result<Answer, ClientError> {
        // Strings and numbers only: this cannot fail.
        let body = serde_json::to_vec(open).unwrap_or_default();
        self.post("/v1/streams", JSON, body.into()).await
    }

    /// Asks which pods without a sidecar are to be read.
    ///
    /// # Errors
    /// [`ClientError`], always retryable.
    pub async fn collect(&mut self, ask: &Collect) -> Result<ToRead, ClientError> {
        // Strings only: this cannot fail.
        let body = serde_json::to_vec(ask).unwrap_or_default();
        let answer = self
            .send(Ask {
                path: "/v1/collect",
                kind: JSON,
                body: body.into(),
                most: PODS,
            })
            .await?;
        match answer.head.status {
            status if status.is_success() => {
                serde_json::from_slice(&answer.body).map_err(|_| ClientError::Unreadable)
            }
            status => Err(ClientError::Refused(status)),
        }
    }

    /// Sends frames that stand back to back.
    ///
    /// # Errors
    /// [`ClientError`], always retryable.
    pub async fn frames(&mut self, stream: &str, body: Bytes) -> Result<Answer, ClientError> {
        let path = format!("/v1/streams/{stream}/frames");
        self.post(&path, FRAMES, body).await
    }

    async fn post(
        &mut self,
        path: &str,
        kind: &'static str,
        body: Bytes,
    ) -> Result<Answer, ClientError> {
        let ask = Ask {
            path,
            kind,
            body,
            most: ANSWER,
        };
        read(&self.send(ask).await?)
    }

    async fn send(&mut self, ask: Ask<'_>) -> Result<Whole, ClientError> {
        let exchange = timeout(self.patience, self.exchange(ask)).await;
        let answer = exchange.unwrap_or(Err(ClientError::Timeout));
        if answer.is_err()
            && let Some(broken) = self.connection.take()
        {
            // On a slow line the rest of the request would be in the way of the next one. If the task
            // is gone, so is the connection.
            let _ = broken.discard.send(());
        }
        // An agent that does not know us may hang up before its answer is read.
        let unknown = |answer: &Whole| answer.head.status == StatusCode::UNAUTHORIZED;
        if answer.as_ref().map_or(true, unknown) {
            self.token.doubt();
        }
        answer
    }

    async fn exchange(&mut self, ask: Ask<'_>) -> Result<Whole, ClientError> {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}{}", self.endpoint.base, ask.path))
            .header(header::HOST, &self.endpoint.host)
            .header(header::CONTENT_TYPE, ask.kind)
            .header(header::USER_AGENT, self.program)
            .body(Full::new(ask.body))?;
        if let Some(token) = self.token.header()? {
            request.headers_mut().insert(header::AUTHORIZATION, token);
        }
        // A redirect is an answer like any other: the token goes to the address it was meant for.
        let response = self.sender().await?.send_request(request).await?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, ask.most).collect().await;
        let body = body.map_err(|_| ClientError::Unreadable)?.to_bytes();
        Ok(Whole { head, body })
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

/// What is asked of the agent.
struct Ask<'a> {
    path: &'a str,
    /// Content type of the body.
    kind: &'static str,
    body: Bytes,
    /// Bytes that the answer may have.
    most: usize,
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

fn read(answer: &Whole) -> Result<Answer, ClientError> {
    let Whole { head, body } = answer;
    let position = || serde_json::from_slice::<Position>(body).map_err(|_| ClientError::Unreadable);
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
