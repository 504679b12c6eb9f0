//! The few GET requests the command line makes of an agent.

use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use sentinel_sidecar::dial::Endpoint;
use sentinel_sidecar::token::TokenSource;
use serde::de::DeserializeOwned;

use crate::exit::Failure;
use crate::source::told;

/// An answer larger than this is not read.
const ANSWER: usize = 64 * 1024 * 1024;
/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// An agent's port when the address tells none.
const PORT: u16 = 7600;

/// Talks to one agent.
pub(crate) struct Client {
    endpoint: Endpoint,
    trust: Option<PathBuf>,
    /// The value of the `Authorization` header.
    token: Option<HeaderValue>,
    runtime: tokio::runtime::Runtime,
}

impl Client {
    /// A client of the agent at `http://host:port`, or with https, where `trust` is the file of those
    /// who may vouch for it.
    pub(crate) fn new(
        url: &str,
        token_file: Option<&Path>,
        trust: Option<&Path>,
    ) -> Result<Client, Failure> {
        let endpoint = Endpoint::parse(url, Some(PORT)).map_err(|_| {
            let line = format!("not an agent's address: '{url}'; write it as http://HOST:PORT");
            Failure::usage(line)
        })?;
        if endpoint.secure && trust.is_none() {
            let line = format!("'{url}' needs --ca-file FILE: who may vouch for it");
            return Err(Failure::usage(line));
        }
        let token = TokenSource::new(token_file).header();
        let token = token.map_err(|e| Failure::usage(told(&e)))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Failure::usage(format!("cannot start: {e}")))?;
        Ok(Client {
            endpoint,
            trust: trust.map(Path::to_owned),
            token,
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
            StatusCode::UNAUTHORIZED => {
                let what = "it wants a token: --token-file FILE, or $SENTINEL_TOKEN";
                Err(self.trouble(what))
            }
            StatusCode::FORBIDDEN => Err(self.trouble("the token's scope does not cover this")),
            other => Err(self.trouble(&format!("it answered {other}"))),
        }
    }

    async fn ask(
        &self,
        path: &str,
    ) -> Result<(StatusCode, Bytes), Box<dyn std::error::Error + Send + Sync>> {
        let line = self.endpoint.dial(self.trust.as_deref()).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(line)).await?;
        tokio::spawn(connection);
        let mut request = Request::get(format!("{}{path}", self.endpoint.base))
            .header("host", &self.endpoint.host)
            .header("accept", "application/json")
            .body(Empty::<Bytes>::new())?;
        if let Some(token) = &self.token {
            let head = request.headers_mut();
            head.insert(hyper::header::AUTHORIZATION, token.clone());
        }
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, ANSWER).collect().await?.to_bytes();
        Ok((head.status, body))
    }

    fn trouble(&self, what: &str) -> Failure {
        let scheme = if self.endpoint.secure {
            "https"
        } else {
            "http"
        };
        let authority = &self.endpoint.authority;
        Failure::usage(format!(
            "cannot ask the agent at {scheme}://{authority}: {what}"
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
