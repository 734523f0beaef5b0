use doorward_kernel::Timestamp;

/// The seconds for which a code is shown (RFC 6238, section 5.2).
const PERIOD: u64 = 30;

/// Numbers the 30 seconds that a code of an authenticator app is for, counted from 1970.
///
/// The step of the last accepted code is kept, since no code counts twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeStep(pub u64);

impl TimeStep {
    /// The step of an instant; zero before 1970.
    pub fn at(now: Timestamp) -> Self {
        Self(u64::try_from(now.as_seconds()).unwrap_or(0) / PERIOD)
    }

    /// The step before this one, if there is one.
    pub(super) fn previous(self) -> Option<Self> {
        self.0.checked_sub(1).map(Self)
    }
}
