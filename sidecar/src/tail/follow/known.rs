//! Which of the files at hand is which: told by what was read of them.

use std::io;

use super::FollowSource;
use super::chain::{Link, moved};
use super::mark::Mark;
use super::opened::Opened;

impl FollowSource {
    /// Leaves out what was read to its end before, and what is older; true if there was such.
    pub(super) fn drop_known(&self, links: &mut Vec<Link>) -> io::Result<bool> {
        let generations = self.record.iter().flat_map(|r| r.generations.iter());
        for generation in generations.rev() {
            if let Some(at) = self.position(links, &generation.mark, true)? {
                links.drain(..=at);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Which of the files begins with the content of the mark, or is that as a `whole`; the newest, if several do.
    pub(super) fn position(
        &self,
        links: &[Link],
        mark: &Mark,
        whole: bool,
    ) -> io::Result<Option<usize>> {
        if mark.read == 0 {
            return Ok(None);
        }
        for (at, link) in links.iter().enumerate().rev() {
            let file = self.open(link)?;
            if file.has(mark)? && (!whole || file.length()? == mark.read) {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// The newest other file that begins with this content, and all that are younger; none if there is no such.
    pub(super) fn find_copies(&self, mark: &Mark, id: (u64, u64)) -> io::Result<Vec<Opened>> {
        let mut links = self.place.look(&*self.fs)?;
        links.retain(|link| link.id != id);
        let Some(at) = self.position(&links, mark, false)? else {
            return Ok(Vec::new());
        };
        links[at..].iter().map(|link| self.open(link)).collect()
    }

    /// Opens a file that was seen.
    ///
    /// # Errors
    /// As [`moved`] when another has its name by now, or none. What is there has to be looked at again then: what was
    /// seen may have another name, and must not be taken for gone.
    pub(super) fn open(&self, link: &Link) -> io::Result<Opened> {
        match Opened::open(&*self.fs, &link.path) {
            Ok(file) if file.id() == link.id => Ok(file),
            Ok(_) => Err(moved()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Err(moved()),
            Err(e) => Err(e),
        }
    }
}
