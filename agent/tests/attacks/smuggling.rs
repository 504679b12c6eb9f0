//! Torture row X7, HTTP/1: requests that can be read in two ways, large heads, other protocols.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::common::Daemon;
use crate::resident;

/// All that comes back for these bytes.
fn said_back(address: SocketAddr, bytes: &[u8]) -> String {
    let mut client = TcpStream::connect(address).unwrap();
    let patience = Some(Duration::from_secs(10));
    client.set_read_timeout(patience).unwrap();
    // It may be cut off before everything was said.
    let _ = client.write_all(bytes);
    let _ = client.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    let _ = client.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn smuggled() -> Vec<(&'static str, Vec<u8>)> {
    let open = |head: &str, body: &str| {
        let second = "GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n";
        let head = head.replace('|', "\r\n");
        format!(
            "POST /v1/streams HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{head}\r\n{body}{second}"
        )
        .into_bytes()
    };
    let many: String = (0..100).map(|n| format!("x-{n}: y|")).collect();
    let long = format!("x: {}|", "y".repeat(20_000));
    let flood = format!("1;{}\r\n{{\r\n0\r\n\r\n", "e".repeat(100_000));
    vec![
        (
            "both lengths",
            open("content-length: 5|transfer-encoding: chunked|", "0\r\n\r\n"),
        ),
        (
            "both lengths, turned",
            open("transfer-encoding: chunked|content-length: 5|", "0\r\n\r\n"),
        ),
        (
            "two lengths",
            open("content-length: 0|content-length: 5|", ""),
        ),
        ("a list of lengths", open("content-length: 0, 5|", "")),
        ("a length with a sign", open("content-length: +0|", "")),
        (
            "a length of 2^64",
            open("content-length: 18446744073709551616|", ""),
        ),
        (
            "an unknown coding",
            open("transfer-encoding: xchunked|", "0\r\n\r\n"),
        ),
        (
            "chunked, but not last",
            open("transfer-encoding: chunked, identity|", "0\r\n\r\n"),
        ),
        ("a blank before the colon", open("content-length : 0|", "")),
        ("a folded line", open("x: y| z|content-length: 0|", "")),
        ("a NUL in a value", open("x: a\0b|content-length: 0|", "")),
        ("a bare CR", open("x: a\rcontent-length: 0|", "")),
        (
            "a chunk of 2^64",
            open("transfer-encoding: chunked|", "FFFFFFFFFFFFFFFFF\r\n"),
        ),
        (
            "a chunk that is no number",
            open("transfer-encoding: chunked|", "zz\r\n"),
        ),
        (
            "a flood of extensions",
            open("transfer-encoding: chunked|", &flood),
        ),
        ("a hundred headers", open(&many, "")),
        ("a header of 20 kB", open(&long, "")),
        (
            "HTTP/2",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(),
        ),
        ("TLS", [&[0x16, 3, 1, 2, 0, 1][..], &[0; 500]].concat()),
    ]
}

#[test]
fn a_request_that_can_be_read_in_two_ways_ends_its_connection() {
    let dir = tempfile::tempdir().unwrap();
    let agent = Daemon::start(dir.path(), &[]);
    let mut before = 0;
    for round in 0..20 {
        for (what, bytes) in smuggled() {
            let answer = said_back(agent.client.address(), &bytes);
            let answers = answer.matches("HTTP/1.1 ").count();
            assert!(answers <= 1, "{what}: {answer}");
            let refused = answer.is_empty() || answer.starts_with("HTTP/1.1 4");
            assert!(refused, "{what}: {answer}");
            assert!(!answer.contains(" 404 "), "{what}: the second one was read");
        }
        if round == 4 {
            before = resident(agent.pid());
        }
    }
    let grown = resident(agent.pid()).saturating_sub(before);
    assert!(grown < 8 * 1024, "grown by {grown} KiB");
    assert_eq!(agent.client.get("/health").status, 200);
}
