//! Where a result stands among nested streams, and whether they are those of node's test runner.
//!
//! Test::More, node-tap and others number assertions and nest streams whose parent line counts.
//! Node's runner writes every test under a heading of its own, `# Subtest: name`, in the column of
//! its result; there the leaves are the tests and `describe` blocks are marked `type: 'suite'`.

/// Levels that are kept; deeper ones are not told apart.
const DEPTH_CAP: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Nested {
    /// Names of the open headings, outermost first.
    path: Vec<String>,
    /// Depth of the latest heading while no result followed it.
    fresh: Option<usize>,
    node: bool,
    /// Whether any result came: node's format shows at the first.
    decided: bool,
}

/// Where a result belongs.
pub(super) struct Place {
    pub(crate) is_node: bool,
    pub(crate) suite: String,
    pub(crate) had_children: bool,
}

impl Nested {
    pub(crate) fn clear(&mut self) {
        *self = Nested::default();
    }

    pub(crate) fn heading(&mut self, depth: usize, name: &str) {
        let depth = depth.min(DEPTH_CAP);
        self.path.resize_with(depth, String::new);
        self.path.push(name.trim().to_owned());
        self.fresh = Some(depth);
    }

    /// Whether a result at that depth is written as node's runner does.
    pub(crate) fn is_node(&mut self, depth: usize, name: &str) -> bool {
        if !self.decided {
            let own_heading = self.fresh == Some(depth)
                && self.path.get(depth).is_some_and(|heading| heading == name);
            self.decided = true;
            self.node = own_heading;
        }
        self.node
    }

    /// Places a result that counts and closes its heading.
    pub(crate) fn place(&mut self, depth: usize, name: &str) -> Place {
        let is_node = self.is_node(depth, name);
        let depth = depth.min(DEPTH_CAP);
        let had_children = is_node && self.fresh != Some(depth);
        self.path.truncate(depth);
        self.fresh = None;
        let suite = match is_node {
            true => super::syntax::unescape(&self.path.join(" > ")).into_owned(),
            false => String::new(),
        };
        Place {
            is_node,
            suite,
            had_children,
        }
    }
}
