//! A command that prints a lot, and the comparison of what was made of its output with what it
//! printed. Nothing here holds more than a buffer: memory is one of the things measured.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use sentinel_sidecar::fs::RealFs;
use sentinel_sidecar::segments::{self, StreamEnd};

/// Bytes read or written at once.
const BUFFER: usize = 256 * 1024;

/// Writes a file of so many bytes in numbered lines, so that no two parts of it are alike, and
/// waits until it is on the disk.
///
/// # Errors
/// When the disk will not take it.
pub fn generate(path: &Path, bytes: u64) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER, File::create(path)?);
    let (mut left, mut n) = (bytes, 0u64);
    let mut line = Vec::new();
    while left > 0 {
        line.clear();
        writeln!(
            line,
            "2026-01-01T00:00:00.000Z INFO [worker-{}] shop.orders - order {n:012} stored in {} ms",
            n % 8,
            n % 90
        )?;
        let fits = usize::try_from(left).unwrap_or(usize::MAX).min(line.len());
        out.write_all(&line[..fits])?;
        left -= fits as u64;
        n += 1;
    }
    out.flush()?;
    out.get_ref().sync_all()
}

/// Reads both to the end of the first, which must be a beginning of the second; gives its length.
///
/// # Errors
/// When one cannot be read; of kind `InvalidData` at the first difference.
pub fn same_bytes(found: &mut impl Read, printed: &mut impl Read) -> io::Result<u64> {
    let (mut a, mut b) = (vec![0; BUFFER], vec![0; BUFFER]);
    let mut length = 0;
    loop {
        let n = found.read(&mut a)?;
        if n == 0 {
            return Ok(length);
        }
        printed.read_exact(&mut b[..n])?;
        if a[..n] != b[..n] {
            let at = format!("different between bytes {length} and {}", length + n as u64);
            return Err(io::Error::new(io::ErrorKind::InvalidData, at));
        }
        length += n as u64;
    }
}

/// Looks whether a segment directory holds exactly what the file holds, and says so itself.
///
/// # Errors
/// A line that says what differs.
pub fn verify_segments(dir: &Path, printed: &Path) -> Result<(), String> {
    let text = |e: io::Error| format!("{}: {e}", dir.display());
    let mut file = File::open(printed).map_err(text)?;
    let whole = file.metadata().map_err(text)?.len();
    let mut at = 0;
    for start in segments::list(&RealFs, dir).map_err(text)? {
        if start != at {
            return Err(format!(
                "a segment begins at {start}, the last ended at {at}"
            ));
        }
        let mut segment = File::open(dir.join(segments::segment_name(start))).map_err(text)?;
        at += same_bytes(&mut segment, &mut file).map_err(text)?;
    }
    let end = std::fs::read(dir.join("end.json")).map_err(text)?;
    let end: StreamEnd = serde_json::from_slice(&end).map_err(|e| format!("end.json: {e}"))?;
    if at != whole || end.total_bytes != whole || !end.lost.is_empty() {
        let told = end.total_bytes;
        return Err(format!("{whole} bytes printed, {at} recorded, {told} told"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_byte_and_a_surplus_byte_are_found() {
        let same = |mut a: &[u8], mut b: &[u8]| same_bytes(&mut a, &mut b);
        assert_eq!(same(b"abc", b"abcd").ok(), Some(3));
        assert!(same(b"abx", b"abc").is_err());
        assert!(same(b"abcd", b"abc").is_err());
    }

    #[test]
    fn a_recording_with_a_missing_segment_or_a_short_end_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (printed, recorded) = (dir.path().join("printed"), dir.path().join("recorded"));
        generate(&printed, 3_000).unwrap();
        std::fs::create_dir(&recorded).unwrap();
        let bytes = std::fs::read(&printed).unwrap();
        let write = |start: usize, end: usize| {
            let name = segments::segment_name(start as u64);
            std::fs::write(recorded.join(name), &bytes[start..end]).unwrap();
        };
        let tell = |total_bytes: u64| {
            let end = StreamEnd {
                total_bytes,
                ..StreamEnd::default()
            };
            let end = serde_json::to_vec(&end).unwrap();
            std::fs::write(recorded.join("end.json"), end).unwrap();
        };
        write(0, 1_000);
        write(2_000, 3_000);
        tell(3_000);
        assert!(verify_segments(&recorded, &printed).is_err());
        write(1_000, 2_000);
        assert_eq!(verify_segments(&recorded, &printed), Ok(()));
        tell(2_999);
        assert!(verify_segments(&recorded, &printed).is_err());
    }
}
