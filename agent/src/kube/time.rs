//! Kubernetes' times (`2026-11-23T07:55:02Z`, with or without a fraction) as Unix milliseconds.

use sentinel_core::Millis;

/// The time, if the text is one in UTC as the API server prints it.
pub(super) fn millis(text: &str) -> Option<Millis> {
    let text = text.strip_suffix('Z')?;
    let (date, time) = text.split_once('T')?;
    let mut date = date.splitn(3, '-').map(digits);
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut time = time.splitn(3, ':').map(digits);
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    let fits = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && year <= 9999
        && hour < 24
        && minute < 60
        && second <= 60;
    if !fits {
        return None;
    }
    let milli = digits(&format!("{fraction:0<3.3}"))?;
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some(seconds * 1_000 + milli)
}

fn digits(text: &str) -> Option<i64> {
    let short = !text.is_empty() && text.len() <= 4;
    (short && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// Days since 1970-01-01 of a date in the Gregorian calendar. Years begin in March here, so that
/// the leap day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::millis;

    #[test]
    fn times_of_the_api_are_read() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:00Z", 951_825_600_000),
            ("2026-11-23T07:55:02Z", 1_795_420_502_000),
            ("2026-11-23T07:55:02.123456Z", 1_795_420_502_123),
            ("2026-11-23T07:55:02.5Z", 1_795_420_502_500),
            ("2100-03-01T00:00:00Z", 4_107_542_400_000),
        ] {
            assert_eq!(millis(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "Z",
            "2026-11-23",
            "2026-11-23T07:55:02",
            "2026-13-01T00:00:00Z",
            "2026-11-23T24:00:00Z",
            "2026-1é-23T07:55:02Z",
            "2026-11-23T07:55Z",
            "99999-11-23T07:55:02Z",
            "2026-11-23T07:55:02.éZ",
            "-026-11-23T07:55:02Z",
        ] {
            assert_eq!(millis(text), None, "{text}");
        }
    }
}
