//! Tokens of source forges and package registries: GitHub, GitLab, Atlassian, npm, PyPI, RubyGems,
//! Docker Hub, and Sentinel. Prefixes as the services document them.

use super::table::{Rule, Shape, alnum, hex, word, word_dash};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "github-token",
        summary: "GitHub tokens of all kinds",
        needles: &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
        shape: Shape::Token(alnum, 20),
    },
    Rule {
        id: "github-fine-grained-pat",
        summary: "GitHub fine-grained personal access tokens",
        needles: &["github_pat_"],
        shape: Shape::Token(word, 20),
    },
    Rule {
        id: "gitlab-token",
        summary: "GitLab tokens: personal, runner, deploy, trigger, job, feed",
        needles: &["glpat-", "glrt-", "gldt-", "glptt-", "glcbt-", "glft-"],
        shape: Shape::Token(dotted, 16),
    },
    Rule {
        id: "atlassian-token",
        summary: "Atlassian API tokens",
        needles: &["ATATT3"],
        shape: Shape::Token(padded, 40),
    },
    Rule {
        id: "npm-token",
        summary: "npm access tokens",
        needles: &["npm_"],
        shape: Shape::Token(alnum, 30),
    },
    Rule {
        id: "pypi-token",
        summary: "PyPI upload tokens",
        needles: &["pypi-Ag"],
        shape: Shape::Token(word_dash, 30),
    },
    Rule {
        id: "rubygems-token",
        summary: "RubyGems API keys",
        needles: &["rubygems_"],
        shape: Shape::Token(hex, 40),
    },
    Rule {
        id: "docker-token",
        summary: "Docker Hub personal access tokens",
        needles: &["dckr_pat_"],
        shape: Shape::Token(word_dash, 16),
    },
    Rule {
        id: "sentinel-token",
        summary: "tokens of Sentinel's own agents",
        needles: &["sntl_"],
        shape: Shape::Token(alnum, 43),
    },
];

fn dotted(b: u8) -> bool {
    word_dash(b) || b == b'.'
}

fn padded(b: u8) -> bool {
    word_dash(b) || b == b'='
}
