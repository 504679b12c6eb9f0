//! T12: lines of a container's runtime in pieces, two streams in turn, times that are wrong.

use proptest::prelude::*;

use crate::told;

/// A line as containerd writes it.
fn cri(time: &str, stream: &str, tag: char, text: &str) -> String {
    format!("{time} {stream} {tag} {text}\n")
}

/// A piece's way into the log.
#[derive(Clone, Debug)]
struct Piece {
    length: usize,
    other_first: bool,
    time: &'static str,
}

fn piece() -> impl Strategy<Value = Piece> {
    let time = prop_oneof![
        Just("2026-11-26T12:00:00.123456789Z"),
        // Going back, far away, with an offset.
        Just("2026-11-26T11:59:59.9Z"),
        Just("1999-01-01T00:00:00Z"),
        Just("2038-01-19T03:14:08.000000001+02:00"),
    ];
    (1..25usize, any::<bool>(), time).prop_map(|(length, other_first, time)| Piece {
        length,
        other_first,
        time,
    })
}

/// The lines of both streams cut and mixed; those of a stream stay in order.
fn mixed(streams: [(&str, &[String]); 2], pieces: &[Piece], last_is_cut: bool) -> String {
    let mut pieces = pieces.iter().cycle();
    let queues = streams.map(|(name, lines)| {
        let mut queue = Vec::new();
        for (n, line) in lines.iter().enumerate() {
            let mut rest = &line[..];
            while !rest.is_empty() {
                let piece = pieces.next().unwrap();
                let (head, tail) = rest.split_at(piece.length.min(rest.len()));
                rest = tail;
                let ends = rest.is_empty() && !(last_is_cut && n + 1 == lines.len());
                let tag = if ends { 'F' } else { 'P' };
                queue.push((piece.other_first, cri(piece.time, name, tag, head)));
            }
        }
        queue
    });
    let [mut a, mut b] = queues.map(|queue| queue.into_iter().peekable());
    let mut log = String::new();
    loop {
        let from_b = match (a.peek(), b.peek()) {
            (None, None) => return log,
            (None, _) => true,
            (_, None) => false,
            (Some((other_first, _)), _) => *other_first,
        };
        let next = if from_b { b.next() } else { a.next() };
        let (_, line) = next.unwrap();
        log.push_str(&line);
        // Whoever let the other one go first goes next.
        if from_b && let Some((_, line)) = a.next() {
            log.push_str(&line);
        }
    }
}

fn results(stream: &str, tests: usize) -> Vec<String> {
    (0..tests)
        .map(|n| format!("TEST_FAIL name={stream}_{n} reason=\"expected {n}\""))
        .collect()
}

fn sorted(mut events: Vec<String>) -> Vec<String> {
    events.sort();
    events
}

proptest! {
    #[test]
    fn t12_pieces_of_two_streams_in_turn_are_the_lines_of_each(
        tests in 1..12usize,
        pieces in prop::collection::vec(piece(), 1..60),
        last_is_cut in any::<bool>(),
    ) {
        let (out, err) = (results("out", tests), results("err", tests));
        let log = mixed([("stdout", &out), ("stderr", &err)], &pieces, last_is_cut);
        let whole = [out, err].concat().join("\n");
        // A line that was never ended is told at the end.
        prop_assert_eq!(sorted(told(log.as_bytes())), sorted(told(whole.as_bytes())), "{}", log);
    }
}

#[test]
fn t12_a_time_that_is_none_makes_a_line_of_its_own_and_no_other_suffers() {
    let good = "2026-11-26T12:00:00Z";
    let log = [
        cri(good, "stdout", 'F', "TEST_PASS name=a"),
        cri(good, "stdout", 'P', "TEST_PASS na"),
        cri("2026-99-99T99:99:99Z", "stdout", 'F', "me=b"),
        cri("yesterday", "stdout", 'F', "TEST_FAIL name=never"),
        cri(good, "stdout", 'F', "TEST_PASS name=c"),
    ]
    .concat();
    let events = told(log.as_bytes());
    for name in ["a", "b", "c"] {
        let name = format!("\"{name}\"");
        let such = events.iter().filter(|e| e.contains(&name));
        assert_eq!(such.count(), 1, "{name}: {events:?}");
    }
}

#[test]
fn t12_pieces_that_never_end_keep_their_head_and_the_next_line_is_whole() {
    let piece = cri("2026-11-26T12:00:00Z", "stdout", 'P', &"x".repeat(16_000));
    let mut log = cri(
        "2026-11-26T12:00:00Z",
        "stdout",
        'P',
        "TEST_PASS name=head reason=",
    );
    for _ in 0..200 {
        log.push_str(&piece);
    }
    log.push_str(&cri("2026-11-26T12:00:00Z", "stdout", 'F', "end"));
    log.push_str(&cri(
        "2026-11-26T12:00:00Z",
        "stdout",
        'F',
        "TEST_PASS name=next",
    ));
    let events = told(log.as_bytes());
    assert_eq!(events.len(), 2, "{}", events.len());
    assert!(events[0].contains("\"head\"") && events[1].contains("\"next\""));
    assert!(events[0].len() < 70_000, "{}", events[0].len());
}
