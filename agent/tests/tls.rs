//! TLS: both versions, a certificate that is replaced while the agent runs, and clients that only say
//! hello (torture row A2, TLS part).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::Running;
use rcgen::{CertificateParams, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};
use sentinel_config::Config;

/// Somebody who vouches for agents.
struct Authority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Authority {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Authority {
            certificate,
            issuer: Issuer::new(params, key),
        }
    }

    /// Writes a new certificate for `localhost` and its key where the agent looks for them.
    fn vouch(&self, dir: &Path) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        std::fs::write(dir.join("key.pem"), key.serialize_pem()).unwrap();
        std::fs::write(dir.join("certificate.pem"), certificate.pem()).unwrap();
    }

    /// The answer to a GET, if the agent proves to be one this authority vouches for.
    fn get(
        &self,
        address: SocketAddr,
        path: &str,
        versions: &[&'static SupportedProtocolVersion],
    ) -> std::io::Result<String> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut stream = StreamOwned::new(connection, connect(address));
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    let patience = Some(Duration::from_secs(10));
    stream.set_read_timeout(patience).unwrap();
    stream
}

fn secured(dir: &Path) -> Running {
    let mut config = Config::default();
    config.agent.tls.certificate = Some(dir.join("certificate.pem"));
    config.agent.tls.key = Some(dir.join("key.pem"));
    config.agent.tls.reload = Duration::from_millis(100);
    config.agent.header_timeout = Duration::from_secs(1);
    Running::with(&dir.join("data"), &config)
}

/// Asks until it holds, for ten seconds.
fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(10), "in vain: {what}");
        std::thread::yield_now();
    }
}

const BOTH: &[&SupportedProtocolVersion] = rustls::ALL_VERSIONS;

#[test]
fn both_versions_of_tls_are_spoken_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    authority.vouch(dir.path());
    let agent = secured(dir.path());
    let address = agent.handle().addr();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let answer = authority.get(address, "/health", &[version]).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    assert!(Authority::new().get(address, "/health", BOTH).is_err());
    let plain = agent.client.get("/health");
    assert_eq!(plain.status, 0, "{plain:?}");
    until("counted", || agent.handle().watch().tls_failed.value() >= 2);
    agent.stop();
}

#[test]
fn a_new_certificate_is_served_without_a_restart_and_a_bad_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (Authority::new(), Authority::new());
    old.vouch(dir.path());
    let agent = secured(dir.path());
    let address = agent.handle().addr();
    assert!(old.get(address, "/health", BOTH).is_ok());

    // Half of a pair: the old one is kept, and the agent says so.
    std::fs::write(
        dir.path().join("key.pem"),
        KeyPair::generate().unwrap().serialize_pem(),
    )
    .unwrap();
    until("told", || {
        let ready = old.get(address, "/ready", BOTH).unwrap();
        ready.contains("\"tls\"")
    });
    new.vouch(dir.path());
    until("served", || new.get(address, "/health", BOTH).is_ok());
    assert!(old.get(address, "/health", BOTH).is_err());
    until("well again", || {
        let ready = new.get(address, "/ready", BOTH).unwrap();
        !ready.contains("\"tls\"")
    });
    agent.stop();
}

#[test]
fn a_client_that_only_says_hello_is_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    authority.vouch(dir.path());
    let agent = secured(dir.path());
    let address = agent.handle().addr();
    for hello in [
        &b""[..],
        &[0x16, 3, 1, 2, 0],
        &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc],
    ] {
        let begun = Instant::now();
        let mut client = connect(address);
        client.write_all(hello).unwrap();
        let mut answer = Vec::new();
        // Closed or reset; a client that is not would run into its timeout.
        let _ = client.read_to_end(&mut answer);
        assert!(
            begun.elapsed() < Duration::from_secs(8),
            "{:?}",
            begun.elapsed()
        );
        assert!(authority.get(address, "/health", BOTH).is_ok());
    }
    agent.stop();
}
