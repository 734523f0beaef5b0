use std::pin::Pin;

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::AUTHORIZATION, web::Data};

use crate::{Acr, Claims, Verifier, actix::Rejection};

/// The verified token of a request, from `Authorization: Bearer` (RFC 6750, section 2.1).
///
/// Needs a `web::Data<Verifier>` among the application's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken(pub Claims);

impl AccessToken {
    /// The claims of the token.
    pub fn claims(&self) -> &Claims {
        &self.0
    }

    /// Refuses a token whose owner was verified less surely.
    ///
    /// The answer tells the client what to ask of Doorward's `POST /step_up` (RFC 9470, section 3).
    pub fn require_acr(&self, required: Acr) -> Result<(), Rejection> {
        if self.0.acr.is_at_least(required) { Ok(()) } else { Err(Rejection::Insufficient(required)) }
    }
}

impl FromRequest for AccessToken {
    type Error = Rejection;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Rejection>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let verifier = request.app_data::<Data<Verifier>>().cloned();
        let token = bearer(request).map(str::to_owned);
        Box::pin(async move {
            let verifier = verifier.ok_or(Rejection::NoVerifier)?;
            Ok(Self(verifier.verify(&token?).await?))
        })
    }
}

/// The token, if there is exactly one; the scheme's case does not matter (RFC 9110, section 11.1).
fn bearer(request: &HttpRequest) -> Result<&str, Rejection> {
    let mut lines = request.headers().get_all(AUTHORIZATION);
    let line = lines.next().ok_or(Rejection::NoToken)?;
    let (scheme, token) = line.to_str().ok().and_then(|line| line.split_once(' ')).ok_or(Rejection::Invalid)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Rejection::NoToken);
    }
    if lines.next().is_some() { Err(Rejection::Invalid) } else { Ok(token.trim_start_matches(' ')) }
}
