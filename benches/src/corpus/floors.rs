//! How fast the parser has to be on each corpus, as shares of two limits measured beside it.

/// What is required of a corpus.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Floor {
    /// Per cent of the speed of splitting the bytes into lines.
    pub split: f64,
    /// Times the speed of the set of expressions.
    pub set: f64,
}

/// What is required of the parser on the corpus.
#[must_use]
pub fn floor_of(corpus: &str) -> Floor {
    let (split, set) = match corpus {
        "quiet" => (20.0, 4.0),
        "dense" => (5.0, 1.0),
        _ => (8.0, 2.0),
    };
    Floor { split, set }
}

impl Floor {
    /// What is required while secrets are taken out: half.
    #[must_use]
    pub fn redacting(self) -> Floor {
        Floor {
            split: self.split / 2.0,
            set: self.set / 2.0,
        }
    }
}
