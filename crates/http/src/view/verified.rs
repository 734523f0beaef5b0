use serde::Serialize;
use utoipa::ToSchema;

use super::{TokensView, UserAnswer};

/// What a right code of `POST /otp_verification` leads to.
#[derive(Clone, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Verified)]
pub enum VerifiedView {
    /// A login: the session.
    SignedIn(Box<TokensView>),
    /// A change of number: the account.
    Changed(Box<UserAnswer>),
}
