//! Disks without space left, as operating systems, databases and nodes word it.

use super::table::LineClass;

pub(super) const CLASS: LineClass = LineClass::of(
    "disk_full",
    &[
        "No space left on device",
        "no space left on device",
        "ENOSPC:",
        " ENOSPC",
        "'ENOSPC",
        "(ENOSPC",
        "=ENOSPC",
        "\"ENOSPC",
        "Disk quota exceeded",
        "isk is full",
        "not enough space on the disk",
        "database or disk is full",
        "ran out of disk space",
        "low on resource: ephemeral-storage",
        "exceeds the total limit of containers",
    ],
);
