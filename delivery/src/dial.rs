//! Reaching an agent: its address, and a connection to it, through TLS where the address says so.

use std::io;
use std::path::Path;
#[cfg(feature = "tls")]
use std::path::PathBuf;

use hyper::Uri;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// Why an address is not one we can send to; not retryable.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AddressError {
    /// Not `http://HOST[:PORT][/PATH]`.
    #[error("not an address of an agent: {0:?} (http://HOST:PORT is)")]
    Malformed(String),
    /// Built without TLS.
    #[error("https is not built in: {0:?}")]
    Https(String),
    /// Nobody to trust.
    #[error("{0:?} needs the certificates of those who may vouch for it: set ca_file")]
    NoCa(String),
}

/// Why there is no connection; always retryable.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// The other side cannot be reached.
    #[error("cannot connect: {0}")]
    Connect(#[source] io::Error),
    /// The certificates of those to be trusted cannot be read.
    #[cfg(feature = "tls")]
    #[error("no certificates in PEM in {}: {why}", path.display())]
    Ca {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The other side is not who it should be, or speaks no TLS of ours.
    #[cfg(feature = "tls")]
    #[error("no TLS: {0}")]
    Tls(#[source] io::Error),
}

/// An agent's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// As the `Host` header tells it.
    pub host: String,
    /// `host:port` for the socket.
    pub authority: String,
    /// Path before the agent's own, without a slash at its end.
    pub base: String,
    /// Whether through TLS.
    pub secure: bool,
}

impl Endpoint {
    /// Reads an address; without a port it is `port`, or that of the scheme.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse(agent: &str, port: Option<u16>) -> Result<Endpoint, AddressError> {
        let malformed = || AddressError::Malformed(agent.to_owned());
        let uri: Uri = agent.parse().map_err(|_| malformed())?;
        let (secure, usual) = match uri.scheme_str() {
            Some("http") => (false, 80),
            Some("https") => (true, 443),
            _ => return Err(malformed()),
        };
        if secure && cfg!(not(feature = "tls")) {
            return Err(AddressError::Https(agent.to_owned()));
        }
        let authority = uri.authority().ok_or_else(malformed)?;
        if uri.query().is_some() || authority.as_str().contains('@') {
            return Err(malformed());
        }
        let port = authority.port_u16().or(port).unwrap_or(usual);
        Ok(Endpoint {
            host: authority.as_str().to_owned(),
            authority: format!("{}:{port}", authority.host()),
            base: uri.path().trim_end_matches('/').to_owned(),
            secure,
        })
    }

    /// A connection, through TLS if the address says so. `trust` is the file of those who may vouch
    /// for the agent, read each time, so that it can be replaced.
    ///
    /// # Errors
    /// [`DialError`].
    pub async fn dial(&self, trust: Option<&Path>) -> Result<Line, DialError> {
        let socket = TcpStream::connect(&self.authority)
            .await
            .map_err(DialError::Connect)?;
        // Frames are small and waited for; without this each would wait for the one before.
        socket.set_nodelay(true).map_err(DialError::Connect)?;
        #[cfg(feature = "tls")]
        if self.secure {
            return Ok(Box::new(self.secured(socket, trust).await?));
        }
        let _ = trust;
        Ok(Box::new(socket))
    }

    #[cfg(feature = "tls")]
    async fn secured(
        &self,
        socket: TcpStream,
        trust: Option<&Path>,
    ) -> Result<tokio_rustls::client::TlsStream<TcpStream>, DialError> {
        use rustls::pki_types::ServerName;
        let (host, _) = self.authority.rsplit_once(':').unwrap_or_default();
        let host = host.trim_matches(['[', ']']).to_owned();
        let other = |error: &dyn std::error::Error| io::Error::other(error.to_string());
        let name = ServerName::try_from(host).map_err(|e| DialError::Tls(other(&e)))?;
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(|e| DialError::Tls(other(&e)))?
            .with_root_certificates(trusted(trust.unwrap_or(Path::new("")))?)
            .with_no_client_auth();
        let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
        connector
            .connect(name, socket)
            .await
            .map_err(DialError::Tls)
    }
}

/// The certificates of a file.
#[cfg(feature = "tls")]
fn trusted(path: &Path) -> Result<rustls::RootCertStore, DialError> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    let wrong = |why: String| DialError::Ca {
        path: path.to_owned(),
        why,
    };
    let text = std::fs::read(path).map_err(|e| wrong(e.to_string()))?;
    let mut store = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|e| wrong(e.to_string()))?;
        store.add(certificate).map_err(|e| wrong(e.to_string()))?;
    }
    if store.is_empty() {
        return Err(wrong("it has none".to_owned()));
    }
    Ok(store)
}

/// A connection of either kind.
pub type Line = Box<dyn Wire>;

/// What HTTP is spoken over.
pub trait Wire: AsyncRead + AsyncWrite + Send + Unpin {
    /// What was written and is not on its way yet will not be sent once this is closed.
    fn discard(&self);
}

impl Wire for TcpStream {
    fn discard(&self) {
        // Fails only on a socket that is closed already.
        let _ = self.set_zero_linger();
    }
}

#[cfg(feature = "tls")]
impl Wire for tokio_rustls::client::TlsStream<TcpStream> {
    fn discard(&self) {
        self.get_ref().0.discard();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let ok = |text| {
            let endpoint = Endpoint::parse(text, None).ok()?;
            Some((endpoint.authority, endpoint.base))
        };
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
                matches!(Endpoint::parse(bad, None), Err(AddressError::Malformed(_))),
                "{bad}"
            );
        }
    }

    #[test]
    fn what_is_not_on_its_way_when_a_line_is_discarded_is_not_sent() {
        use std::future::poll_fn;
        use std::io::{ErrorKind, Read};
        use std::pin::Pin;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let endpoint = Endpoint::parse(&url, None).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let piece = vec![7; 1 << 20];
        let written = runtime.block_on(async {
            let mut line = endpoint.dial(None).await.unwrap();
            let mut written = 0;
            // Until there is no room for more.
            loop {
                let write = poll_fn(|cx| Pin::new(&mut line).poll_write(cx, &piece));
                let patience = std::time::Duration::from_millis(200);
                match tokio::time::timeout(patience, write).await {
                    Ok(n) => written += n.unwrap(),
                    Err(_) => break,
                }
            }
            line.discard();
            written
        });
        let (mut peer, _) = listener.accept().unwrap();
        let mut got = Vec::new();
        let ended = peer.read_to_end(&mut got).map_err(|e| e.kind());
        assert_eq!(ended, Err(ErrorKind::ConnectionReset));
        assert!(got.len() < written, "{} of {written}", got.len());
    }

    #[test]
    fn the_port_is_the_one_told_or_the_callers_or_the_schemes() {
        let port = |text, port| Endpoint::parse(text, port).map(|e| e.authority);
        assert_eq!(port("http://h:1", Some(2)), Ok("h:1".to_owned()));
        assert_eq!(port("http://h", Some(2)), Ok("h:2".to_owned()));
        #[cfg(feature = "tls")]
        assert_eq!(port("https://h", None), Ok("h:443".to_owned()));
        #[cfg(not(feature = "tls"))]
        assert!(matches!(
            port("https://h", None),
            Err(AddressError::Https(_))
        ));
    }
}
