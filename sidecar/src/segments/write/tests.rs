//! The writer on a disk that refuses: what is kept and what is lost together are the stream.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;

use proptest::prelude::*;

use super::*;
use crate::segments::{Lost, Spent};

#[derive(Debug, Default)]
struct State {
    segments: BTreeMap<u64, Vec<u8>>,
    removed: Vec<u64>,
    acked: u64,
    /// Bytes that others take, and segments that are to stay.
    beside: u64,
    kept: Vec<u64>,
    /// Bytes the disk still takes.
    free: Option<usize>,
    create_fails: bool,
    told: Vec<Lost>,
}

#[derive(Clone, Debug, Default)]
struct Fake(Rc<RefCell<State>>);

struct Open(Rc<RefCell<State>>, u64);

impl Write for Open {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.0.borrow_mut();
        let n = state.free.unwrap_or(usize::MAX).min(bytes.len());
        if n == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        state.free = state.free.map(|free| free - n);
        let segment = state.segments.entry(self.1).or_default();
        segment.extend_from_slice(&bytes[..n]);
        Ok(n)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Disk for Fake {
    type Segment = Open;
    fn create(&mut self, start: u64) -> io::Result<Open> {
        let mut state = self.0.borrow_mut();
        if state.create_fails {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        assert!(state.segments.insert(start, Vec::new()).is_none());
        Ok(Open(Rc::clone(&self.0), start))
    }
    fn remove(&mut self, start: u64) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        state
            .segments
            .remove(&start)
            .ok_or(io::ErrorKind::NotFound)?;
        state.removed.push(start);
        Ok(())
    }
    fn spent(&mut self) -> Spent {
        let state = self.0.borrow();
        Spent {
            before: state.acked,
            beside: state.beside,
            kept: state.kept.clone(),
        }
    }
    fn tell_losses(&mut self, losses: &[Lost]) -> io::Result<()> {
        self.0.borrow_mut().told = losses.to_vec();
        Ok(())
    }
}

fn writer(segment_bytes: u64, cap_bytes: u64) -> (SegmentWriter<Fake>, Fake) {
    let disk = Fake::default();
    let limits = Limits {
        segment_bytes,
        cap_bytes,
    };
    (SegmentWriter::on(disk.clone(), limits), disk)
}

/// After a refusal the writer waits before it asks again; tests do not.
fn forget_refusal(writer: &mut SegmentWriter<Fake>) {
    writer.refused = None;
}

fn lost(writer: &SegmentWriter<Fake>) -> Vec<(u64, u64, &str)> {
    let list = writer.losses().list().iter();
    list.map(|l| (l.from, l.to, l.reason.as_str())).collect()
}

/// A writer at its cap, of which the agent has stored so much.
fn full(segment_bytes: u64, cap_bytes: u64, acked: u64) -> (SegmentWriter<Fake>, Fake) {
    let (mut writer, disk) = writer(segment_bytes, cap_bytes);
    writer.append(&vec![b'a'; cap_bytes as usize]);
    disk.0.borrow_mut().acked = acked;
    (writer, disk)
}

#[test]
fn at_the_cap_what_the_agent_has_is_deleted_and_nothing_lost() {
    let (mut writer, disk) = full(10, 40, 25);
    writer.append(&[b'b'; 15]);
    assert_eq!(disk.0.borrow().removed, [2, 12]);
    assert!(lost(&writer).is_empty());
    assert_eq!(writer.total(), 55);
}

#[test]
fn no_more_is_deleted_than_room_is_needed_for() {
    let (mut writer, disk) = full(10, 400, 400);
    writer.append(&[b'b'; 15]);
    // The first stays anyway.
    assert_eq!(disk.0.borrow().removed, [10, 20]);
    writer.append(&[b'c'; 5]);
    assert_eq!(disk.0.borrow().removed, [10, 20]);
    assert!(lost(&writer).is_empty());
}

#[test]
fn of_a_small_cap_a_segment_that_is_asked_for_stays_although_it_is_large() {
    let (mut writer, disk) = full(1000, 160, 160);
    disk.0.borrow_mut().kept = vec![10, 50];
    writer.append(&[b'b'; 60]);
    // The segments are a quarter of the cap each.
    assert_eq!(disk.0.borrow().removed, [50, 90]);
}

#[test]
fn the_first_lines_and_a_segment_that_tells_what_is_spoken_stay() {
    let (mut writer, disk) = full(10, 160, 160);
    disk.0.borrow_mut().kept = vec![20];
    writer.append(&[b'b'; 130]);
    let kept: Vec<u64> = disk.0.borrow().segments.keys().copied().take(3).collect();
    // And a little before what is still needed.
    assert_eq!(kept, [0, 20, 150]);
    // More of them than a small part of the room does not stay.
    disk.0.borrow_mut().kept = (20..).step_by(10).take(12).collect();
    disk.0.borrow_mut().acked = 290;
    writer.append(&[b'c'; 130]);
    let held = disk
        .0
        .borrow()
        .segments
        .keys()
        .filter(|s| **s < 280)
        .count();
    assert_eq!(held, 2);
    assert!(lost(&writer).is_empty());
}

#[test]
fn what_the_digest_takes_is_within_the_cap() {
    let (mut writer, disk) = writer(10, 40);
    writer.append(&[b'a'; 40]);
    {
        let mut state = disk.0.borrow_mut();
        (state.acked, state.beside) = (40, 9);
    }
    writer.append(&[b'b'; 30]);
    let state = disk.0.borrow();
    let held: usize = state.segments.values().map(Vec::len).sum();
    assert_eq!(held, 40 - 9);
    assert_eq!(lost(&writer), [(40 + 21, 70, "cap")]);
}

#[test]
fn at_the_cap_without_an_agent_the_new_bytes_are_lost_and_the_next_segment_says_so() {
    let (mut writer, disk) = writer(10, 40);
    writer.append(&[b'a'; 47]);
    assert_eq!(lost(&writer), [(40, 47, "cap")]);
    disk.0.borrow_mut().acked = 40;
    forget_refusal(&mut writer);
    writer.append(b"later");
    assert_eq!(disk.0.borrow().segments.keys().copied().last(), Some(47));
    assert_eq!(disk.0.borrow().told, writer.losses().list());
}

#[test]
fn a_disk_that_fails_half_way_loses_exactly_what_it_did_not_take() {
    let (mut writer, disk) = writer(100, 1000);
    disk.0.borrow_mut().free = Some(7);
    writer.append(b"0123456789");
    writer.append(b"more");
    disk.0.borrow_mut().free = None;
    forget_refusal(&mut writer);
    writer.append(b"again");
    assert_eq!(lost(&writer), [(7, 14, "write_failed")]);
    let segments = disk.0.borrow().segments.clone();
    let wanted = [(0, b"0123456".to_vec()), (14, b"again".to_vec())];
    assert_eq!(segments, BTreeMap::from(wanted));
}

#[test]
fn a_segment_that_cannot_be_created_is_a_loss_not_an_error() {
    let (mut writer, disk) = writer(4, 1000);
    writer.append(b"four");
    disk.0.borrow_mut().create_fails = true;
    writer.append(b"lost");
    assert_eq!(lost(&writer), [(4, 8, "write_failed")]);
}

proptest! {
    #[test]
    fn kept_and_lost_ranges_tile_the_stream(
        steps in prop::collection::vec((0usize..60, any::<u8>(), any::<bool>()), 1..60),
        cap in 40u64..400,
    ) {
        let (mut writer, disk) = writer(16, cap);
        let mut stream = Vec::new();
        for (n, trouble, patient) in steps {
            {
                let mut state = disk.0.borrow_mut();
                state.create_fails = trouble % 7 == 0;
                state.free = (trouble % 5 == 0).then_some(usize::from(trouble) / 8);
                if trouble % 3 == 0 {
                    state.acked = writer.total();
                }
            }
            if patient {
                forget_refusal(&mut writer);
            }
            let bytes: Vec<u8> = (stream.len()..stream.len() + n).map(|i| i as u8).collect();
            writer.append(&bytes);
            stream.extend(bytes);
        }
        prop_assert_eq!(writer.total(), stream.len() as u64);
        let state = disk.0.borrow();
        let held: u64 = state.segments.values().map(|s| s.len() as u64).sum();
        prop_assert!(held <= cap);
        let mut ranges = Vec::new();
        for (start, bytes) in &state.segments {
            let end = start + bytes.len() as u64;
            prop_assert_eq!(bytes, &stream[*start as usize..end as usize]);
            // A segment whose first write failed is empty and may lie inside a loss.
            if end > *start {
                ranges.push((*start, end));
            }
        }
        ranges.extend(writer.losses().list().iter().map(|l| (l.from, l.to)));
        ranges.sort_unstable();
        // Nothing overlaps, and what is neither kept nor lost was deleted after the agent had it.
        let mut at = 0;
        for (from, to) in ranges {
            prop_assert!(from >= at, "overlap at {from}");
            prop_assert!(from == at || from <= state.acked, "hole {at}..{from}");
            at = to;
        }
        prop_assert!(at == writer.total() || writer.total() <= state.acked);
    }
}
