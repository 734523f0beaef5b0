use crate::UserId;

/// The number of times that all sessions of an account were ended; device tokens from before are refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeviceGeneration(pub u32);

/// The account that a device token is made for, and when among the ends of all its sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceOwner {
    /// The account.
    pub user: UserId,
    /// Its generation of devices.
    pub generation: DeviceGeneration,
}
