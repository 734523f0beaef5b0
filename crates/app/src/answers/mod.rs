//! Answers to the steps of flows: each is found, and given to the feature that its step belongs to.

mod code;
mod email_code;
mod password;
mod resend;
mod reset;

use doorward_kernel::{ChallengeId, Client};
use doorward_session::Carrier;

use crate::limits::Caller;

pub use code::CodeAnswered;
pub use email_code::EmailCodeAnswered;
pub use password::{PasswordAnswer, PasswordAnswerError};
pub use resend::Resent;

/// The answer of a caller to the step of a flow, and the inputs of a session that follows.
#[derive(Clone, Debug)]
pub struct Answer<T> {
    /// The flow.
    pub flow: ChallengeId,
    /// The code to verify.
    pub code: T,
    /// How the client will hold its session.
    pub carrier: Carrier,
    /// The client's data that the session stores.
    pub client: Client,
    /// The caller it counts for in limits.
    pub caller: Caller,
}
