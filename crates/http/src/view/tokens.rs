use doorward_app::sessions::{Grant, Holding};
use doorward_kernel::Secret;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::UserView;

/// A session, as it is handed to its client.
///
/// A client that holds the session in a cookie gets neither refresh nor device token here.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Tokens)]
pub struct TokensView {
    /// The account.
    pub user: UserView,
    /// A JWT of type `at+jwt`.
    #[serde(serialize_with = "revealed")]
    #[schema(value_type = String, example = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiJ9.…")]
    pub access_token: Secret<String>,
    /// `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// Seconds until the access token ends.
    #[schema(example = 300)]
    pub expires_in: u64,
    /// Renews the session, once.
    #[serde(serialize_with = "revealed_if_any")]
    #[schema(value_type = Option<String>, required = true, example = "rt_…")]
    pub refresh_token: Option<Secret<String>>,
    /// Seconds until the refresh token ends if it is not used.
    #[schema(required = true, example = 86400)]
    pub refresh_expires_in: Option<u64>,
    /// Names the session.
    #[schema(format = "uuid", example = "01890a5d-ac96-774b-bcce-b302099a8058")]
    pub session_id: String,
    /// By which this client is known again at the next login; it verifies nothing.
    #[serde(serialize_with = "revealed_if_any")]
    #[schema(value_type = Option<String>, required = true, example = "dt_…")]
    pub device_token: Option<Secret<String>>,
    /// `true` where the login was to continue a registration, and another account has verified the
    /// number since: `user` is that one. Else `null`.
    #[schema(required = true)]
    pub other_account: Option<bool>,
}

impl From<&Grant> for TokensView {
    fn from(grant: &Grant) -> Self {
        let (refresh_token, refresh_expires_in, device_token) = match &grant.holding {
            Holding::Cookie(_) => (None, None, None),
            Holding::RefreshToken(token, life) => {
                (Some(token.clone()), Some(life.as_secs()), grant.device_token.clone())
            }
        };
        Self {
            user: (&grant.user).into(),
            access_token: grant.access_token.clone(),
            token_type: "Bearer",
            expires_in: grant.access_ttl.as_secs(),
            refresh_token,
            refresh_expires_in,
            session_id: grant.session.to_string(),
            device_token,
            other_account: grant.is_of_another_account.then_some(true),
        }
    }
}

fn revealed<S: Serializer>(secret: &Secret<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.reveal())
}

#[expect(clippy::ref_option, reason = "serde hands over the field as it is")]
fn revealed_if_any<S: Serializer>(secret: &Option<Secret<String>>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(Secret::reveal).serialize(serializer)
}
