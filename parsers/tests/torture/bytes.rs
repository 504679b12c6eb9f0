//! T10 and T11: what is not text, and escapes of terminals.

use proptest::prelude::*;
use sentinel_parsers::Parser;

use crate::told;

/// Results, some of them in a format that is not Sentinel's own.
const LOG: &str = "TEST_START name=a suite=s\nTEST_PASS name=a suite=s duration=1.5s\n\
                   some words\nTEST_FAIL name=b reason=\"expected 2\"\nTEST_SKIP name=c\n";

#[test]
fn t10_text_that_a_terminal_overwrote_is_no_marker_and_what_is_no_text_is_none_of_our_business() {
    let plain = told(LOG.as_bytes());
    assert_eq!(plain.len(), 4);
    let crlf = LOG.replace('\n', "\r\n");
    assert_eq!(told(crlf.as_bytes()), plain, "line ends of Windows");
    let bom = [b"\xef\xbb\xbf", LOG.as_bytes()].concat();
    assert_eq!(told(&bom), plain, "a byte order mark");
    let bar = LOG.replace("TEST_PASS", "TEST_FAIL name=x\r 50%\rTEST_PASS");
    assert_eq!(told(bar.as_bytes()), plain, "a progress bar");
    assert!(told(b"TEST_FAIL name=x\r 99% of everything is done\n").is_empty());
    // Between the lines whatever there is, NULs and bytes of no encoding included.
    let noise: Vec<u8> = (0..=255u8).filter(|b| *b != b'\n').chain([b'\n']).collect();
    let lines = LOG.as_bytes().split_inclusive(|b| *b == b'\n');
    let mixed: Vec<u8> = lines.flat_map(|line| [&noise[..], line].concat()).collect();
    assert_eq!(told(&mixed), plain, "noise");
    for order in [u16::to_le_bytes, u16::to_be_bytes] {
        let wide: Vec<u8> = LOG.encode_utf16().flat_map(order).collect();
        assert!(told(&wide).is_empty(), "UTF-16 is not read");
        let with_mark: Vec<u8> = order(0xfeff).into_iter().chain(wide).collect();
        assert!(told(&with_mark).is_empty(), "UTF-16 is not read");
    }
}

#[test]
fn t10_the_place_of_an_event_is_that_of_its_raw_bytes() {
    let log =
        b"\xff\xfe\0junk\r\n\xef\xbb\xbfTEST_PASS name=\xe4\xf6\r\nmore\x1b[0m\nTEST_FAIL name=b\n";
    let mut places = Vec::new();
    let mut parser = Parser::new();
    parser.feed(log, &mut |e| {
        places.push(usize::try_from(e.offset).unwrap());
    });
    assert_eq!(places.len(), 2);
    let raw: Vec<&[u8]> = places
        .iter()
        .map(|at| log[*at..].split_inclusive(|b| *b == b'\n').next().unwrap())
        .collect();
    assert_eq!(raw[0], b"\xef\xbb\xbfTEST_PASS name=\xe4\xf6\r\n");
    assert_eq!(raw[1], b"TEST_FAIL name=b\n");
}

/// Escapes that leave the text as it is.
fn escape() -> impl Strategy<Value = String> {
    prop_oneof![
        "\x1b\\[[0-9]{1,3}(;[0-9]{1,3}){0,4}m",
        Just("\x1b[0m".to_owned()),
        Just("\x1b[K".to_owned()),
        Just("\x1b(B".to_owned()),
        "\x1b\\]8;;http://[a-z]{1,9}\x1b\\\\",
        "\x1b\\]0;[a-z ]{0,9}\x07",
        "\x1b\\[\\?[0-9]{1,4}[hl]",
    ]
}

proptest! {
    #[test]
    fn t11_escapes_inside_and_around_markers_change_nothing(
        escapes in prop::collection::vec((0..LOG.len(), escape()), 0..40),
    ) {
        let mut log = String::new();
        for (at, char) in LOG.char_indices() {
            // At most one in a place, or one could be put inside another.
            if let Some((_, escape)) = escapes.iter().find(|(place, _)| *place == at) {
                log.push_str(escape);
            }
            log.push(char);
        }
        prop_assert_eq!(told(log.as_bytes()), told(LOG.as_bytes()), "{}", log.escape_debug());
    }
}
