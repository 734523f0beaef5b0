use async_trait::async_trait;
use doorward_kernel::{PhoneNumber, StoreError, Timestamp};
use doorward_user::User;

use crate::NumberDrop;

/// Claims of a number that were made before it was verified for somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoidClaims {
    /// The number.
    pub number: PhoneNumber,
    /// When it was verified; accounts that are younger claim it anew, and keep their claim.
    pub made_until: Timestamp,
    /// Who made them, oldest first, at most 100; none where all are gone.
    pub claimants: Vec<User>,
}

/// Claims to drop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropClaims {
    /// The number.
    pub number: PhoneNumber,
    /// When it was verified.
    pub made_until: Timestamp,
    /// Who loses it.
    pub drops: Vec<NumberDrop>,
    /// When.
    pub now: Timestamp,
}

/// Drops the claims of a number that its verification did not take away at once, as they were too many.
///
/// A verification notes a number in its own step if claims are left that were made until then, so none is forgotten.
#[async_trait]
pub trait Claims: Send + Sync {
    /// The void claims of a number that is noted; `None` where none is.
    async fn find_void(&self) -> Result<Option<VoidClaims>, StoreError>;

    /// Takes the number from those who still only claim it, each with its notice and event, and forgets the number
    /// once no claim made until then is left; returns how many lost it.
    async fn drop_void(&self, drop: DropClaims) -> Result<u64, StoreError>;
}
