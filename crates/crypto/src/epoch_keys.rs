use std::fmt;

use aws_lc_rs::error::Unspecified;
use doorward_kernel::{KeyEpoch, Random, Timestamp};

use crate::{
    RootSecret,
    sealing::Sealer,
    signing::{SigningAlgorithm, SigningKey},
    subkey::{EpochSecret, Mac, Use},
};

/// The epoch to start with when a database has none yet: number 1, in use from now on.
pub fn first_epoch(random: &dyn Random, now: Timestamp) -> KeyEpoch {
    KeyEpoch::after(&[], now, random)
}

/// Every key of one epoch.
pub(crate) struct EpochKeys {
    pub(crate) epoch: KeyEpoch,
    pub(crate) otp: Mac,
    pub(crate) flow: Mac,
    pub(crate) refresh: Mac,
    pub(crate) cookie: Mac,
    pub(crate) device: Mac,
    pub(crate) recovery: Mac,
    pub(crate) undo: Mac,
    pub(crate) report: Mac,
    pub(crate) sealer: Sealer,
    pub(crate) signing: SigningKey,
}

impl EpochKeys {
    pub(crate) fn derive(root: &RootSecret, epoch: KeyEpoch, algorithm: SigningAlgorithm) -> Result<Self, Unspecified> {
        let secret = EpochSecret::new(root, &epoch);
        Ok(Self {
            otp: secret.mac(Use::Otp)?,
            flow: secret.mac(Use::Flow)?,
            refresh: secret.mac(Use::Refresh)?,
            cookie: secret.mac(Use::Cookie)?,
            device: secret.mac(Use::Device)?,
            recovery: secret.mac(Use::Recovery)?,
            undo: secret.mac(Use::Undo)?,
            report: secret.mac(Use::Report)?,
            sealer: Sealer::derive(&secret)?,
            signing: SigningKey::derive(&secret, algorithm)?,
            epoch,
        })
    }

    /// Returns whether what was made under the epoch is accepted: `retired_at <= now` is retired.
    pub(crate) fn is_accepted(&self, now: Timestamp) -> bool {
        self.epoch.is_accepted(now)
    }

    pub(crate) fn has_begun(&self, now: Timestamp) -> bool {
        self.epoch.has_begun(now)
    }
}

impl fmt::Debug for EpochKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EpochKeys").field("epoch", &self.epoch.id).finish_non_exhaustive()
    }
}
