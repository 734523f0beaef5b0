use std::future::Future;

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{AUTHORIZATION, HeaderValue},
    web,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use doorward_app::clients::Credentials;
use doorward_kernel::{ClientId, Secret};
use futures_util::future::LocalBoxFuture;

use crate::{App, Caller, Problem, detach, openapi::refusals};

/// A registered resource server, authenticated by HTTP Basic and nothing else
/// (RFC 7617; RFC 6749, section 2.3.1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownClient;

impl FromRequest for KnownClient {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Box::pin(authenticate(request))
    }
}

refusals! {
    KnownClient => [InvalidClient, RateLimited, Unavailable];
}

fn authenticate(request: &HttpRequest) -> impl Future<Output = Result<KnownClient, Problem>> + use<> {
    let app = request.app_data::<web::Data<App>>().cloned();
    let caller = Caller::extract(request);
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let header = headers.next().filter(|_| headers.next().is_none());
    let credentials = header.and_then(credentials);
    async move {
        let app = app.ok_or_else(|| Problem::internal("the application has no use cases"))?;
        let credentials = credentials.ok_or_else(Problem::invalid_client)?;
        let caller = caller.await?;
        let is_known = detach(async move { app.introspection.is_for(&credentials, &caller.limited).await }).await??;
        is_known.then_some(KnownClient).ok_or_else(Problem::invalid_client)
    }
}

/// Ids and secrets of ours hold nothing that the form encoding of RFC 6749 would change.
fn credentials(header: &HeaderValue) -> Option<Credentials> {
    let (scheme, encoded) = header.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Secret::new(STANDARD.decode(encoded.trim_matches(' ')).ok()?);
    let (client, secret) = str::from_utf8(decoded.reveal()).ok()?.split_once(':')?;
    Some(Credentials { client: ClientId::parse(client), secret: Secret::new(secret.to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    fn read(header: &str) -> Option<(Option<String>, String)> {
        let credentials = credentials(&HeaderValue::from_str(header).unwrap())?;
        Some((credentials.client.map(|id| id.to_string()), credentials.secret.reveal().clone()))
    }

    fn basic(pair: &str) -> String {
        format!("bASIC {}", STANDARD.encode(pair))
    }

    #[test]
    fn id_and_secret_are_read_from_the_basic_scheme_alone() {
        assert_eq!(read(&basic(&format!("{ID}:cs_a:b"))), Some((Some(ID.to_owned()), "cs_a:b".to_owned())));
        assert_eq!(read(&basic("admin:x")), Some((None, "x".to_owned())));
        for header in ["", "Basic", "Basic ", "Basic !", "Bearer YTpi", &basic("no colon"), "Basic /w=="] {
            assert_eq!(read(header), None, "{header}");
        }
    }
}
