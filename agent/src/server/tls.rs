//! How the agent proves who it is: rustls with a certificate that is read again when its files change.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, ServerConfig};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};
use tokio_rustls::TlsAcceptor;

/// Why a certificate cannot be used; cured by other files.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("no {what} in PEM in {}", path.display())]
    Pem {
        /// Which.
        path: PathBuf,
        /// What should be in it.
        what: &'static str,
    },
    /// Certificate and key do not go together, or are of a kind that is not used.
    #[error("certificate and key cannot be used: {0}")]
    Unusable(#[source] rustls::Error),
}

/// Certificate and key, and the files they come from.
#[derive(Debug)]
pub(crate) struct Keys {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<CertifiedKey>>,
    /// Of the files as they were read last, whether they could be used or not.
    read: Mutex<[u8; 32]>,
}

impl Keys {
    /// Reads both files.
    pub(crate) fn read(certificate: &Path, key: &Path) -> Result<Keys, TlsError> {
        let files = read_both(certificate, key)?;
        let pair = pair(certificate, key, &files)?;
        Ok(Keys {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            current: RwLock::new(Arc::new(pair)),
            read: Mutex::new(digest(&files)),
        })
    }

    /// Looks at the files again; true if they changed and are used from now on.
    pub(crate) fn look(&self) -> Result<bool, TlsError> {
        let files = read_both(&self.certificate, &self.key)?;
        let now = digest(&files);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if *read == now {
            return Ok(false);
        }
        let pair = pair(&self.certificate, &self.key, &files)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pair);
        *read = now;
        Ok(true)
    }

    /// What accepts connections with whatever pair is current.
    pub(crate) fn acceptor(self: &Arc<Self>) -> Result<TlsAcceptor, TlsError> {
        acceptor(Arc::clone(self) as _)
    }
}

/// What accepts connections with whatever the resolver shows.
pub(crate) fn acceptor(resolver: Arc<dyn ResolvesServerCert>) -> Result<TlsAcceptor, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(TlsError::Unusable)?;
    let mut config = config.with_no_client_auth().with_cert_resolver(resolver);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

impl ResolvesServerCert for Keys {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&current))
    }
}

fn read_both(certificate: &Path, key: &Path) -> Result<[Vec<u8>; 2], TlsError> {
    let read = |path: &Path| {
        fs::read(path).map_err(|source| TlsError::Read {
            path: path.to_owned(),
            source,
        })
    };
    Ok([read(certificate)?, read(key)?])
}

/// The key itself is not kept to be compared with.
fn digest(files: &[Vec<u8>; 2]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for file in files {
        hash.update((file.len() as u64).to_le_bytes());
        hash.update(file);
    }
    hash.finalize().into()
}

fn pair(certificate: &Path, key: &Path, files: &[Vec<u8>; 2]) -> Result<CertifiedKey, TlsError> {
    let missing = |path: &Path, what| TlsError::Pem {
        path: path.to_owned(),
        what,
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&files[0])
        .collect::<Result<_, _>>()
        .map_err(|_| missing(certificate, "certificate"))?;
    if chain.is_empty() {
        return Err(missing(certificate, "certificate"));
    }
    let private = PrivateKeyDer::from_pem_slice(&files[1]);
    let private = private.map_err(|_| missing(key, "private key"))?;
    CertifiedKey::from_der(chain, private, &ring::default_provider()).map_err(TlsError::Unusable)
}
