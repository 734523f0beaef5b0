use doorward_kernel::{ChangeId, EmailAddress, PhoneNumber, Secret, Timestamp, UserId};

use crate::UserPhone;

/// A change of address or number that was made, for as long as it can be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentifierChange {
    /// Names the change; the token that undoes it carries it.
    pub id: ChangeId,
    /// Whose address or number it was.
    pub user: UserId,
    /// The old and the new address or number.
    pub replaced: Replaced,
    /// When it was made.
    pub at: Timestamp,
}

/// One identifier in place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// An address.
    Email {
        /// The one before.
        old: EmailAddress,
        /// The one since.
        new: EmailAddress,
    },
    /// A number.
    Phone {
        /// The one before, verified or not; `None` where there was none.
        old: Option<UserPhone>,
        /// The one since.
        new: PhoneNumber,
    },
}

/// Writes and reads the tokens that undo a change; nobody can forge one, and none is stored.
pub trait UndoTokens: Send + Sync {
    /// The token of a change: `un_` and 43 characters of base64url.
    fn undo_token(&self, id: ChangeId) -> Secret<String>;

    /// The change a token names; `None` for all that we did not make.
    fn open_undo_token(&self, token: &str) -> Option<ChangeId>;
}
