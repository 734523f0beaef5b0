use crate::{Acr, VerifyError, members::Members};

/// The claims of a verified token (RFC 9068, section 2.2).
///
/// Instants are seconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The issuer.
    pub iss: String,
    /// The user: opaque, stable, never given to anybody else.
    pub sub: String,
    /// Which services it is for.
    pub aud: Vec<String>,
    /// When it was made.
    pub iat: u64,
    /// From when it is good.
    pub nbf: u64,
    /// When it ends.
    pub exp: u64,
    /// The token's own id.
    pub jti: String,
    /// The session, which several tokens in a row share.
    pub sid: String,
    /// When the user last verified who they are.
    pub auth_time: u64,
    /// How: `sms`, `pwd`, `otp`, `rc`, and `mfa` when two were of different kinds (RFC 8176).
    pub amr: Vec<String>,
    /// How surely.
    pub acr: Acr,
}

impl Claims {
    /// Reads claims, all of them required and of their type; others are let be.
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, VerifyError> {
        let mut members = Members::parse(payload).ok_or(VerifyError::Json)?;
        Ok(Self {
            iss: text(&mut members, "iss")?,
            sub: text(&mut members, "sub")?,
            aud: members.take_text_or_texts("aud").ok_or(VerifyError::Claim("aud"))?,
            iat: seconds(&members, "iat")?,
            nbf: seconds(&members, "nbf")?,
            exp: seconds(&members, "exp")?,
            jti: text(&mut members, "jti")?,
            sid: text(&mut members, "sid")?,
            auth_time: seconds(&members, "auth_time")?,
            amr: members.take_texts("amr").ok_or(VerifyError::Claim("amr"))?,
            acr: Acr::parse(&text(&mut members, "acr")?),
        })
    }
}

fn text(members: &mut Members, name: &'static str) -> Result<String, VerifyError> {
    members.take_text(name).filter(|text| !text.is_empty()).ok_or(VerifyError::Claim(name))
}

fn seconds(members: &Members, name: &'static str) -> Result<u64, VerifyError> {
    members.seconds(name).ok_or(VerifyError::Claim(name))
}
