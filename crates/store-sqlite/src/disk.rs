use std::path::Path;

/// The room that writes of the next seconds may need, in bytes.
#[cfg(unix)]
const ROOM: u64 = 1 << 20;

/// Returns whether the disk of that file may refuse a write: it has hardly room left, or is mounted to be read.
#[cfg(unix)]
pub(crate) fn may_refuse(path: &Path) -> bool {
    use rustix::fs::{StatVfsMountFlags, statvfs};

    // A disk that does not answer is asked by a write.
    statvfs(path).map_or(true, |disk| {
        disk.f_bavail.saturating_mul(disk.f_frsize) < ROOM || disk.f_flag.contains(StatVfsMountFlags::RDONLY)
    })
}

#[cfg(not(unix))]
pub(crate) const fn may_refuse(_: &Path) -> bool {
    false
}
