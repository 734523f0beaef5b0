use doorward_kernel::Client;
use doorward_otp::{Challenge, Target};
use doorward_session::Carrier;
use doorward_user::Password;

use crate::limits::{Attempt, Caller};

/// A password and whose it is said to be.
#[derive(Clone, Debug)]
pub struct PasswordAttempt {
    /// The address or number of the account.
    pub identifier: Target,
    /// The password.
    pub password: Password,
    /// The try at the open challenge that asked for it; `None` when both came at once.
    pub flow: Option<Attempt>,
    /// How the client will hold its session.
    pub carrier: Carrier,
    /// The client's data that the session stores.
    pub client: Client,
    /// The caller it counts for in limits.
    pub caller: Caller,
}

impl PasswordAttempt {
    pub(super) fn challenge(&self) -> Option<&Challenge> {
        self.flow.as_ref().map(|of_flow| &of_flow.challenge)
    }

    /// Returns whether the identifier is the one that the flow was started with.
    pub(super) fn is_about_its_flow(&self) -> bool {
        self.challenge().is_none_or(|challenge| challenge.target.as_str() == self.identifier.as_str())
    }
}
