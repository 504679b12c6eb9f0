//! Keys of cloud providers: AWS, Google, Azure, DigitalOcean. Shapes as the providers document them and
//! as the rules of gitleaks name them.

use std::ops::Range;

use super::table::{Found, Rule, Shape, base64, hex, run, run_back, upper, word, word_dash};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "aws-access-key",
        summary: "AWS access key ids",
        needles: &["AKIA", "ASIA", "ABIA", "ACCA"],
        shape: Shape::Token(upper, 16),
    },
    Rule {
        id: "signed-url",
        summary: "signatures in URLs of AWS, Google and Azure",
        needles: &["Signature=", "&sig=", "?sig="],
        shape: Shape::Other(signature),
    },
    Rule {
        id: "gcp-api-key",
        summary: "Google API keys",
        needles: &["AIza"],
        shape: Shape::Token(word_dash, 35),
    },
    Rule {
        id: "gcp-oauth-token",
        summary: "Google OAuth access tokens",
        needles: &["ya29."],
        shape: Shape::Token(dotted, 20),
    },
    Rule {
        id: "gcp-client-secret",
        summary: "Google OAuth client secrets",
        needles: &["GOCSPX-"],
        shape: Shape::Token(word_dash, 20),
    },
    Rule {
        id: "azure-client-secret",
        summary: "Azure AD client secrets",
        needles: &["Q~"],
        shape: Shape::Other(azure),
    },
    Rule {
        id: "digitalocean-token",
        summary: "DigitalOcean tokens",
        needles: &["_v1_"],
        shape: Shape::Other(digital_ocean),
    },
];

fn dotted(b: u8) -> bool {
    word_dash(b) || b == b'.'
}

/// Behind the `=`: base64, perhaps with percent signs.
fn signature(bytes: &[u8], at: Range<usize>) -> Found {
    let in_value = |b: u8| base64(b) || matches!(b, b'%' | b'-' | b'_');
    let len = run(&bytes[at.end..], in_value);
    match len >= 20 {
        true => Found::Secret(at.end, at.end + len),
        false => Found::No,
    }
}

/// Three bytes, a digit, the needle, 31 to 34 more.
fn azure(bytes: &[u8], at: Range<usize>) -> Found {
    let in_secret = |b: u8| word(b) || matches!(b, b'~' | b'.' | b'-');
    let before = run_back(&bytes[..at.start], 4, in_secret);
    if before < 4 || !bytes[at.start - 1].is_ascii_digit() {
        return Found::No;
    }
    let after = run(&bytes[at.end..], in_secret);
    match after >= 31 {
        true => Found::Secret(at.start - before, at.end + after),
        false => Found::No,
    }
}

/// `dop_v1_` and its like, and 64 hex digits.
fn digital_ocean(bytes: &[u8], at: Range<usize>) -> Found {
    let kind = bytes[..at.start].ends_with(b"dop")
        || bytes[..at.start].ends_with(b"doo")
        || bytes[..at.start].ends_with(b"dor");
    let len = run(&bytes[at.end..bytes.len().min(at.end + 128)], hex);
    match kind && len >= 32 {
        true => Found::Secret(at.start - 3, at.end + len),
        false => Found::No,
    }
}
