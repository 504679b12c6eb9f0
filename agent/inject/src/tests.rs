//! What is put in, what stays as it was, and what is refused.

use proptest::prelude::*;
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
        host_logs: true,
        image: "registry.example.com/sentinel-sidecar:1".to_owned(),
        agent: AGENT.to_owned(),
        audience: AUDIENCE.to_owned(),
        container: None,
    }
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
        for mode in [Mode::Capture, Mode::Cri] {
            for text in spellings(text) {
                let options = fitting(name, mode);
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
            for list in ["initContainers", "volumes", "volumeMounts"] {
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
        for mode in [Mode::Capture, Mode::Cri] {
            let injected = inject(text, &fitting(name, mode)).unwrap().text;
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

/// A Job in one of many ways to write it.
pub(crate) fn job() -> impl Strategy<Value = String> {
    let extra = prop::sample::subsequence(
        vec!["annotations", "init", "volumes", "mounts", "args"],
        0..=5,
    );
    let order = Just(vec!["metadata", "spec"]).prop_shuffle();
    let keys = Just(vec!["image", "name", "command", "mounts", "args"]).prop_shuffle();
    (extra, order, keys, 0usize..3, 0usize..4, any::<[bool; 4]>()).prop_map(
        |(extra, order, keys, hang, how, [crlf, torn, noisy, metadata])| {
            let has = |what: &str| extra.contains(&what);
            let pad = " ".repeat(hang);
            let mut lines = vec!["apiVersion: batch/v1".to_owned(), "kind: Job".to_owned()];
            lines.extend(["spec:", "  template:"].map(str::to_owned));
            for part in order {
                match part {
                    "metadata" if metadata => {
                        lines.extend(["    metadata:", "      labels: {a: b}"].map(str::to_owned));
                        if has("annotations") {
                            lines.extend(
                                ["      annotations:", "          x: 'y: z'"].map(str::to_owned),
                            );
                        }
                    }
                    "spec" => {
                        lines.push("    spec:".to_owned());
                        if has("volumes") {
                            lines.push("      volumes:".to_owned());
                            lines.push(format!("      {pad}- emptyDir: {{}}"));
                            lines.push(format!("      {pad}  name: data"));
                        }
                        lines.push("      containers:".to_owned());
                        container(&mut lines, &keys, &format!("      {pad}"), how, &has);
                        if has("init") {
                            lines.push("      initContainers:".to_owned());
                            lines.push(format!("      {pad}- name: seed"));
                        }
                    }
                    _ => {}
                }
            }
            if noisy {
                let noise = |(n, line): (usize, String)| match n % 3 {
                    0 => vec![format!("{line} # {n}"), "  # between".to_owned()],
                    1 => vec![line, String::new()],
                    _ => vec![line],
                };
                lines = lines.into_iter().enumerate().flat_map(noise).collect();
            }
            let text = lines.join(if crlf { "\r\n" } else { "\n" });
            if torn {
                text
            } else {
                text + if crlf { "\r\n" } else { "\n" }
            }
        },
    )
}

fn container(
    lines: &mut Vec<String>,
    keys: &[&str],
    pad: &str,
    how: usize,
    has: &dyn Fn(&str) -> bool,
) {
    let mut own: Vec<String> = Vec::new();
    for key in keys {
        match (*key, how) {
            ("mounts", _) if has("mounts") => {
                own.extend(
                    ["volumeMounts:", "- {name: data, mountPath: /data}"].map(str::to_owned),
                );
            }
            ("args", _) if has("args") => own.push("args: [--, \"#\"]".to_owned()),
            ("command", 0) => {
                own.extend(["command:", "  - run", "  - \"--\"", "  - it"].map(str::to_owned));
            }
            ("command", 1) => own.push("command: [ run, '--', it ]".to_owned()),
            ("command", 2) => own.extend(["command: [run,", "    it]"].map(str::to_owned)),
            ("image" | "name", _) => own.push(format!("{key}: tests")),
            _ => {}
        }
    }
    for (n, line) in own.into_iter().enumerate() {
        lines.push(format!("{pad}{} {line}", if n == 0 { "-" } else { " " }));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn however_a_job_is_written_it_is_injected_once_and_given_back(text in job()) {
        for mode in [Mode::Capture, Mode::Cri] {
            let once = inject(&text, &options(mode)).map_err(|note| TestCaseError::fail(format!("{note:?}\n{text}")))?;
            prop_assert_eq!(&inject(&once.text, &options(mode)).unwrap().text, &once.text);
            prop_assert_eq!(&uninject(&once.text).unwrap(), &text);
            prop_assert_eq!(values(&once.text), values(&text));
        }
    }

    #[test]
    fn a_damaged_text_is_given_back_or_refused(
        text in prop::sample::select(FIXTURES), cut in any::<[prop::sample::Index; 2]>(), put in "[-a:{}\\[\\]&*#|>'\" \n\r\té]{0,3}",
    ) {
        let at = cut.map(|at| at.index(text.1.len() + 1));
        let (from, to) = (at[0].min(at[1]), at[0].max(at[1]).min(at[0].min(at[1]) + 9));
        if text.1.is_char_boundary(from) && text.1.is_char_boundary(to) {
            let damaged = format!("{}{put}{}", &text.1[..from], &text.1[to..]);
            if let Ok(injected) = inject(&damaged, &fitting(text.0, Mode::Capture)) {
                prop_assert_eq!(&uninject(&injected.text).unwrap(), &damaged);
            }
        }
    }
}
