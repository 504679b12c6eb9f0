//! The HTTP client: one connection kept open, one request at a time, everything with a time limit.

use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Method, Request, Response, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use sentinel_parsers::wire::{OpenStream, Position};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::policy::Answer;

const CONNECT: Duration = Duration::from_secs(5);
/// For a whole exchange. Half-open connections are noticed by it.
const EXCHANGE: Duration = Duration::from_secs(30);
/// Bytes of an answer that are read.
const ANSWER: usize = 64 * 1024;
/// What a body of frames says it is.
const FRAMES: &str = "application/vnd.sentinel.frame";

/// Why an address is not one we can send to; not retryable.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AddressError {
    /// Not `http://HOST[:PORT][/PATH]`.
    #[error("not an address of an agent: {0:?} (http://HOST:PORT is)")]
    Malformed(String),
    /// TLS is left to what stands between.
    #[error("https is not built in: send to a local agent, or through a proxy: {0:?}")]
    Https(String),
}

/// Why a request got no usable answer; always retryable.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    #[error("cannot connect: {0}")]
    Connect(#[source] std::io::Error),
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
    host: String,
    /// `host:port` for the socket.
    authority: String,
    /// Path before `/v1`, without a slash at its end.
    base: String,
    connection: Option<Connection>,
}

struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Client {
    pub(super) fn new(agent: &str) -> Result<Client, AddressError> {
        let malformed = || AddressError::Malformed(agent.to_owned());
        let uri: Uri = agent.parse().map_err(|_| malformed())?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err(AddressError::Https(agent.to_owned())),
            _ => return Err(malformed()),
        }
        let authority = uri.authority().ok_or_else(malformed)?;
        if uri.query().is_some() || authority.as_str().contains('@') {
            return Err(malformed());
        }
        let port = authority.port_u16().unwrap_or(80);
        Ok(Client {
            host: authority.as_str().to_owned(),
            authority: format!("{}:{port}", authority.host()),
            base: uri.path().trim_end_matches('/').to_owned(),
            connection: None,
        })
    }

    /// Opens the stream.
    pub(super) async fn open(&mut self, open: &OpenStream) -> Result<Answer, ClientError> {
        // Strings and numbers only: this cannot fail.
        let body = serde_json::to_vec(open).unwrap_or_default();
        self.post("/v1/streams", "application/json", body.into())
            .await
    }

    /// Sends frames that stand back to back.
    pub(super) async fn frames(
        &mut self,
        stream: &str,
        body: Bytes,
    ) -> Result<Answer, ClientError> {
        let path = format!("/v1/streams/{stream}/frames");
        self.post(&path, FRAMES, body).await
    }

    async fn post(&mut self, path: &str, kind: &str, body: Bytes) -> Result<Answer, ClientError> {
        let exchange = timeout(EXCHANGE, self.exchange(path, kind, body)).await;
        let answer = exchange.unwrap_or(Err(ClientError::Timeout));
        if answer.is_err() {
            self.connection = None;
        }
        answer
    }

    async fn exchange(
        &mut self,
        path: &str,
        kind: &str,
        body: Bytes,
    ) -> Result<Answer, ClientError> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}{path}", self.base))
            .header(header::HOST, &self.host)
            .header(header::CONTENT_TYPE, kind)
            .header(
                header::USER_AGENT,
                concat!("sentinel-sidecar/", env!("CARGO_PKG_VERSION")),
            )
            .body(Full::new(body))?;
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
            let opened = timeout(CONNECT, connect(&self.authority)).await;
            self.connection = Some(opened.unwrap_or(Err(ClientError::Timeout))?);
        }
        match &mut self.connection {
            Some(open) => Ok(&mut open.sender),
            None => Err(ClientError::Timeout),
        }
    }
}

async fn connect(authority: &str) -> Result<Connection, ClientError> {
    let socket = TcpStream::connect(authority)
        .await
        .map_err(ClientError::Connect)?;
    // Frames are small and waited for; without this each would wait for the one before.
    socket.set_nodelay(true).map_err(ClientError::Connect)?;
    let (sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
    let driver = tokio::spawn(async move {
        // Its end is seen by the sender.
        let _ = connection.await;
    });
    Ok(Connection { sender, driver })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let ok = |text| Client::new(text).map(|c| (c.authority, c.base)).ok();
        assert_eq!(
            ok("http://127.0.0.1:7600"),
            Some(("127.0.0.1:7600".into(), String::new()))
        );
        assert_eq!(
            ok("http://agent/base/"),
            Some(("agent:80".into(), "/base".into()))
        );
        assert_eq!(
            ok("http://[::1]:1"),
            Some(("[::1]:1".into(), String::new()))
        );
        for bad in [
            "",
            "agent:7600",
            "http://",
            "http://u:p@h",
            "http://h/?q",
            "ftp://h",
        ] {
            assert!(
                matches!(Client::new(bad), Err(AddressError::Malformed(_))),
                "{bad}"
            );
        }
        assert!(matches!(
            Client::new("https://h"),
            Err(AddressError::Https(_))
        ));
    }
}
