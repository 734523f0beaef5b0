use std::fmt;

/// A device that has logged in to the account before, as its limits know it.
///
/// 32 bytes, a keyed digest of its token: each device counts for itself, and all of an account
/// together have a bound, so whoever logs in again and again collects devices and few tries. It opens nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KnownDevice(pub [u8; 32]);

impl fmt::Debug for KnownDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([first, second, third, fourth, ..]) = self;
        write!(f, "KnownDevice({first:02x}{second:02x}{third:02x}{fourth:02x})")
    }
}
