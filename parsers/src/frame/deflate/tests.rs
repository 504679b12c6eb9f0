//! What is written in blocks inflates to what it was.

use std::io::Read;

use flate2::bufread::DeflateDecoder;
use proptest::prelude::*;

use super::*;

fn inflated(columns: &[Vec<u8>]) -> Vec<u8> {
    let mut blocks = Blocks::behind(Vec::new());
    columns.iter().for_each(|column| blocks.add(column));
    let mut bytes = blocks.aligned();
    // An empty last block.
    bytes.extend_from_slice(&[1, 0, 0, 255, 255]);
    let mut inflated = Vec::new();
    let mut decoder = DeflateDecoder::new(&bytes[..]);
    decoder.read_to_end(&mut inflated).unwrap();
    assert!(decoder.into_inner().is_empty());
    inflated
}

#[test]
fn runs_of_any_length_inflate_to_themselves() {
    for length in (0..600).chain([65_534, 65_535, 65_536, 200_000]) {
        let column = [b"ab".as_slice(), &vec![7; length], b"c"].concat();
        assert_eq!(inflated(std::slice::from_ref(&column)), column, "{length}");
    }
}

#[test]
fn all_lengths_of_runs_at_once_inflate_to_themselves() {
    let runs = (1..=300).flat_map(|n| std::iter::repeat_n((n % 251) as u8, n));
    let column: Vec<u8> = runs.collect();
    assert_eq!(inflated(std::slice::from_ref(&column)), column);
}

#[test]
fn the_rarest_byte_gets_a_code_however_rare() {
    // How often they occur grows as Fibonacci's numbers do, which makes the longest codes there are.
    let (mut a, mut b) = (1, 1);
    let mut column = Vec::new();
    for byte in 0..26 {
        column.extend(std::iter::repeat_n([byte, byte + 100], a).flatten());
        (a, b) = (b, a + b);
    }
    assert_eq!(inflated(std::slice::from_ref(&column)), column);
}

#[test]
fn what_codes_do_not_shrink_is_stored() {
    let column: Vec<u8> = (0..=255).collect();
    let mut blocks = Blocks::behind(Vec::new());
    blocks.add(&column);
    assert_eq!(blocks.aligned().len(), 5 + 256 + 5);
    assert_eq!(
        inflated(&[column.clone(), column.clone()]),
        column.repeat(2)
    );
}

proptest! {
    #[test]
    fn columns_inflate_to_themselves(
        columns in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..2_000),
                prop::collection::vec(0u8..4, 0..2_000),
                prop::collection::vec((0u8..3, 1usize..300), 0..20).prop_map(|runs| {
                    runs.into_iter().flat_map(|(b, n)| std::iter::repeat_n(b, n)).collect()
                }),
            ],
            0..6,
        )
    ) {
        prop_assert_eq!(inflated(&columns), columns.concat());
    }
}
