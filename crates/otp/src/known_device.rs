use std::fmt;

/// A device that has logged in to the account before, as its limits know it.
///
/// 32 bytes, half of the keyed digests of its account and of its token: each device counts for itself, and all of an
/// account together have a bound, so whoever logs in again and again collects devices, few tries and few calls. It opens
/// nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KnownDevice(pub [u8; 32]);

impl KnownDevice {
    /// The device of an account, by the digests of both.
    pub fn new(account: [u8; 32], token: [u8; 32]) -> Self {
        let mut halves = account;
        halves[16..].copy_from_slice(&token[16..]);
        Self(halves)
    }

    /// The same 32 bytes for all devices of its account.
    pub fn account(&self) -> [u8; 32] {
        let mut account = self.0;
        account[16..].fill(0);
        account
    }
}

impl fmt::Debug for KnownDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([.., first, second, third, fourth]) = self;
        write!(f, "KnownDevice({first:02x}{second:02x}{third:02x}{fourth:02x})")
    }
}
