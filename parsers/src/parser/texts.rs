//! The text of a block's lines: where line after line is read, a stretch of them is checked to be UTF-8
//! at once, for to check each alone costs more than its length.

/// Bytes checked at once at most, but for a longer line.
const REACH: usize = 4096;

/// The lines of a block as text.
pub(super) struct Texts<'b> {
    bytes: &'b [u8],
    /// A stretch that was checked, and where it begins.
    text: &'b str,
    from: usize,
    /// Bytes to check next if the next line is asked for, and where that begins.
    reach: usize,
    next: usize,
}

impl<'b> Texts<'b> {
    pub(super) fn of(bytes: &'b [u8]) -> Texts<'b> {
        Texts {
            bytes,
            text: "",
            from: 0,
            reach: 0,
            next: 0,
        }
    }

    /// The line at this place, if it is UTF-8. Each is asked for behind those before.
    #[inline]
    pub(super) fn line(&mut self, from: usize, to: usize) -> Option<&'b str> {
        if to > self.from + self.text.len() {
            self.check(from, to);
        }
        self.next = to + 1;
        self.text.get(from.checked_sub(self.from)?..to - self.from)
    }

    /// Checks the line, and if the line before was asked for also some behind it.
    #[inline(never)]
    fn check(&mut self, from: usize, to: usize) {
        self.reach = match from == self.next {
            true => (2 * self.reach).clamp(to - from, REACH.max(to - from)),
            false => to - from,
        };
        let far = self.bytes.len().min(from + self.reach);
        let end = memchr::memrchr(b'\n', &self.bytes[to..far.max(to)]).map_or(to, |at| to + at);
        let checked = simdutf8::basic::from_utf8(&self.bytes[from..end]);
        let checked = checked.or_else(|_| {
            self.reach = 0;
            simdutf8::basic::from_utf8(&self.bytes[from..to])
        });
        (self.text, self.from) = (checked.unwrap_or_default(), from);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Texts;

    proptest! {
        #[test]
        fn a_line_is_text_if_it_alone_is(
            lines in prop::collection::vec(
                prop_oneof![
                    "[a-zé]{0,40}".prop_map(String::into_bytes),
                    prop::collection::vec(any::<u8>().prop_filter("a line", |b| *b != b'\n'), 0..20),
                ],
                0..60,
            ),
            asked in prop::collection::vec(any::<bool>(), 60),
        ) {
            let block = lines.join(&b'\n');
            let mut texts = Texts::of(&block);
            let mut from = 0;
            for (line, asked) in lines.iter().zip(asked) {
                if asked {
                    let text = texts.line(from, from + line.len());
                    prop_assert_eq!(text, std::str::from_utf8(line).ok());
                }
                from += line.len() + 1;
            }
        }
    }
}
