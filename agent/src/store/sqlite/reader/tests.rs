//! Torture row S5: a reader that never ends is cut off, and the log it held back is folded in again.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::store::open;

use super::*;

/// A commit of 64 KiB, as often as an agent under full load makes one.
const COMMIT: usize = 64 * 1024;
const EVERY: Duration = Duration::from_millis(5);
/// What the log may take.
const LOG: u64 = 256 << 20;

#[test]
fn a_reader_that_does_not_end_is_cut_off_after_five_seconds_and_the_log_stays_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let conn = open(dir.path(), LONGEST).unwrap().conn;
    let reader = Arc::new(Reader::open(dir.path()).unwrap());
    let over = Arc::new(AtomicBool::new(false));
    let endless = {
        let (reader, over) = (Arc::clone(&reader), Arc::clone(&over));
        std::thread::spawn(move || {
            let begun = Instant::now();
            let result = reader.call(|conn| {
                let sql = "WITH RECURSIVE n(i) AS (SELECT count(*) FROM frames
                     UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
                conn.query_row(sql, [], |row| row.get::<_, i64>(0))
            });
            over.store(true, atomic::Ordering::SeqCst);
            (result, begun.elapsed())
        })
    };
    let log = || std::fs::metadata(wal(&file(dir.path()))).map_or(0, |file| file.len());
    let (mut largest, mut at, mut after) = (0, 0_i64, 0);
    // A while longer than the reader, so that the log can be begun anew.
    while after < 200 {
        let sql = "INSERT INTO frames (stream, start_at, end_at, received_ms, data)
             VALUES (1, ?1, ?1 + 1, 0, zeroblob(?2))";
        conn.execute(sql, (at, COMMIT as i64)).unwrap();
        at += 1;
        largest = largest.max(log());
        after += i32::from(over.load(atomic::Ordering::SeqCst));
        std::thread::sleep(EVERY);
    }
    let (result, took) = endless.join().unwrap();
    assert!(matches!(result, Err(StoreError::TooSlow)), "{result:?}");
    assert!(took >= LONGEST && took < 3 * LONGEST, "{took:?}");
    assert!(largest < LOG, "{largest} bytes of log");
    // With nobody in the way it is cut to its limit as soon as it begins anew.
    assert!(log() <= 64 << 20, "{} bytes of log are left", log());
    let again = reader.call(|conn| conn.query_row("SELECT 1", [], |row| row.get::<_, i64>(0)));
    assert_eq!(again.unwrap(), 1, "others may read");
}
