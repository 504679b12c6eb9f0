//! Tokens of other services whose beginning says what they are: chat, payment, mail, models, vaults,
//! monitoring. Prefixes as the services document them.

use std::ops::Range;

use super::table::{
    Found, Rule, Shape, alnum, base64, begins, hex, run, run_back, upper, word, word_dash,
};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "slack-token",
        summary: "Slack tokens",
        needles: &["xoxa-", "xoxb-", "xoxe", "xoxp-", "xoxr-", "xoxs-", "xapp-"],
        shape: Shape::Token(dotted, 10),
    },
    Rule {
        id: "webhook-url",
        summary: "webhook URLs of Slack, Discord and Teams",
        needles: &["hooks.slack.com", "/webhooks/", "webhook.office.com"],
        shape: Shape::Other(webhook),
    },
    Rule {
        id: "stripe-key",
        summary: "Stripe secret and restricted keys",
        needles: &["sk_live_", "rk_live_", "sk_test_", "rk_test_"],
        shape: Shape::Token(alnum, 10),
    },
    Rule {
        id: "webhook-secret",
        summary: "signing secrets of Stripe and Standard Webhooks",
        needles: &["whsec_"],
        shape: Shape::Token(base64, 24),
    },
    Rule {
        id: "model-api-key",
        summary: "API keys of OpenAI and Anthropic",
        needles: &["sk-"],
        shape: Shape::Other(model_key),
    },
    Rule {
        id: "sendgrid-key",
        summary: "SendGrid API keys",
        needles: &["SG."],
        shape: Shape::Other(sendgrid),
    },
    Rule {
        id: "vault-token",
        summary: "HashiCorp Vault and Terraform tokens",
        needles: &["hvs.", "hvb.", ".atlasv1."],
        shape: Shape::Other(vault),
    },
    Rule {
        id: "age-secret-key",
        summary: "age secret keys",
        needles: &["AGE-SECRET-KEY-1"],
        shape: Shape::Token(upper, 40),
    },
    Rule {
        id: "shopify-token",
        summary: "Shopify tokens and secrets",
        needles: &["shpat_", "shpss_"],
        shape: Shape::Token(hex, 32),
    },
    Rule {
        id: "grafana-token",
        summary: "Grafana tokens",
        needles: &["glsa_"],
        shape: Shape::Token(padded, 30),
    },
    Rule {
        id: "sentry-token",
        summary: "Sentry tokens",
        needles: &["sntry"],
        shape: Shape::Token(padded, 30),
    },
    Rule {
        id: "service-token",
        summary: "tokens of Databricks, Linear, New Relic, PlanetScale, Postman",
        needles: &["dapi", "lin_api_", "NRAK-", "pscale_", "PMAK-"],
        shape: Shape::Token(word_dash, 27),
    },
];

fn dotted(b: u8) -> bool {
    word_dash(b) || b == b'.'
}

fn padded(b: u8) -> bool {
    word(b) || matches!(b, b'+' | b'/' | b'=')
}

/// The path behind the host, if it is one of a webhook; slashes may be escaped.
fn webhook(bytes: &[u8], at: Range<usize>) -> Found {
    let rest = &bytes[at.end..];
    let head = &rest[..rest.len().min(24)];
    // Discord's hosts have other pages.
    if bytes[at.start] == b'/' {
        return match bytes[..at.start].ends_with(b"/api") {
            true => path(bytes, at.end),
            false => Found::No,
        };
    }
    let known: [&[u8]; 4] = [b"services", b"workflows", b"webhook", b"triggers"];
    let named = |word: &&[u8]| memchr::memmem::find(head, word).is_some();
    if !matches!(head.first(), Some(b'/' | b'\\')) || !known.iter().any(named) {
        return Found::No;
    }
    path(bytes, at.end)
}

/// A long path that begins at `from`.
fn path(bytes: &[u8], from: usize) -> Found {
    let rest = &bytes[from..];
    let in_path = |b: u8| word_dash(b) || matches!(b, b'/' | b'\\' | b'@' | b'.' | b'%');
    let len = run(rest, in_path);
    let len = len - run_back(&rest[..len], len, |b| matches!(b, b'\\' | b'.'));
    match len >= 28 {
        true => Found::Secret(from, from + len),
        false => Found::No,
    }
}

/// `sk-` and at least 20 bytes, a digit among them, where a word begins: `task-list-of-many-words` is none.
fn model_key(bytes: &[u8], at: Range<usize>) -> Found {
    if !begins(bytes, at.start) {
        return Found::No;
    }
    let len = run(&bytes[at.end..], word_dash);
    let token = &bytes[at.end..at.end + len];
    match len >= 20 && token.iter().any(u8::is_ascii_digit) {
        true => Found::Secret(at.start, at.end + len),
        // What begins later within the token is shorter and no richer in digits.
        false => Found::NoneBefore(at.end + len),
    }
}

/// Two long parts behind `SG`.
fn sendgrid(bytes: &[u8], at: Range<usize>) -> Found {
    let first = run(&bytes[at.end..], word_dash);
    let dot = at.end + first;
    if first < 16 || bytes.get(dot) != Some(&b'.') {
        return Found::No;
    }
    let second = run(&bytes[dot + 1..], word_dash);
    match second >= 16 {
        true => Found::Secret(at.start, dot + 1 + second),
        false => Found::No,
    }
}

/// `hvs.` and a token behind it; `.atlasv1.` between two parts of one.
fn vault(bytes: &[u8], at: Range<usize>) -> Found {
    let after = run(&bytes[at.end..], word_dash);
    let before = match bytes[at.start] {
        b'.' => run_back(&bytes[..at.start], 14, alnum),
        _ => 0,
    };
    let enough = match bytes[at.start] {
        b'.' => before >= 10 && after >= 40,
        _ => after >= 20,
    };
    match enough {
        true => Found::Secret(at.start - before, at.end + after),
        false => Found::No,
    }
}
