//! A writer that goes on while the reader looks: between any two questions that the reader asks of the file system, files
//! may get other names. A real writer does that once in many thousand looks.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use sentinel_sidecar::clock::SystemClock;
use sentinel_sidecar::fs::Fs;
use sentinel_sidecar::tail::{FollowOptions, FollowSource, Source};

use crate::between::{Between, Meddle};
use crate::chance::{Chance, for_seeds};
use crate::reader::Reader;
use crate::writer::Writer;

/// One call of a rotator or writer.
enum Act {
    Write(u64),
    Rename(String, String),
    Reopen,
}

/// What is still to be done, and by whom.
struct Rotations {
    writer: Writer,
    acts: VecDeque<Act>,
    chance: Chance,
    /// One of so many questions is raced.
    rare: u64,
}

impl Rotations {
    fn new(path: &Path, chance: &mut Chance) -> Rotations {
        Rotations {
            writer: Writer::new(path),
            acts: VecDeque::new(),
            chance: Chance::new(chance.bits()),
            rare: chance.between(2, 8),
        }
    }

    /// So many rotations by renaming, each with all the renames it takes.
    fn plan(&mut self, rotations: usize) {
        let Rotations { acts, chance, .. } = self;
        for rotated in 0..rotations {
            acts.push_back(Act::Write(chance.between(1, 20)));
            for n in (1..=rotated).rev() {
                acts.push_back(Act::Rename(format!(".{n}"), format!(".{}", n + 1)));
            }
            acts.push_back(Act::Rename(String::new(), ".1".to_owned()));
            if chance.one_in(2) {
                acts.push_back(Act::Write(chance.below(5)));
            }
            acts.push_back(Act::Reopen);
        }
    }

    fn act(&mut self) {
        let named = |tag: &str| PathBuf::from(format!("{}{tag}", self.writer.path.display()));
        match self.acts.pop_front() {
            Some(Act::Write(lines)) => self.writer.write(lines),
            Some(Act::Rename(from, to)) => fs::rename(named(&from), named(&to)).unwrap(),
            Some(Act::Reopen) => self.writer.reopen(),
            None => {}
        }
    }

    fn race(&mut self) {
        while self.chance.one_in(self.rare) && !self.acts.is_empty() {
            for _ in 0..=self.chance.below(4) {
                self.act();
            }
        }
    }
}

struct Racing(Mutex<Rotations>);

impl Meddle for Racing {
    fn asked(&self) {
        self.0.lock().unwrap().race();
    }
}

#[test]
fn t1_renames_between_any_two_questions_of_a_look_lose_nothing() {
    for_seeds(100, |chance| {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("app.log");
        let racing = Arc::new(Between(Racing(Mutex::new(Rotations::new(&log, chance)))));
        let state = dir.path().join("state.json");
        let open = {
            let racing = Arc::clone(&racing);
            move |path: &Path, options: &FollowOptions| {
                let fs = Arc::clone(&racing) as Arc<dyn Fs>;
                let source = FollowSource::on(fs, Arc::new(SystemClock), path, options.clone());
                Source::File(Box::new(source))
            }
        };
        let mut reader = Reader::with(&log, false, Some(state), Box::new(open));
        // What was rotated before the first look would not be of the stream.
        racing.0.0.lock().unwrap().plan(12);
        let mut buffer = vec![0; 1 + usize::try_from(chance.below(2000)).unwrap()];
        while !racing.0.0.lock().unwrap().acts.is_empty() {
            racing.0.0.lock().unwrap().act();
            if chance.one_in(12) {
                reader.restart();
            }
            for _ in 0..chance.below(12) {
                reader.step(&mut buffer);
            }
        }
        reader.end();
        let rotations = racing.0.0.lock().unwrap();
        assert_eq!(reader.gaps, []);
        assert_eq!(reader.missing(rotations.writer.lines), [0; 0]);
        assert_eq!(reader.bytes, rotations.writer.all);
    });
}
