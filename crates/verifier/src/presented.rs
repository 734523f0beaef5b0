use crate::{
    VerifyError, base64url,
    keys::{Algorithm, Thumbprint},
    members::Members,
};

/// The longest token that is read, in bytes; Doorward's have fewer than 1000.
const MAX_BYTES: usize = 4096;

/// Header members that bring a key along, or change what is signed or how (RFC 7515, section 4.1).
const FORBIDDEN: [&str; 11] = ["crit", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "b64", "zip", "enc", "cty"];

/// A token read, not yet believed.
pub(crate) struct Presented<'a> {
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: Thumbprint,
    /// The signed part: header and payload as received.
    pub(crate) message: &'a str,
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

impl<'a> Presented<'a> {
    pub(crate) fn parse(token: &'a str) -> Result<Self, VerifyError> {
        if token.len() > MAX_BYTES {
            return Err(VerifyError::TooLong);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(VerifyError::Encoding)?;
        // A fourth segment leaves a dot in the payload, which base64url does not have.
        let (header, payload) = message.split_once('.').ok_or(VerifyError::Encoding)?;
        let header = segment(header)?;
        let (payload, signature) = (segment(payload)?, segment(signature)?);
        let (algorithm, kid) = read_header(&header)?;
        Ok(Self { algorithm, kid, message, payload, signature })
    }
}

fn segment(text: &str) -> Result<Vec<u8>, VerifyError> {
    base64url::decode(text).ok_or(VerifyError::Encoding)
}

fn read_header(json: &[u8]) -> Result<(Algorithm, Thumbprint), VerifyError> {
    let header = Members::parse(json).ok_or(VerifyError::Json)?;
    if let Some(name) = FORBIDDEN.into_iter().find(|name| header.has(name)) {
        return Err(VerifyError::ForbiddenHeader(name));
    }
    if !header.text("typ").is_some_and(is_access_token) {
        return Err(VerifyError::Type);
    }
    let algorithm = header.text("alg").and_then(Algorithm::parse).ok_or(VerifyError::Algorithm)?;
    let kid = header.text("kid").and_then(Thumbprint::parse).ok_or(VerifyError::KeyId)?;
    Ok((algorithm, kid))
}

/// A media type, so without regard to case, with or without its prefix (RFC 9068, section 4).
fn is_access_token(typ: &str) -> bool {
    typ.eq_ignore_ascii_case("at+jwt") || typ.eq_ignore_ascii_case("application/at+jwt")
}
