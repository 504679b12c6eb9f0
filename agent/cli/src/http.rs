//! The few GET requests the command line makes of an agent.

use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;

use crate::exit::Failure;

/// An answer larger than this is not read.
const ANSWER: usize = 64 * 1024 * 1024;
/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Talks to one agent over plain HTTP.
pub(crate) struct Client {
    /// `host:port`.
    authority: String,
    runtime: tokio::runtime::Runtime,
}

impl Client {
    /// A client of the agent at `http://host:port`.
    pub(crate) fn new(url: &str) -> Result<Client, Failure> {
        let authority = url
            .strip_prefix("http://")
            .map(|rest| rest.trim_end_matches('/'));
        let authority = authority.filter(|a| !a.is_empty() && !a.contains('/'));
        let Some(authority) = authority else {
            let line = format!("not an agent's address: '{url}'; write it as http://HOST:PORT");
            return Err(Failure::usage(line));
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Failure::usage(format!("cannot start: {e}")))?;
        let port = if authority.contains(':') { "" } else { ":7600" };
        Ok(Client {
            authority: format!("{authority}{port}"),
            runtime,
        })
    }

    /// The answer to a GET.
    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.find(path)?
            .ok_or_else(|| self.trouble("it knows nothing of that"))
    }

    /// The answer to a GET; `None` if the agent says that there is no such thing.
    pub(crate) fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, Failure> {
        let asked = async { tokio::time::timeout(PATIENCE, self.ask(path)).await };
        let (status, body) = match self.runtime.block_on(asked) {
            Ok(answer) => answer.map_err(|e| self.trouble(&e.to_string()))?,
            Err(_) => return Err(self.trouble("no answer in 30 s")),
        };
        match status {
            StatusCode::OK => match serde_json::from_slice(&body) {
                Ok(value) => Ok(Some(value)),
                Err(e) => Err(self.trouble(&format!("its answer is not understood: {e}"))),
            },
            StatusCode::NOT_FOUND => Ok(None),
            other => Err(self.trouble(&format!("it answered {other}"))),
        }
    }

    async fn ask(
        &self,
        path: &str,
    ) -> Result<(StatusCode, Bytes), Box<dyn std::error::Error + Send + Sync>> {
        let stream = TcpStream::connect(&self.authority).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let request = Request::get(path)
            .header("host", &self.authority)
            .header("accept", "application/json")
            .body(Empty::<Bytes>::new())?;
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, ANSWER).collect().await?.to_bytes();
        Ok((head.status, body))
    }

    fn trouble(&self, what: &str) -> Failure {
        Failure::usage(format!(
            "cannot ask the agent at http://{}: {what}",
            self.authority
        ))
    }
}

/// Percent-encodes a path or query component (RFC 3986, unreserved characters kept).
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(b));
            }
            b => {
                use std::fmt::Write as _;
                let _ = write!(out, "%{b:02X}");
            }
        }
    }
    out
}
