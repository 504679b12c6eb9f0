//! What must hold of the events of a whole stream.

use sentinel_parsers::event::Event;

use super::{Check, told};
use crate::job::reading;

impl Check<'_> {
    /// What is stored of a whole stream is what a parser tells that reads it at once.
    pub(super) fn events(&self) {
        let job = self.job;
        let whole = job.whole.get() == Some(true) && self.stored.closed;
        // A sidecar that cannot read the beginning again may read what follows otherwise.
        let headless = match &job.files {
            Some(files) => !files.destroyed().is_empty(),
            None => job.deleted_up_to() > 0 && !job.keeps_head(),
        };
        if !whole || !self.stored.gaps.is_empty() || headless || self.stored.forgotten {
            return;
        }
        let mut events = Vec::new();
        let mut parser = reading().parser();
        let log = job.log.borrow();
        let mut take = |event: &Event<'_>| events.push(told(event));
        parser.feed(&log.text()[..job.printed.get()], &mut take);
        parser.finish(&mut take);
        let differs = |(one, other): &(&String, &String)| one != other;
        if let Some((one, other)) = self.stored.events.iter().zip(&events).find(differs) {
            self.wrong(format_args!("{one} is stored, {other} is read"));
        }
        let (stored, read) = (self.stored.events.len(), events.len());
        if stored != read {
            self.wrong(format_args!("{stored} events are stored, {read} are read"));
        }
    }
}
