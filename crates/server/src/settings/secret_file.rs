//! The permissions of a file that holds a secret.

use std::{fs, path::Path};

/// Reads a secret's file, without the line end that editors put there.
pub(super) fn read(path: &Path) -> Result<String, String> {
    // Without the path: it is the secret itself where that was given in its place.
    let text = fs::read_to_string(path).map_err(|error| format!("must name a file that can be read: {error}"))?;
    check(path)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Tells how a file becomes private that is not.
#[cfg(unix)]
pub(super) fn check(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;

    let metadata = fs::metadata(path).map_err(|error| format!("cannot be examined: {error}"))?;
    let (mode, is_roots) = (metadata.mode(), metadata.uid() == 0);
    if is_private(mode, is_roots) || (mode & WRITABLE == 0 && is_mounted_for_us(path)) {
        return Ok(());
    }
    let path = path.display();
    let right = if mode & WRITABLE == 0 { "read by others" } else { "written by others" };
    Err(format!("can be {right}; run `chmod 600 {path}` (root's file may have 640)"))
}

#[cfg(not(unix))]
pub(super) fn check(_: &Path) -> Result<(), String> {
    Ok(())
}

#[cfg(unix)]
const WRITABLE: u32 = 0o022;

/// PostgreSQL's rule for keys: 0600 or less, and 0640 or less where the file is root's, as only
/// root decides then whose group reads it ("Secure TCP/IP Connections with SSL").
#[cfg(unix)]
const fn is_private(mode: u32, is_roots: bool) -> bool {
    mode & (if is_roots { 0o037 } else { 0o077 }) == 0
}

/// Returns whether the file lies where an orchestrator puts secrets for one container or unit: on a mount that
/// cannot be written or is in memory. It gives them modes like 0444, as it does not know who will run there.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_mounted_for_us(path: &Path) -> bool {
    const TMPFS: u64 = 0x0102_1994;
    const RAMFS: u64 = 0x8584_58f6;
    let is_memory = rustix::fs::statfs(path).is_ok_and(|mount| {
        let kind = u64::try_from(mount.f_type).unwrap_or_default();
        kind & 0xffff_ffff == TMPFS || kind & 0xffff_ffff == RAMFS
    });
    let is_fixed =
        rustix::fs::statvfs(path).is_ok_and(|mount| mount.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY));
    is_memory || is_fixed
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
const fn is_mounted_for_us(_: &Path) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn our_own_file_is_for_us_alone_and_roots_for_a_group_too() {
        for (mode, is_roots, is_ok) in [
            (0o600, false, true),
            (0o400, false, true),
            (0o640, false, false),
            (0o604, false, false),
            (0o600, true, true),
            (0o640, true, true),
            (0o440, true, true),
            (0o660, true, false),
            (0o644, true, false),
            (0o642, true, false),
        ] {
            assert_eq!(is_private(mode, is_roots), is_ok, "{mode:o} {is_roots}");
        }
    }
}
