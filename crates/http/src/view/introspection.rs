use doorward_app::introspection::{Introspected, Introspection};
use serde::Serialize;
use utoipa::ToSchema;

/// The introspection response for a token (RFC 7662, section 2.2).
///
/// All but `active` is there for a good token alone, and nothing personal is among it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Introspection)]
pub struct IntrospectionView {
    /// Whether the token is good now.
    pub active: bool,
    /// `Bearer` for an access token; a token of type `refresh_token` must not open anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub token_type: Option<&'static str>,
    /// When it ends, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub exp: Option<i64>,
    /// When it was made, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub iat: Option<i64>,
    /// The user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "uuid")]
    pub sub: Option<String>,
    /// The session.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "uuid")]
    pub sid: Option<String>,
    /// The issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub iss: Option<String>,
    /// The audience.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub aud: Option<String>,
    /// How surely the user was authenticated.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub acr: Option<&'static str>,
    /// How the user was authenticated.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub amr: Option<Vec<&'static str>>,
    /// When the user last authenticated, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub auth_time: Option<i64>,
}

impl IntrospectionView {
    /// Builds the answer about a token that was found valid, or was not.
    pub fn new(found: Option<Introspected>, introspection: &Introspection) -> Self {
        let Some(Introspected { kind, claims }) = found else { return Self::default() };
        Self {
            active: true,
            token_type: Some(kind.as_str()),
            exp: Some(claims.expires_at.as_seconds()),
            iat: Some(claims.issued_at.as_seconds()),
            sub: Some(claims.user.to_string()),
            sid: Some(claims.session.to_string()),
            iss: Some(introspection.issuer.clone()),
            aud: Some(introspection.audience.clone()),
            acr: Some(claims.assurance.as_str()),
            amr: Some(claims.methods.amr()),
            auth_time: Some(claims.auth_time.as_seconds()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_token_that_is_not_good_nothing_is_told() {
        let view = serde_json::to_string(&IntrospectionView::default()).unwrap();

        assert_eq!(view, r#"{"active":false}"#);
    }
}
