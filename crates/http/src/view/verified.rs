use doorward_kernel::Timestamp;
use doorward_user::User;
use serde::Serialize;
use utoipa::ToSchema;

use super::{TokensView, UserAnswer, UserView};

/// The answer to a right code of `POST /otp_verification`.
#[derive(Clone, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Verified)]
pub enum VerifiedView {
    /// A login: the session.
    SignedIn(Box<TokensView>),
    /// A number that takes the place of a verified one later.
    Pending(Box<PendingNumberView>),
    /// A change of number: the account.
    Changed(Box<UserAnswer>),
}

/// An account whose number changes unless its owner objects.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = PendingNumber)]
pub struct PendingNumberView {
    /// The account as it still is.
    pub user: UserView,
    /// When the new number takes the place of the old one.
    #[schema(format = DateTime, example = "2026-01-02T00:00:00Z")]
    pub takes_effect_at: String,
}

impl PendingNumberView {
    /// Builds the answer for a number that is pending until then.
    pub fn new(user: &User, due_at: Timestamp) -> Self {
        Self { user: user.into(), takes_effect_at: due_at.to_string() }
    }
}

/// The answer to a right code of `POST /verify_email`, where it makes no account.
#[derive(Clone, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = VerifiedAddress)]
pub enum VerifiedAddressView {
    /// After a right password: a session that may only bind.
    MayBind(Box<TokensView>),
    /// A change of address: the account.
    Changed(Box<UserAnswer>),
}
