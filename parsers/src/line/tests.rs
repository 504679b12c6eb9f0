//! The splitter against the obvious splitter, and visible text as a table.

use proptest::prelude::*;

use super::*;

/// A line as tests compare it.
type Got = (Vec<u8>, u64, u64, u64, bool);

fn split(chunks: &[&[u8]]) -> Vec<Got> {
    let mut got = Vec::new();
    let mut splitter = LineSplitter::new();
    let mut take = |l: RawLine<'_>| {
        got.push((l.bytes.to_vec(), l.offset, l.number, l.cut, l.terminated));
    };
    for chunk in chunks {
        splitter.feed(chunk, &mut take);
    }
    splitter.finish(&mut take);
    assert_eq!(
        splitter.position(),
        chunks.iter().map(|c| c.len() as u64).sum::<u64>()
    );
    got
}

/// The oracle: all bytes at once, no cap in sight of these inputs.
fn naive(bytes: &[u8]) -> Vec<Got> {
    let mut got = Vec::new();
    let mut offset = 0;
    for (i, piece) in bytes.split_inclusive(|b| *b == b'\n').enumerate() {
        let line = piece.strip_suffix(b"\n").unwrap_or(piece);
        got.push((
            line.to_vec(),
            offset,
            i as u64 + 1,
            0,
            piece.ends_with(b"\n"),
        ));
        offset += piece.len() as u64;
    }
    got
}

proptest! {
    #[test]
    fn any_chunking_gives_the_lines_of_the_naive_splitter(
        bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..400),
        cuts in proptest::collection::vec(1_usize..40, 1..40),
    ) {
        let mut chunks = Vec::new();
        let mut rest = &bytes[..];
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (head, tail) = rest.split_at((*cut).min(rest.len()));
            chunks.push(head);
            rest = tail;
        }
        prop_assert_eq!(split(&chunks), naive(&bytes));
    }

    #[test]
    fn visible_text_has_no_escape_and_no_return(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let text = visible(&bytes);
        let hidden = text.contains(['\u{1b}', '\r']);
        prop_assert!(!hidden, "{text:?}");
    }
}

#[test]
fn a_line_over_the_cap_keeps_its_head_and_the_next_line_is_intact() {
    let mut bytes = vec![b'x'; LINE_CAP + 10];
    bytes.extend_from_slice(b"\nnext\n");
    for chunk in [7, 1000, bytes.len()] {
        let chunks: Vec<&[u8]> = bytes.chunks(chunk).collect();
        let got = split(&chunks);
        assert_eq!((got[0].0.len(), got[0].3), (LINE_CAP, 10));
        assert_eq!(got[1], (b"next".to_vec(), LINE_CAP as u64 + 11, 2, 0, true));
    }
}

#[test]
fn a_last_line_without_line_feed_is_a_line() {
    assert_eq!(split(&[b"a\nb"])[1], (b"b".to_vec(), 2, 2, 0, false));
}

#[test]
fn visible_text_is_what_a_terminal_would_leave() {
    for (raw, seen) in [
        (&b"plain"[..], "plain"),
        (b"crlf\r", "crlf"),
        (b"10%\r50%\rdone", "done"),
        (b"\x1b[1;31mFAILED\x1b[0m x", "FAILED x"),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x07", "link"),
        (b"\x1b(Bok", "ok"),
        (b"\xef\xbb\xbfbom", "bom"),
        (b"bad \xff utf", "bad \u{fffd} utf"),
        (b"  test 1/9\x1b[2G\x1b[31m\x1b[1G ok\x1b[K", " ok"),
        (b"\x1b[2K\x1b[Gdone\x1b[1G\x1b[0m", "done"),
        (b"cut \x1b[3", "cut "),
        (b"\x1b", ""),
    ] {
        assert_eq!(visible(raw), seen, "{raw:?}");
    }
}

#[test]
fn a_loss_drops_the_pending_line_and_keeps_count() {
    let mut got = Vec::new();
    let mut splitter = LineSplitter::new();
    splitter.feed(b"one\nhalf", &mut |l| got.push((l.offset, l.number)));
    splitter.skip_to(100);
    assert_eq!((splitter.position(), splitter.read()), (100, 100));
    splitter.feed(b"two\n", &mut |l| got.push((l.offset, l.number)));
    assert_eq!(got, [(0, 1), (100, 2)]);
}

#[test]
fn a_report_in_one_line_is_kept_whole_however_it_is_cut() {
    let mut report = b"<?xml version=\"1.0\"?><testsuites>".to_vec();
    report.extend_from_slice(&b"<testcase name=\"a\"/>".repeat(10_000));
    report.push(b'\n');
    // Miri would take an hour for small ones.
    let small = if cfg!(miri) { 1009 } else { 1 };
    for chunk in [small, 7 * small, 4096, report.len()] {
        let (mut splitter, mut lengths) = (LineSplitter::new(), Vec::new());
        for piece in report.chunks(chunk) {
            splitter.feed(piece, &mut |line| {
                lengths.push((line.bytes.len(), line.cut));
            });
        }
        assert_eq!(lengths, [(report.len() - 1, 0)], "in chunks of {chunk}");
    }
}
