//! Each type's own fields, written and read side by side so that they cannot drift apart.
//!
//! Every type begins with a mask of the optional fields that follow. A writer of a later version
//! may append fields; it may not change these.

use super::FrameError;
use super::build::Writer;
use super::payload::{Record, reference};
use super::strings::Strings;
use super::varint::Reader;
use crate::cut::{MESSAGE_CAP, NAME_CAP, WORD_CAP};
use crate::event::{
    Body, Counted, Counts, EndOfStream, Gap, Plan, Printed, RunEnd, RunStart, Signature, Status,
    SuiteEnd, SuiteStart, Summary, TestDetail, TestEnd, TestStart,
};

/// The type code, and the suite, which is written with the values all types have.
pub(super) fn head<'a>(body: &Body<'a>) -> (u8, Option<&'a str>) {
    match body {
        Body::RunStart(_) => (1, None),
        Body::RunEnd(_) => (2, None),
        Body::SuiteStart(b) => (3, Some(b.suite)),
        Body::SuiteEnd(b) => (4, Some(b.suite)),
        Body::Plan(b) => (5, b.suite),
        Body::TestStart(b) => (6, b.suite),
        Body::TestEnd(b) => (7, b.suite),
        Body::TestDetail(b) => (8, b.suite),
        Body::Counted(b) => (9, b.suite),
        Body::Summary(b) => (10, b.suite),
        Body::Signature(_) => (11, None),
        Body::Gap(_) => (12, None),
        Body::EndOfStream(_) => (13, None),
    }
}

/// Writes the type's own fields.
pub(super) fn encode(body: &Body<'_>, out: &mut Writer<'_>) {
    match body {
        Body::SuiteStart(b) => {
            out.number(mask([b.tags.is_some()]));
            out.optional(b.tags, WORD_CAP);
        }
        Body::SuiteEnd(b) => {
            out.number(mask([b.status.is_some(), b.duration_s.is_some(), b.adopts]));
            out.optional_number(b.status.map(|s| s as u32));
            out.optional_double(b.duration_s);
        }
        Body::Plan(b) => out.number(b.tests),
        Body::TestStart(b) => {
            out.number(mask([b.attempt.is_some(), b.tags.is_some()]));
            out.text(b.name, NAME_CAP);
            out.optional_number(b.attempt);
            out.optional(b.tags, WORD_CAP);
        }
        Body::TestEnd(b) => encode_test_end(b, out),
        Body::TestDetail(b) => {
            out.number(mask([b.message.is_some(), b.location.is_some()]));
            out.text(b.name, NAME_CAP);
            out.optional(b.message, MESSAGE_CAP);
            out.optional(b.location, WORD_CAP);
        }
        Body::Counted(b) => {
            out.number(mask(Status::ALL.map(|s| b.counts[s] > 0)));
            for status in Status::ALL.into_iter().filter(|s| b.counts[*s] > 0) {
                out.number(b.counts[status]);
            }
        }
        Body::Summary(b) => {
            let figures = b.printed.to_array();
            let given = mask(figures.map(|f| f.is_some()));
            out.number(given | u64::from(b.duration_s.is_some()) << 8);
            figures.into_iter().flatten().for_each(|n| out.number(n));
            out.optional_double(b.duration_s);
        }
        other => encode_rest(other, out),
    }
}

/// Writes the fields of the types that tell of the stream rather than of tests.
fn encode_rest(body: &Body<'_>, out: &mut Writer<'_>) {
    match body {
        Body::RunStart(b) => {
            let words = [b.run_id, b.pipeline, b.environment, b.branch, b.commit];
            let mut mask = mask(words.map(|w| w.is_some()));
            mask |= u64::from(b.attempt.is_some()) << 5;
            out.number(mask);
            for word in words.into_iter().flatten() {
                out.text(word, WORD_CAP);
            }
            out.optional_number(b.attempt);
        }
        Body::RunEnd(b) => {
            let given = [
                b.run_id.is_some(),
                b.status.is_some(),
                b.duration_s.is_some(),
            ];
            out.number(mask(given));
            out.optional(b.run_id, WORD_CAP);
            out.optional(b.status, WORD_CAP);
            out.optional_double(b.duration_s);
        }
        Body::Signature(b) => {
            encode_signature(b, out);
        }
        Body::Gap(b) => {
            out.number(b.from);
            out.number(b.to);
            out.text(b.reason, WORD_CAP);
        }
        Body::EndOfStream(b) => {
            let given = [b.hash.is_some(), b.exit_code.is_some(), b.signal.is_some()];
            out.number(mask(given));
            out.number(b.total_bytes);
            out.text(b.cause, WORD_CAP);
            out.optional(b.hash, WORD_CAP);
            for n in [b.exit_code, b.signal].into_iter().flatten() {
                out.signed(i64::from(n));
            }
        }
        // Written by `encode`; `head` fails to compile when a type is missing.
        _ => {}
    }
}

fn encode_test_end(b: &TestEnd<'_>, out: &mut Writer<'_>) {
    out.number(mask([
        b.duration_s.is_some(),
        b.attempt.is_some(),
        b.message.is_some(),
        b.location.is_some(),
        b.tags.is_some(),
        b.recap,
        b.teardown,
    ]));
    out.number(b.status as u64);
    out.text(b.name, NAME_CAP);
    out.optional_double(b.duration_s);
    out.optional_number(b.attempt);
    out.optional(b.message, MESSAGE_CAP);
    out.optional(b.location, WORD_CAP);
    out.optional(b.tags, WORD_CAP);
}

fn encode_signature(b: &Signature<'_>, out: &mut Writer<'_>) {
    let given = [
        b.exception.is_some(),
        !b.group.is_empty(),
        b.outer.is_some(),
        b.within.is_some(),
    ];
    let frames = mask(b.frames.map(|f| f.is_some()));
    out.number(mask(given) | frames << given.len());
    out.text(b.class, WORD_CAP);
    out.optional(b.exception, WORD_CAP);
    out.text(b.message, MESSAGE_CAP);
    out.number(b.end_line);
    out.text(b.fingerprint, WORD_CAP);
    // What follows was not there at first: writers of then end here.
    out.optional(Some(b.group).filter(|g| !g.is_empty()), WORD_CAP);
    out.optional(b.outer, MESSAGE_CAP);
    if let Some(line) = b.within {
        out.number(line);
    }
    for frame in b.frames {
        out.optional(frame, WORD_CAP);
    }
}

fn mask<const N: usize>(given: [bool; N]) -> u64 {
    given
        .into_iter()
        .enumerate()
        .fold(0, |mask, (bit, on)| mask | u64::from(on) << bit)
}

/// Reads a record's own fields; `None` if this version does not know its type or its status.
pub(super) fn decode<'a>(
    record: &Record<'a>,
    strings: &'a Strings,
) -> Result<Option<Body<'a>>, FrameError> {
    let mut from = Fields {
        reader: record.body,
        cursor: record.cursor,
        strings,
        mask: 0,
    };
    let suite = record.suite;
    let required = || suite.ok_or(FrameError::Malformed { what: "suite" });
    let body = match record.code {
        1 => Body::RunStart(from.run_start()?),
        2 => Body::RunEnd(from.run_end()?),
        3 => {
            from.mask()?;
            Body::SuiteStart(SuiteStart {
                suite: required()?,
                tags: from.text_if(0)?,
            })
        }
        4 => return from.suite_end(required()?),
        5 => Body::Plan(Plan {
            suite,
            tests: from.reader.number()?,
        }),
        6 => {
            from.mask()?;
            Body::TestStart(TestStart {
                suite,
                name: from.text()?,
                attempt: from.small_if(0)?,
                tags: from.text_if(1)?,
            })
        }
        7 => return from.test_end(suite),
        8 => {
            from.mask()?;
            Body::TestDetail(TestDetail {
                suite,
                name: from.text()?,
                message: from.text_if(0)?,
                location: from.text_if(1)?,
            })
        }
        9 => Body::Counted(from.counted(suite)?),
        10 => Body::Summary(from.summary(suite)?),
        11 => Body::Signature(from.signature()?),
        12 => Body::Gap(Gap {
            from: from.reader.number()?,
            to: from.reader.number()?,
            reason: from.text()?,
        }),
        13 => Body::EndOfStream(from.end_of_stream()?),
        _ => return Ok(None),
    };
    Ok(Some(body))
}

/// Reads fields in the order in which [`encode`] writes them.
struct Fields<'a> {
    reader: Reader<'a>,
    cursor: u64,
    strings: &'a Strings,
    mask: u64,
}

impl<'a> Fields<'a> {
    fn run_start(&mut self) -> Result<RunStart<'a>, FrameError> {
        self.mask()?;
        Ok(RunStart {
            run_id: self.text_if(0)?,
            pipeline: self.text_if(1)?,
            environment: self.text_if(2)?,
            branch: self.text_if(3)?,
            commit: self.text_if(4)?,
            attempt: self.small_if(5)?,
        })
    }

    fn run_end(&mut self) -> Result<RunEnd<'a>, FrameError> {
        self.mask()?;
        Ok(RunEnd {
            run_id: self.text_if(0)?,
            status: self.text_if(1)?,
            duration_s: self.double_if(2)?,
        })
    }

    fn suite_end(&mut self, suite: &'a str) -> Result<Option<Body<'a>>, FrameError> {
        self.mask()?;
        let code = self.small_if(0)?;
        let duration_s = self.double_if(1)?;
        let status = match code.map(status) {
            None => None,
            Some(None) => return Ok(None),
            Some(known) => known,
        };
        Ok(Some(Body::SuiteEnd(SuiteEnd {
            suite,
            status,
            duration_s,
            adopts: self.has(2),
        })))
    }

    fn test_end(&mut self, suite: Option<&'a str>) -> Result<Option<Body<'a>>, FrameError> {
        self.mask()?;
        let code = self.reader.small()?;
        let end = TestEnd {
            suite,
            // Replaced below, once the fields behind it were read and found well formed.
            status: Status::Unfinished,
            name: self.text()?,
            duration_s: self.double_if(0)?,
            attempt: self.small_if(1)?,
            message: self.text_if(2)?,
            location: self.text_if(3)?,
            tags: self.text_if(4)?,
            recap: self.has(5),
            teardown: self.has(6),
        };
        Ok(status(code).map(|status| Body::TestEnd(TestEnd { status, ..end })))
    }

    fn counted(&mut self, suite: Option<&'a str>) -> Result<Counted<'a>, FrameError> {
        self.mask()?;
        let mut counts = Counts::ZERO;
        for (bit, status) in Status::ALL.into_iter().enumerate() {
            if self.has(bit as u32) {
                counts.add(status, self.reader.number()?);
            }
        }
        Ok(Counted { suite, counts })
    }

    fn summary(&mut self, suite: Option<&'a str>) -> Result<Summary<'a>, FrameError> {
        self.mask()?;
        let mut figures = [None; 8];
        for (bit, figure) in figures.iter_mut().enumerate() {
            if self.has(bit as u32) {
                *figure = Some(self.reader.number()?);
            }
        }
        Ok(Summary {
            suite,
            printed: Printed::from_array(figures),
            duration_s: self.double_if(8)?,
        })
    }

    fn signature(&mut self) -> Result<Signature<'a>, FrameError> {
        self.mask()?;
        Ok(Signature {
            class: self.text()?,
            exception: self.text_if(0)?,
            message: self.text()?,
            end_line: self.reader.number()?,
            fingerprint: self.text()?,
            group: self.text_if(1)?.unwrap_or(""),
            outer: self.text_if(2)?,
            within: self.has(3).then(|| self.reader.number()).transpose()?,
            frames: [self.text_if(4)?, self.text_if(5)?, self.text_if(6)?],
        })
    }

    fn end_of_stream(&mut self) -> Result<EndOfStream<'a>, FrameError> {
        self.mask()?;
        Ok(EndOfStream {
            total_bytes: self.reader.number()?,
            cause: self.text()?,
            hash: self.text_if(0)?,
            exit_code: self.signed_if(1)?,
            signal: self.signed_if(2)?,
        })
    }

    fn mask(&mut self) -> Result<(), FrameError> {
        self.mask = self.reader.number()?;
        Ok(())
    }

    fn has(&self, bit: u32) -> bool {
        self.mask >> bit & 1 == 1
    }

    fn text(&mut self) -> Result<&'a str, FrameError> {
        let index = reference(&mut self.reader, &mut self.cursor)?;
        self.strings.at(index).ok_or(FrameError::Malformed {
            what: "string reference",
        })
    }

    fn text_if(&mut self, bit: u32) -> Result<Option<&'a str>, FrameError> {
        self.has(bit).then(|| self.text()).transpose()
    }

    fn small_if(&mut self, bit: u32) -> Result<Option<u32>, FrameError> {
        self.has(bit).then(|| self.reader.small()).transpose()
    }

    fn double_if(&mut self, bit: u32) -> Result<Option<f64>, FrameError> {
        self.has(bit).then(|| self.reader.double()).transpose()
    }

    fn signed_if(&mut self, bit: u32) -> Result<Option<i32>, FrameError> {
        if !self.has(bit) {
            return Ok(None);
        }
        i32::try_from(self.reader.signed()?)
            .map(Some)
            .map_err(|_| FrameError::Malformed { what: "number" })
    }
}

fn status(code: u32) -> Option<Status> {
    u8::try_from(code).ok().and_then(Status::from_code)
}
