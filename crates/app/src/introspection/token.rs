use doorward_session::AccessClaims;

/// A token that is good, and what it stands for; nothing personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introspected {
    /// Its kind.
    pub kind: TokenKind,
    /// Its claims; of a refresh token, those of the access token it would give.
    pub claims: AccessClaims,
}

/// The kinds of token that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// An access token.
    Access,
    /// A refresh token, which opens nothing at a resource server.
    Refresh,
}

impl TokenKind {
    /// The `token_type`: as an access token is used (RFC 6750), or that it is none.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "Bearer",
            Self::Refresh => "refresh_token",
        }
    }
}
