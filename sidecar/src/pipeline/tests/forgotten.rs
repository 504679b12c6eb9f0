//! What is told where a reader has not read what stands before the agent's position.

use super::*;

/// What is sent of a stream by one who reads its first `head` bytes and those from `committed` on.
fn forgetful(bytes: &[u8], head: usize, committed: usize) -> Vec<String> {
    let at = committed as u64;
    let mut pipeline = Pipeline::resume(&config(100), Parser::new(), EPOCH, at, 0, 0);
    pipeline.feed(&bytes[..head], 0);
    pipeline.lose(&Lost {
        from: head as u64,
        to: at,
        reason: "rotated_away".to_owned(),
    });
    for byte in &bytes[committed..] {
        pipeline.feed(&[*byte], 0);
    }
    pipeline.finish(&ended(bytes.len()), 0);
    let mut frames = Vec::new();
    drain(&mut pipeline, &mut frames);
    check_tiling(&frames, at, bytes);
    events(&frames)
}

#[test]
fn what_is_missing_before_the_agents_position_is_told_behind_the_first_line_that_may_depend_on_it()
{
    let head = "[----------] 2 tests from A\n[ RUN      ] A.One\n[       OK ] A.One (1 ms)\n";
    let text = format!("{head}[ RUN      ] A.Two\n[       OK ] A.Two (1 ms)\nwords\n");
    let committed = head.len() + 19;
    let told = forgetful(text.as_bytes(), head.len(), committed);
    let gap = format!(
        "0 Gap(Gap {{ from: {}, to: {committed}, reason: \"forgotten\" }})",
        head.len()
    );
    let gaps: Vec<&String> = told.iter().filter(|event| event.ends_with(&gap)).collect();
    assert_eq!(gaps.len(), 1, "{told:?}");
    assert!(gaps[0].starts_with(&format!("{committed}.")), "{told:?}");
    // Without a line to come it is told at the end.
    let told = forgetful(text.as_bytes(), head.len(), text.len());
    assert!(
        told.iter().any(|event| event.contains("forgotten")),
        "{told:?}"
    );
}

#[test]
fn what_is_missing_before_the_agents_position_is_not_told_where_nothing_depends_on_it() {
    let line = |n: u32| {
        format!("{{\"Action\":\"pass\",\"Package\":\"p\",\"Test\":\"Test{n}\",\"Elapsed\":0}}\n")
    };
    let text: String = (1..9).map(line).collect();
    let told = forgetful(text.as_bytes(), line(1).len(), line(1).len() * 4);
    assert!(!told.iter().any(|event| event.contains("Gap")), "{told:?}");
}

#[test]
fn a_beginning_that_is_missing_before_any_line_was_read_is_told_where_nothing_is_recognised() {
    let head = "===== test session starts =====\ncollected 2 items\n\na.py::test_a PASSED [ 50%]\n";
    let text = format!("{head}a.py::test_b PASSED [100%]\n");
    let told = forgetful(text.as_bytes(), 0, head.len());
    let gap = format!(
        "0 Gap(Gap {{ from: 0, to: {}, reason: \"forgotten\" }})",
        head.len()
    );
    let gaps = told.iter().filter(|event| event.ends_with(&gap)).count();
    assert_eq!(gaps, 1, "{told:?}");
}
