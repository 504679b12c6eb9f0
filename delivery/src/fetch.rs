//! Reading an answer piece by piece while it comes, for as long as it takes: what a log that is followed needs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::client::{ClientError, Credentials};
use crate::dial::{AddressError, Endpoint};
use crate::token::TokenSource;

/// For a connection and the head of an answer.
const HEAD: Duration = Duration::from_secs(30);

/// A server that is asked for one thing at a time, each over a connection of its own.
#[derive(Clone)]
pub struct Fetcher {
    endpoint: Endpoint,
    trust: Option<PathBuf>,
    token: TokenSource,
    program: &'static str,
}

impl Fetcher {
    /// A way to the server at this address, and to nobody else with this token.
    ///
    /// # Errors
    /// [`AddressError`] when nothing can be asked there.
    pub fn new(
        server: &str,
        credentials: Credentials<'_>,
        program: &'static str,
    ) -> Result<Fetcher, AddressError> {
        let endpoint = Endpoint::parse(server, None)?;
        if endpoint.secure && credentials.ca_file.is_none() {
            return Err(AddressError::NoCa(server.to_owned()));
        }
        Ok(Fetcher {
            endpoint,
            trust: credentials.ca_file.map(Path::to_owned),
            token: TokenSource::new(credentials.token_file),
            program,
        })
    }

    /// Asks for what stands at a path; the answer's body comes piece by piece.
    ///
    /// # Errors
    /// [`ClientError`], always retryable.
    pub async fn get(&mut self, path: &str) -> Result<Fetched, ClientError> {
        let answer = timeout(HEAD, self.ask(path)).await;
        let answer = answer.unwrap_or(Err(ClientError::Timeout));
        let unknown = |answer: &Fetched| answer.status == StatusCode::UNAUTHORIZED;
        if answer.as_ref().map_or(true, unknown) {
            self.token.doubt();
        }
        answer
    }

    async fn ask(&mut self, path: &str) -> Result<Fetched, ClientError> {
        let mut request = Request::get(format!("{}{path}", self.endpoint.base))
            .header(header::HOST, &self.endpoint.host)
            .header(header::USER_AGENT, self.program)
            .body(Empty::<Bytes>::new())?;
        if let Some(token) = self.token.header()? {
            request.headers_mut().insert(header::AUTHORIZATION, token);
        }
        let line = self.endpoint.dial(self.trust.as_deref()).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(line)).await?;
        let connection = tokio::spawn(async move {
            // Its end is seen by whoever reads.
            let _ = connection.await;
        });
        let answer = sender.send_request(request).await?;
        Ok(Fetched {
            status: answer.status(),
            body: answer.into_body(),
            connection,
        })
    }
}

/// An answer whose body is still coming. Dropped, it is asked for no more.
#[derive(Debug)]
pub struct Fetched {
    /// The answer's status.
    pub status: StatusCode,
    body: Incoming,
    connection: JoinHandle<()>,
}

impl Fetched {
    /// The next piece; `None` at the end that the server meant. Nothing is lost when the caller stops waiting.
    ///
    /// # Errors
    /// When the connection broke before that.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ClientError> {
        while let Some(frame) = self.body.frame().await {
            if let Ok(data) = frame?.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}

impl Drop for Fetched {
    fn drop(&mut self) {
        self.connection.abort();
    }
}
