//! An agent with tokens and a certificate: a sender delivers to it and a person reads from it, and
//! without either nobody does.

use std::path::Path;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use sentinel_agent::{Agent, Handle, Options};
use sentinel_config::{Config, Scope, SidecarConfig, TokenConfig};
use sentinel_parsers::wire::{OpenStream, RunContext};
use sentinel_sidecar::reading::Reading;
use sentinel_sidecar::segments::{Limits, SegmentWriter, StreamInfo};
use sentinel_sidecar::ship::{self, ShipOutcome, Stop};
use sentinel_sidecar::tail::{SegmentSource, Source};
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::bench::{Bench, check_exit};

/// Makes a token with the command line; gives its file and what the agent is told.
pub(crate) fn token(bench: &Bench, name: &str, scope: &str) -> (String, TokenConfig) {
    let done = bench.sentinel(&["token", "create", "--scope", scope, "--name", name]);
    check_exit(&done, 0);
    let told = bench.file("told.toml", &done.stderr);
    check_exit(&bench.sentinel(&["config", "check", &told]), 0);
    let config = Config::load(Some(Path::new(&told)), &[]).expect("what is printed can be read");
    let known = config.agent.auth.tokens[0].clone();
    assert_eq!(done.stdout.lines().count(), 1, "the token alone");
    assert!(!done.stderr.contains(done.stdout.trim()));
    (bench.file(&format!("{name}.token"), &done.stdout), known)
}

/// Somebody who vouches, as a file, and a certificate of theirs for 127.0.0.1.
pub(crate) fn vouched(bench: &Bench, name: &str) -> (String, String, String) {
    let ca_key = KeyPair::generate().expect("a key");
    let mut ca = CertificateParams::new(Vec::new()).expect("parameters");
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let trust = ca.self_signed(&ca_key).expect("a root");
    let issuer = Issuer::new(ca, ca_key);
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("parameters");
    let certificate = params.signed_by(&key, &issuer).expect("a certificate");
    (
        bench.file(&format!("{name}-ca.pem"), &trust.pem()),
        bench.file(&format!("{name}.pem"), &certificate.pem()),
        bench.file(&format!("{name}.key"), &key.serialize_pem()),
    )
}

/// Sends a recorded stream for a few seconds at most.
pub(crate) fn send(
    runtime: &Runtime,
    dir: &Path,
    agent: &str,
    config: &SidecarConfig,
) -> ShipOutcome {
    let info = StreamInfo::new("make test".to_owned(), Some("r1".to_owned()));
    let limits = Limits {
        segment_bytes: 1 << 20,
        cap_bytes: 1 << 20,
    };
    let mut writer = SegmentWriter::create(dir, &info, limits).expect("a recording");
    writer.append(b"TEST_PASS name=a suite=s\n");
    writer.finish(Some(0), None).expect("its end");
    let open = OpenStream {
        identity: sentinel_sidecar::identity::of_stream("capture", "run", &info.epoch),
        run: RunContext {
            run_id: "r1".to_owned(),
            ..RunContext::default()
        },
        command: None,
    };
    let source = Source::Segments(SegmentSource::open(dir).expect("the recording"));
    let (stop, stopped) = watch::channel(Stop::No);
    let reading = Reading::default();
    runtime.block_on(async {
        let shipping = ship::run(source, open, agent, config, &reading, stopped);
        tokio::pin!(shipping);
        let limit = if config.token_file.is_some() { 30 } else { 1 };
        let shipped = tokio::select! {
            shipped = &mut shipping => shipped,
            () = tokio::time::sleep(Duration::from_secs(limit)) => {
                let _ = stop.send(Stop::Now);
                shipping.await
            }
        };
        shipped.expect("an address")
    })
}

pub(crate) fn agent(bench: &Bench, name: &str, runtime: &Runtime, config: &Config) -> Handle {
    let mut options = Options::new(bench.path(name));
    options.listen = Some(([127, 0, 0, 1], 0).into());
    runtime
        .block_on(Agent::start(config, options))
        .expect("it starts")
}

#[test]
fn with_a_token_and_tls_a_stream_is_delivered_and_read_back() {
    let bench = Bench::new();
    let (sender, of_sender) = token(&bench, "ci", "send");
    let (reader, of_reader) = token(&bench, "me", "read");
    let (trust, certificate, key) = vouched(&bench, "ours");
    let (others, ..) = vouched(&bench, "theirs");
    assert_eq!(
        (of_sender.scope, of_reader.scope),
        (Scope::Send, Scope::Read)
    );
    let mut config = Config::default();
    config.agent.auth.tokens = vec![of_sender, of_reader];
    config.agent.tls.certificate = Some(certificate.into());
    config.agent.tls.key = Some(key.into());
    config.run.finalize_after = Duration::ZERO;
    let runtime = Runtime::new().expect("a runtime");
    let agent = agent(&bench, "agent-data", &runtime, &config);
    let url = format!("https://{}", agent.addr());

    let sidecar = SidecarConfig {
        token_file: Some(sender.clone().into()),
        ca_file: Some(trust.clone().into()),
        ..SidecarConfig::default()
    };
    let unknown = SidecarConfig {
        token_file: None,
        ..sidecar.clone()
    };
    let outcome = send(&runtime, &bench.path("refused"), &url, &unknown);
    assert_eq!(
        outcome.trouble.as_deref(),
        Some("refused by the agent (401)")
    );
    let fooled = SidecarConfig {
        ca_file: Some(others.clone().into()),
        token_file: None,
        ..SidecarConfig::default()
    };
    let outcome = send(&runtime, &bench.path("fooled"), &url, &fooled);
    let trouble = outcome.trouble.unwrap_or_default();
    assert!(trouble.starts_with("no TLS: "), "{trouble}");
    assert!(send(&runtime, &bench.path("sent"), &url, &sidecar).complete);

    let asked = |token: &str, trust: &str| {
        let args = ["--agent", &url, "--token-file", token, "--ca-file", trust];
        bench.sentinel(&[&["runs"][..], &args].concat())
    };
    let done = asked(&reader, &trust);
    check_exit(&done, 0);
    assert!(done.stdout.contains("r1"), "{}", done.stdout);
    for (token, trust, told) in [
        (&sender, &trust, "scope"),
        (&reader, &others, "cannot ask the agent at https://"),
    ] {
        let done = asked(token, trust);
        check_exit(&done, 2);
        assert!(done.stderr.contains(told), "{}", done.stderr);
        assert_eq!(done.stderr.lines().count(), 1, "{}", done.stderr);
    }
    let done = bench.sentinel(&["runs", "--agent", &url, "--ca-file", &trust]);
    check_exit(&done, 2);
    assert!(done.stderr.contains("--token-file"), "{}", done.stderr);
    runtime.block_on(agent.shutdown());
}

#[test]
fn a_configuration_with_doors_does_not_keep_a_run_of_ones_own_out() {
    let bench = Bench::new();
    let (_, certificate, key) = vouched(&bench, "ours");
    let hash = "0".repeat(64);
    let config = format!(
        "[agent.tls]\ncertificate = \"{certificate}\"\nkey = \"{key}\"\n\
         [[agent.auth.tokens]]\nname = \"ci\"\nhash = \"sha256:{hash}\"\n"
    );
    let config = bench.file("doors.toml", &config);
    let done = bench.run_script("echo 'TEST_PASS name=a suite=s'", &["--config", &config]);
    check_exit(&done, 0);
}
