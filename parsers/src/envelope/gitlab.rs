//! Logs of GitLab CI: `section_start:<time>:<name>` and `section_end:...`, overwritten by the text
//! that follows on the line (<https://docs.gitlab.com/ci/jobs/job_logs/>).

use super::{EnvelopeInfo, Look, Peeled};

pub(super) const INFO: EnvelopeInfo = EnvelopeInfo {
    id: "gitlab",
    begins: |b| b == b's',
    peel,
    from_start: true,
    run: 1,
    logger: false,
    marked: false,
};

fn peel<'a>(look: &Look<'a>) -> Option<Peeled<'a>> {
    let line = look.text;
    let rest = line
        .strip_prefix(b"section_start:")
        .or_else(|| line.strip_prefix(b"section_end:"))?;
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    if !(1..=12).contains(&digits) || rest.get(digits) != Some(&b':') {
        return None;
    }
    let seconds = rest[..digits]
        .iter()
        .fold(0, |n, b| n * 10 + i64::from(b - b'0'));
    let end = memchr::memmem::find(rest, b"\r\x1b[0K")?;
    Some(Peeled {
        time_ms: Some(seconds * 1000),
        ..Peeled::new(&rest[end + 5..], true)
    })
}
