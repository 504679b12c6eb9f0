//! Logs of GitHub Actions: a time with seven digits of a second before each line, and the runner's
//! own words `##[group]`, `##[error]`, `::error ...::`
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>).

use super::{EnvelopeInfo, Look, Peeled};

pub(super) const INFO: EnvelopeInfo = EnvelopeInfo {
    id: "github_actions",
    begins: |b| b.is_ascii_digit(),
    peel,
    from_start: true,
    run: 1,
    logger: false,
    marked: false,
};

const COMMANDS: [&[u8]; 8] = [
    b"error",
    b"warning",
    b"notice",
    b"debug",
    b"group",
    b"endgroup",
    b"add-mask",
    b"stop-commands",
];

fn peel<'a>(look: &Look<'a>) -> Option<Peeled<'a>> {
    let stamp = look.stamp().filter(|s| s.strict && s.digits == 7)?;
    let text = look.text[stamp.length..].strip_prefix(b" ")?;
    Some(Peeled {
        time_ms: stamp.ms,
        own: text.starts_with(b"##[") || is_command(text),
        ..Peeled::new(text, true)
    })
}

/// Whether it is `::command parameters::text`.
fn is_command(text: &[u8]) -> bool {
    text.strip_prefix(b"::").is_some_and(|rest| {
        COMMANDS.iter().any(|word| {
            let after = rest.strip_prefix(*word);
            after.is_some_and(|a| a.starts_with(b"::") || a.starts_with(b" "))
        })
    })
}
