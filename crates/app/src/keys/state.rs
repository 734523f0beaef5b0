use doorward_kernel::{EpochId, KeyEpoch, Timestamp};

/// The state of an epoch at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EpochState {
    /// Published, not in use yet.
    Next,
    /// In use.
    Current,
    /// Left behind: what was made under it is accepted.
    Past,
    /// Nothing made under it is accepted.
    Retired,
}

impl EpochState {
    /// The state of an epoch beside the one in use.
    pub(super) fn of(epoch: &KeyEpoch, current: EpochId, now: Timestamp) -> Self {
        if !epoch.is_accepted(now) {
            Self::Retired
        } else if epoch.id == current {
            Self::Current
        } else if epoch.has_begun(now) {
            Self::Past
        } else {
            Self::Next
        }
    }

    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Current => "current",
            Self::Past => "past",
            Self::Retired => "retired",
        }
    }
}
