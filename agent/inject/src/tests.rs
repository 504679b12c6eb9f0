//! What is put in, what stays as it was, and what is refused.

pub(crate) mod written;

use serde_json::Value;

use super::*;

pub(crate) const FIXTURES: &[(&str, &str)] = &[
    ("job", include_str!("fixtures/job.yaml")),
    ("cronjob", include_str!("fixtures/cronjob.yaml")),
    ("several", include_str!("fixtures/several.yaml")),
    ("pod", include_str!("fixtures/pod.yaml")),
    ("deployment", include_str!("fixtures/deployment.yaml")),
    ("no_command", include_str!("fixtures/no_command.yaml")),
    (
        "two_containers",
        include_str!("fixtures/two_containers.yaml"),
    ),
];

pub(crate) fn options(mode: Mode) -> Options {
    Options {
        mode,
        sidecar: Sidecar::Native,
        host_logs: true,
        image: "registry.example.com/sentinel-sidecar:1".to_owned(),
        agent: AGENT.to_owned(),
        audience: AUDIENCE.to_owned(),
        container: None,
    }
}

/// All ways to inject a fixture. One without a command has none to be watched by an ordinary container.
pub(crate) fn ways(name: &str) -> Vec<Options> {
    let mut ways = vec![fitting(name, Mode::Capture), fitting(name, Mode::Cri)];
    if name != "no_command" {
        ways.push(Options {
            sidecar: Sidecar::Container,
            ..fitting(name, Mode::Capture)
        });
    }
    ways
}

/// The options with which a fixture can be injected.
pub(crate) fn fitting(name: &str, mode: Mode) -> Options {
    Options {
        container: (name == "two_containers").then(|| "tests".to_owned()),
        ..options(mode)
    }
}

pub(crate) fn fixture(name: &str) -> &'static str {
    let found = FIXTURES.iter().find(|(known, _)| *known == name);
    found.expect("the fixture is in the list").1
}

/// The text injected, with the notes as people see them above it.
fn shown(text: &str, options: &Options) -> String {
    match inject(text, options) {
        Ok(injected) => {
            let notes = injected.notes.iter();
            let notes: String = notes
                .map(|n| format!("note {}: {}\n", n.line, n.what))
                .collect();
            format!("{notes}{}", injected.text)
        }
        Err(note) => format!("{}: {}", note.line, note.what),
    }
}

/// A text as others write it: with other line ends, or without the last one.
fn spellings(text: &str) -> [String; 3] {
    let torn = text.trim_end_matches("---\n").trim_end().to_owned();
    [text.to_owned(), text.replace('\n', "\r\n"), torn]
}

#[test]
fn each_fixture_injected() {
    for (name, text) in FIXTURES {
        insta::assert_snapshot!(*name, shown(text, &fitting(name, Mode::Capture)));
    }
    insta::assert_snapshot!("job_cri", shown(fixture("job"), &options(Mode::Cri)));
}

#[test]
fn injecting_twice_is_injecting_once_and_uninjecting_gives_the_original_back() {
    for (name, text) in FIXTURES {
        for options in ways(name) {
            for text in spellings(text) {
                let once = inject(&text, &options).unwrap().text;
                assert_ne!(once, text, "{name}");
                assert_eq!(inject(&once, &options).unwrap().text, once, "{name}");
                assert_eq!(uninject(&once).unwrap(), text, "{name}");
                assert_eq!(uninject(&text).unwrap(), text, "{name}");
            }
        }
    }
}

#[test]
fn other_options_bring_what_was_injected_up_to_date() {
    let capture = inject(fixture("job"), &options(Mode::Capture))
        .unwrap()
        .text;
    let cri = inject(&capture, &options(Mode::Cri)).unwrap().text;
    assert_eq!(
        cri,
        inject(fixture("job"), &options(Mode::Cri)).unwrap().text
    );
}

#[test]
fn only_lines_are_added_and_words_before_a_command_in_brackets() {
    for (name, text) in FIXTURES {
        for text in spellings(text) {
            let injected = inject(&text, &fitting(name, Mode::Capture)).unwrap().text;
            let words: String = pieces::wrapper().map(|w| format!("\"{w}\", ")).concat();
            let mut original = text
                .split('\n')
                .map(|l| l.trim_end_matches('\r'))
                .peekable();
            for line in injected.split('\n') {
                let line = line.trim_end_matches('\r').replacen(&words, "", 1);
                original.next_if(|next| *next == line);
            }
            assert_eq!(original.next(), None, "{name}");
        }
    }
}

/// The indented blocks of a document that begin with a word.
fn examples(document: &str, word: &str) -> Vec<String> {
    let mut blocks = vec![String::new()];
    for line in document.lines() {
        match line.strip_prefix("    ") {
            Some(line) => *blocks.last_mut().unwrap() += &format!("{line}\n"),
            None => blocks.push(String::new()),
        }
    }
    blocks.retain(|block| block.starts_with(word));
    blocks
}

#[test]
fn the_documented_example_is_what_comes_out() {
    let document = include_str!("../../../docs/injecting.md");
    let examples = examples(document, "apiVersion:");
    let [before, after] = &examples[..] else {
        panic!("{} examples", examples.len());
    };
    let options = Options {
        image: IMAGE.to_owned(),
        ..options(Mode::Capture)
    };
    assert_eq!(&inject(before, &options).unwrap().text, after);
}

/// Takes out of a pod's parts what is documented to be put in, and nothing else.
fn strip(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.remove("run-sentinel.dev/injected");
            let ours = [
                "sentinel-install",
                "sentinel-sidecar",
                "sentinel",
                "sentinel-pod-logs",
                "sentinel-token",
            ];
            for list in ["initContainers", "containers", "volumes", "volumeMounts"] {
                if let Some(Value::Array(items)) = map.get_mut(list) {
                    items.retain(|item| !ours.contains(&item["name"].as_str().unwrap_or("")));
                }
            }
            if let Some(Value::Array(command)) = map.get_mut("command")
                && command.first().is_some_and(|word| word == pieces::PROGRAM)
            {
                command.drain(..pieces::wrapper().len());
            }
            map.values_mut().for_each(strip);
            map.retain(|_, value| {
                *value != Value::Array(vec![]) && *value != serde_json::json!({})
            });
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

fn values(text: &str) -> Vec<Value> {
    let mut values: Vec<Value> = serde_saphyr::from_multiple(text).unwrap();
    values.iter_mut().for_each(strip);
    values
}

#[test]
fn what_the_yaml_means_differs_by_what_is_documented_and_nothing_else() {
    for (name, text) in FIXTURES {
        for options in ways(name) {
            let injected = inject(text, &options).unwrap().text;
            assert_eq!(values(&injected), values(text), "{name}");
        }
    }
}

#[test]
fn our_containers_have_no_rights_and_little_memory() {
    for (name, text) in FIXTURES {
        for mode in [Mode::Capture, Mode::Cri] {
            let injected = inject(text, &fitting(name, mode)).unwrap().text;
            let documents: Vec<Value> = serde_saphyr::from_multiple(&injected).unwrap();
            let pods = documents.iter().filter_map(pod).collect::<Vec<_>>();
            assert!(!pods.is_empty(), "{name}");
            for pod in pods {
                check_ours(pod);
            }
        }
    }
}

/// The pod's spec of an object, if it was injected.
fn pod(object: &Value) -> Option<&Value> {
    let paths = [
        "/spec/jobTemplate/spec/template/spec",
        "/spec/template/spec",
        "/spec",
    ];
    let specs = paths.iter().filter_map(|path| object.pointer(path));
    specs
        .into_iter()
        .find(|spec| !spec["initContainers"].is_null())
}

fn check_ours(pod: &Value) {
    let items = |list: &Value| list.as_array().cloned().unwrap_or_default();
    let ours: Vec<Value> = items(&pod["initContainers"])
        .into_iter()
        .filter(|c| {
            c["name"]
                .as_str()
                .is_some_and(|n| n.starts_with("sentinel-"))
        })
        .collect();
    assert_eq!(ours.last().unwrap()["restartPolicy"], "Always");
    let volumes = items(&pod["volumes"]);
    for container in ours {
        let security = &container["securityContext"];
        assert_eq!(security["runAsNonRoot"], true);
        assert_eq!(security["readOnlyRootFilesystem"], true);
        assert_eq!(security["allowPrivilegeEscalation"], false);
        assert_eq!(security["capabilities"]["drop"][0], "ALL");
        assert_eq!(security["seccompProfile"]["type"], "RuntimeDefault");
        assert!(container["resources"]["limits"]["memory"].is_string());
        for mount in items(&container["volumeMounts"]) {
            let volume = volumes.iter().find(|v| v["name"] == mount["name"]).unwrap();
            let shared = !volume["emptyDir"].is_null();
            assert_eq!(mount["readOnly"] == true, !shared, "{mount}");
        }
    }
    let everybody = [&pod["initContainers"], &pod["containers"]].map(items);
    let holds = |mount: &Value| mount["name"] == "sentinel-token";
    let holders = everybody.iter().flatten();
    let holders = holders.filter(|c| items(&c["volumeMounts"]).iter().any(holds));
    let holders: Vec<&Value> = holders.map(|c| &c["name"]).collect();
    assert_eq!(holders, ["sentinel-sidecar"], "nobody else has the token");
}

#[test]
fn what_cannot_be_edited_is_refused_with_its_place_and_what_to_do() {
    let job = fixture("deployment");
    let with = |from: &str, to: &str| {
        assert!(job.contains(from), "{from}");
        shown(&job.replace(from, to), &options(Mode::Capture))
    };
    let both = "      - {name: other}\n      - command:";
    let all = [
        shown(fixture("two_containers"), &options(Mode::Capture)),
        shown(
            fixture("job"),
            &Options {
                container: Some("test".to_owned()),
                ..options(Mode::Capture)
            },
        ),
        shown(
            r#"{"apiVersion": "batch/v1", "kind": "Job", "spec": {}}"#,
            &options(Mode::Capture),
        ),
        shown(
            "apiVersion: v1\nkind: Pod\nspec: [",
            &options(Mode::Capture),
        ),
        shown("apiVersion: v1\nkind: Pod\n", &options(Mode::Capture)),
        with("      containers:", "      volumes: []\n      containers:"),
        with(
            "      containers:",
            "      initContainers:\n      containers:",
        ),
        with("      containers:", "      containers: &all"),
        with(
            "      - command:",
            "      - <<: {tty: false}\n        command:",
        ),
        with(
            "      containers:",
            "      volumes:\n      - name: sentinel\n      containers:",
        ),
        with(
            "        name: k6",
            "        name: k6\n        volumeMounts:\n        - {name: x, mountPath: /sentinel/}",
        ),
        with("      - command:", both),
        with("        name: k6\n", ""),
        with("      - command:", "      -\n        command:"),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn a_command_that_needs_a_terminal_or_is_not_there_is_read_from_the_nodes_log() {
    let terminal =
        fixture("deployment").replace("        name: k6", "        name: k6\n        tty: true");
    for text in [&*terminal, fixture("no_command")] {
        let injected = inject(text, &options(Mode::Capture)).unwrap();
        assert_eq!(injected.notes.len(), 1);
        assert!(injected.text.contains("run-sentinel.dev/injected: cri\n"));
        assert!(!injected.text.contains(pieces::PROGRAM));
    }
}

#[test]
fn the_nodes_address_is_known_to_the_sidecar_where_the_agents_needs_it() {
    let agent = format!("http://{}:7600", NODE_IP);
    let options = Options {
        agent,
        ..options(Mode::Capture)
    };
    let injected = inject(fixture("job"), &options).unwrap().text;
    let ip = injected.find("name: SENTINEL_NODE_IP").unwrap();
    let used = injected
        .find("value: http://$(SENTINEL_NODE_IP):7600")
        .unwrap();
    assert!(ip < used, "a variable must stand before those that use it");
}
