//! Whatever the API server knows at a time, what is shown is vouched for by it.

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

use super::*;

const NAME: &str = "sentinel-injector.sentinel.svc";
const START: Millis = 1_700_000_000_000;
const DAY: Millis = 86_400_000;

fn rotation(life: Millis) -> Rotation {
    let life = Duration::from_millis(u64::try_from(life).unwrap());
    Rotation::new(NAME, life, START).unwrap()
}

/// Whether somebody who knows these roots believes what is shown, at that time and under that name.
fn believes(roots: &str, rotation: &Rotation, now: Millis, name: &'static str) -> bool {
    let mut store = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(roots.as_bytes()) {
        store.add(root.unwrap()).unwrap();
    }
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider);
    let shown = Arc::clone(&rotation.shown.0.read().unwrap());
    let now = UnixTime::since_unix_epoch(Duration::from_millis(u64::try_from(now).unwrap()));
    let name = ServerName::try_from(name).unwrap();
    let verifier = verifier.build().unwrap();
    verifier
        .verify_server_cert(&shown.cert[0], &[], &name, &[], now)
        .is_ok()
}

#[test]
fn a_certificate_is_good_for_its_name_and_its_time_and_roots_of_others_do_not_vouch_for_it() {
    let (ours, other) = (rotation(DAY), rotation(DAY));
    let roots = ours.roots();
    assert!(believes(&roots, &ours, START, NAME));
    assert!(believes(&roots, &ours, START - SKEW, NAME), "clocks differ");
    assert!(!believes(&roots, &ours, START + DAY + 1_000, NAME));
    assert!(!believes(
        &roots,
        &ours,
        START,
        "sentinel-injector.other.svc"
    ));
    assert!(!believes(&other.roots(), &ours, START, NAME));
}

#[test]
fn the_next_certificate_is_shown_once_its_root_is_known_for_a_minute() {
    let mut rotation = rotation(30 * DAY);
    let first = rotation.roots();
    assert!(!rotation.turn(START + 20 * DAY - 1).unwrap());
    assert_eq!(rotation.roots(), first);
    let due = START + 20 * DAY;
    assert!(!rotation.turn(due).unwrap());
    let both = rotation.roots();
    assert!(both.ends_with(&first) && both.len() > first.len());
    // Nobody knows it yet, however long that takes.
    assert!(!rotation.turn(due + DAY).unwrap());
    rotation.known(&first, due + DAY);
    assert!(!rotation.turn(due + 2 * DAY).unwrap());
    rotation.known(&both, due + 2 * DAY);
    assert!(!rotation.turn(due + 2 * DAY + SETTLE - 1).unwrap());
    rotation.known(&both, due + 2 * DAY + SETTLE - 1);
    assert!(rotation.turn(due + 2 * DAY + SETTLE).unwrap());
    let second = rotation.roots();
    assert_eq!(format!("{second}{first}"), both);
    assert_eq!(rotation.until(), due + 30 * DAY);
}

#[test]
fn through_a_year_with_the_api_server_away_now_and_then_it_always_believes_what_is_shown() {
    let mut rotation = rotation(9 * DAY);
    let mut known = rotation.roots();
    let (mut now, mut shown) = (START, 0);
    while now < START + 365 * DAY {
        shown += usize::from(rotation.turn(now).unwrap());
        // Two days of ten it is away.
        let away = now / DAY % 10 >= 8;
        if !away {
            known = rotation.roots();
            rotation.known(&known, now);
        }
        assert!(
            believes(&known, &rotation, now, NAME),
            "day {}",
            (now - START) / DAY
        );
        now += DAY / 24;
    }
    assert!(shown >= 365 / 9, "{shown}");
}

#[test]
fn after_an_absence_longer_than_certificates_are_good_for_one_is_shown_that_is_good() {
    let mut rotation = rotation(9 * DAY);
    for day in 0..40 {
        rotation.turn(START + day * DAY).unwrap();
    }
    let back = START + 40 * DAY;
    let roots = rotation.roots();
    rotation.known(&roots, back);
    assert!(rotation.turn(back + SETTLE).unwrap());
    assert!(believes(&roots, &rotation, back + SETTLE, NAME));
}
