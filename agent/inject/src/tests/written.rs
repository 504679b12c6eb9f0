//! Jobs in many ways to write them, and damaged texts: injected once and given back, or refused.

use proptest::prelude::*;

use super::{FIXTURES, fitting, values, ways};
use crate::{Mode, Options, inject, uninject};

/// All ways to inject such a Job.
pub(crate) fn ways_of(text: &str) -> Vec<Options> {
    ways(if text.contains("command:") {
        "job"
    } else {
        "no_command"
    })
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
        for options in ways_of(&text) {
            let once = inject(&text, &options).map_err(|note| TestCaseError::fail(format!("{note:?}\n{text}")))?;
            prop_assert_eq!(&inject(&once.text, &options).unwrap().text, &once.text);
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
