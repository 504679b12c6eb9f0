//! Configuration text in, values or messages out.

#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

use std::path::Path;
use std::time::Duration;

use sentinel_config::{Config, LogLevel, Range, Severity};

/// What is wrong with a file of this name and text.
#[track_caller]
fn mistakes(name: &str, text: &str) -> String {
    mistakes_with(name, text, &[])
}

#[track_caller]
fn mistakes_with(name: &str, text: &str, vars: &[(&str, &str)]) -> String {
    Config::parse(Path::new(name), text, &VarSlice(vars))
        .unwrap_err()
        .to_string()
}

/// Borrowed variables.
struct VarSlice<'a>(&'a [(&'a str, &'a str)]);

impl sentinel_config::Vars for VarSlice<'_> {
    fn all(&self) -> Vec<(String, String)> {
        self.0.all()
    }
}

#[track_caller]
fn parse(name: &str, text: &str) -> Config {
    Config::parse(Path::new(name), text, &[]).unwrap()
}

const TOML: &str = r#"
[agent]
listen = "0.0.0.0:80"
max_connections = 0x10
max_body = 1048576

[rules.failure_spike]
severity = "critical"
share = 0.5

[rules.hanging_test]
in_test = "1m30s"

[[pipeline]]
match = { pipeline = "shop-*", branch = "main" }
required_suites = ["unit", "e2e-*"]
tests.min = 10

[pipeline.suites]
unit = { min = 5, max = 50 }
"end to end" = { max = 5 }

[[pipeline]]
suite_overdue = "20m"
"#;

const YAML: &str = r#"
# The same.
agent:
  listen: 0.0.0.0:80
  max_connections: 16
  max_body: 1048576
rules:
  failure_spike: { severity: critical, share: 0.5 }
  hanging_test:
    in_test: 1m30s
store:
pipeline:
  - match:
      pipeline: "shop-*"
      branch: main
    required_suites:
      - unit
      - "e2e-*"
    tests: { min: 10 }
    suites:
      unit: { min: 5, max: 50 }
      end to end:
        max: 5
  - suite_overdue: 20m
"#;

#[test]
fn keys_reach_their_fields_and_the_rest_is_default() {
    let config = parse("sentinel.toml", TOML);
    assert_eq!(config.agent.listen.to_string(), "0.0.0.0:80");
    assert_eq!(config.agent.max_connections, 16);
    assert_eq!(config.agent.max_body, 1 << 20);
    assert_eq!(config.agent.queue, Config::default().agent.queue);
    assert_eq!(config.rules.failure_spike.severity, Severity::Critical);
    assert_eq!(config.rules.failure_spike.share, 0.5);
    assert_eq!(config.rules.hanging_test.in_test, Duration::from_secs(90));
    let [shop, rest] = config.pipelines.as_slice() else {
        panic!("{:?}", config.pipelines);
    };
    assert_eq!(shop.applies.pipeline, "shop-*");
    assert_eq!(shop.required_suites, ["unit", "e2e-*"]);
    assert_eq!(
        shop.tests,
        Range {
            min: Some(10),
            max: None
        }
    );
    assert_eq!(
        shop.suites["end to end"],
        Range {
            min: None,
            max: Some(5)
        }
    );
    assert_eq!(rest.suite_overdue, Some(Duration::from_secs(1200)));
    assert_eq!(config.sidecar, Config::default().sidecar);
}

#[test]
fn yaml_says_the_same_as_toml() {
    assert_eq!(parse("sentinel.yaml", YAML), parse("sentinel.toml", TOML));
    assert_eq!(parse("sentinel.yml", "# nothing\n"), Config::default());
    assert_eq!(parse("sentinel.toml", ""), Config::default());
}

#[test]
fn the_first_pipeline_that_matches_applies() {
    let config = parse("sentinel.toml", TOML);
    let min = |pipeline, branch| {
        config
            .pipeline_rules(pipeline, branch, "ci")
            .and_then(|rules| rules.tests.min)
    };
    assert_eq!(min("shop-web", "main"), Some(10));
    assert_eq!(min("shop-web", "topic"), None);
    assert_eq!(
        config.pipeline_rules("x", "", "").unwrap().suite_overdue,
        Some(Duration::from_secs(1200))
    );
    assert!(Config::default().pipeline_rules("x", "y", "z").is_none());
}

#[test]
fn variables_override_the_file() {
    let vars = [
        ("SENTINEL_AGENT__LISTEN", "127.0.0.1:1"),
        ("SENTINEL_RULES__HANGING_TEST__IN_TEST", "2m"),
        ("SENTINEL_RULES__FAILURE_SPIKE__SHARE", "0.75"),
        ("SENTINEL_RULES__OOM_KILLED__ENABLED", "false"),
        ("SENTINEL_SIDECAR__DIALECTS", "auto, auto"),
        ("SENTINEL_SIDECAR__SEGMENT_SIZE", "131072"),
        ("SENTINEL_STORE__PATH", ""),
        ("SENTINEL_LOG__LEVEL", "debug"),
        ("SENTINEL_RUN_ID", "42"),
        ("OTHER__THING", "x"),
    ];
    let config = Config::parse(Path::new("sentinel.toml"), TOML, &vars).unwrap();
    assert_eq!(config.agent.listen.to_string(), "127.0.0.1:1");
    assert_eq!(config.agent.max_connections, 16);
    assert_eq!(config.rules.hanging_test.in_test, Duration::from_secs(120));
    assert_eq!(config.rules.failure_spike.share, 0.75);
    assert!(!config.rules.oom_killed.enabled);
    assert_eq!(config.sidecar.dialects, ["auto", "auto"]);
    assert_eq!(config.sidecar.segment_size, 128 << 10);
    assert_eq!(config.store.path, None);
    assert_eq!(config.log.level, LogLevel::Debug);
}

#[test]
fn no_file_is_the_defaults_with_the_environment() {
    let config = Config::load(None, &[("SENTINEL_RUN__MAX_TESTS", "7")]).unwrap();
    assert_eq!(config.run.max_tests, 7);
    assert_eq!(config.agent, Config::default().agent);
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let told = mistakes(
        "etc/sentinel.toml",
        r#"
[agent]
listen = "localhost:7600"
max_connections = 0
max_body = "4MB"
header_timeout = 10

[agnet]
listen = "127.0.0.1:7600"

[store]
commit_interval = "20 ms"
colour = "red"

[rules.failure_spike]
severity = "warn"
share = 1.5

[rules.hanging_tests]
enabled = true

[sidecar]
segmnt_size = "16MiB"
frame_bytes = "2MiB"
dialects = ["auto", "aut", 3]
excerpts = "yes"
agent = "ftp://agent"

[log]
level = "loud"
format = 3

[[pipeline]]
match = { pipelin = "x", branch = "" }
tests = { min = 5, max = 3 }
suites = { unit = 5, api = { mni = 1 } }
required_tags = "smoke"
suite_overdue = "0s"
"#,
    );
    insta::assert_snapshot!(told);
}

#[test]
fn yaml_mistakes_have_their_place_too() {
    let told = mistakes(
        "sentinel.yaml",
        "
agent:
  listen: localhost
  max_conections: 5
rules:
  hanging_test:
    in_test: 10
  failure_spike: off
pipeline:
  tests: { min: 1 }
",
    );
    insta::assert_snapshot!(told);
}

#[test]
fn broken_syntax_is_told_with_its_place() {
    let told = [
        mistakes("a.toml", "[agent\nlisten = 1"),
        mistakes("b.toml", "[agent]\nlisten = \nqueue = = 2\n"),
        mistakes("c.toml", "[log]\nlevel = 'info'\n[log]\n"),
        mistakes("d.toml", "\u{0}\u{1}ELF"),
        mistakes("e.yaml", "agent:\n  listen: [1\nstore: 3\n"),
        mistakes("f.yaml", "agent:\n  queue: 1\n  queue: 2\n"),
        mistakes("g.yaml", "- agent\n"),
        mistakes("h.yaml", "a: 1\n---\nb: 2\n"),
    ]
    .join("\n");
    insta::assert_snapshot!(told);
}

#[test]
fn mistakes_in_the_environment_name_the_variable() {
    let told = mistakes_with(
        "sentinel.toml",
        TOML,
        &[
            ("SENTINEL_AGENT__LISTEM", "127.0.0.1:1"),
            ("SENTINEL_SIDECARS__AGENT", "http://a"),
            ("SENTINEL_RUN__MAX_TESTS", "many"),
            ("SENTINEL_RUN__LOST_AFTER", "8d"),
            ("SENTINEL_PIPELINE__TESTS__MIN", "5"),
            ("SENTINEL_AGENT", "http://reserved-for-the-programs"),
            ("SENTINEL_LOG__LEVEL__X", "5"),
            ("SENTINEL_STORE__", "5"),
        ],
    );
    insta::assert_snapshot!(told);
}

#[test]
fn values_that_contradict_each_other_are_refused() {
    let told = [
        mistakes(
            "a.toml",
            "[sidecar]\nretry_min = \"20s\"\nretry_max = \"10s\"\n",
        ),
        mistakes("b.toml", "[sidecar]\ncapture_cap = \"1MiB\"\n"),
        mistakes_with("c.toml", "", &[("SENTINEL_AGENT__MAX_BODY", "32MiB")]),
        mistakes("d.toml", "[agent]\nrole = \"node\"\n"),
        mistakes("e.toml", "[agent.forward]\nretry_max = \"10ms\"\n"),
        mistakes(
            "f.toml",
            "[webhooks.generic]\nrunning = [\"Error\"]\nrun_id = \"/a\"\n",
        ),
        mistakes("g.toml", "[webhooks.generic]\nstatus = \"build.status\"\n"),
        mistakes("h.toml", "[webhooks.generic]\nstatus = \"/a~2b\"\n"),
    ]
    .join("\n");
    insta::assert_snapshot!(told);
}

#[test]
fn unreadable_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let load = |name: &str, bytes: Option<&[u8]>| {
        let path = folder.path().join(name);
        if let Some(bytes) = bytes {
            std::fs::write(&path, bytes).unwrap();
        }
        let errors = Config::load(Some(&path), &[]).unwrap_err().to_string();
        errors.replace(&folder.path().display().to_string(), "")
    };
    let told = [
        load("absent.toml", None),
        load("binary.toml", Some(b"\xff\xfe\x00")),
        load("huge.toml", Some(&vec![b'#'; (4 << 20) + 1])),
    ]
    .join("\n");
    insta::assert_snapshot!(told);
    assert!(Config::load(Some(folder.path()), &[]).is_err());
}

#[test]
fn mistakes_in_patterns_have_their_place() {
    let text = r#"
[redaction]
off = ["jwt", "jtw"]
values = ["13:xyz"]

[[redaction.patterns]]
name = "badge"
regex = "(x"

[[patterns]]
name = "pytest"
regex = "^(?P<name>x)"
event = "test_pass"

[[patterns]]
name = "rig"
regex = "^(?P<nam>x)"
event = "test_pass"

[[patterns]]
name = "rig"
regex = "^x"
event = "test_passed"

[[patterns]]
regex = "(?P<name>x)(?P<status>y)"
"#;
    insta::assert_snapshot!(mistakes("sentinel.toml", text));
}
