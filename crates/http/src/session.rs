use std::future::Future;

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::AUTHORIZATION, web};
use doorward_app::sessions::Credential;
use doorward_kernel::Secret;
use doorward_session::Scope;
use futures_util::future::LocalBoxFuture;

use crate::{App, Context, CookieKind, Found, OwnCookies, Problem, openapi::refusals};

/// The session of a call, by access token or by cookie; one that may only bind is refused.
#[derive(Clone, Debug)]
pub struct FullSession {
    /// The session and its user.
    pub session: doorward_app::SignedIn,
}

/// The session of a call that one that may only bind may make, too.
#[derive(Clone, Debug)]
pub struct AnySession {
    /// The session and its user.
    pub session: doorward_app::SignedIn,
}

impl AnySession {
    /// Returns whether binding is all the session may do.
    pub fn only_binds(&self) -> bool {
        self.session.session.scope == Scope::Binding
    }
}

impl FromRequest for AnySession {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let session = authenticate(request);
        Box::pin(async move { Ok(Self { session: session.await? }) })
    }
}

impl FromRequest for FullSession {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let session = AnySession::extract(request);
        Box::pin(async move {
            let session = session.await?;
            if session.only_binds() { Err(Problem::binding_required()) } else { Ok(Self { session: session.session }) }
        })
    }
}

refusals! {
    AnySession => [SessionAmbiguous, Unauthenticated, Unavailable];
    FullSession => [SessionAmbiguous, Unauthenticated, BindingRequired, Unavailable];
}

/// The session of a call, in a future that keeps nothing of the request but its credentials.
///
/// A cookie that shows no session is refused and left alone: by now the client may hold a newer one.
pub(crate) fn authenticate(
    request: &HttpRequest,
) -> impl Future<Output = Result<doorward_app::SignedIn, Problem>> + use<> {
    let app = request.app_data::<web::Data<App>>().cloned();
    let bearer = bearer(request);
    let cookie = session_cookie(request);
    async move {
        let app = app.ok_or_else(|| Problem::internal("the application has no use cases"))?;
        let authentication = &app.authentication;
        let (bearer, cookie) = (bearer?, cookie?);
        let credential = match (&bearer, &cookie) {
            (Some(token), _) => Credential::Bearer(token.reveal()),
            (None, Some(value)) => Credential::Cookie(value.reveal()),
            (None, None) => return Err(Problem::unauthenticated()),
        };
        let session = authentication.authenticate(credential).await?;
        let by_cookie = cookie.and_then(|value| authentication.tokens.open_cookie(value.reveal()));
        if by_cookie.is_some_and(|(id, _)| id != session.session.id) {
            return Err(Problem::session_ambiguous());
        }
        Ok(session)
    }
}

/// Returns whether the call shows an access token, good or not.
pub(crate) fn has_bearer(request: &HttpRequest) -> bool {
    matches!(bearer(request), Ok(Some(_)))
}

/// The token of an `Authorization: Bearer` header (RFC 6750, section 2.1).
pub(crate) fn bearer(request: &HttpRequest) -> Result<Option<Secret<String>>, Problem> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let (first, second) = (headers.next(), headers.next());
    if second.is_some() {
        return Err(Problem::session_ambiguous());
    }
    let text = first.and_then(|header| header.to_str().ok()).unwrap_or_default();
    let token = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    Ok(token.map(|(_, token)| Secret::new(token.trim_matches(' ').to_owned())))
}

/// The value of the session cookie.
pub(crate) fn session_cookie(request: &HttpRequest) -> Result<Option<Secret<String>>, Problem> {
    let context = Context::of(request)?;
    match OwnCookies::new(&context.settings).read(request.headers(), CookieKind::Session) {
        Found::Several => Err(Problem::session_ambiguous()),
        Found::Nothing | Found::Empty => Ok(None),
        Found::One(value) => Ok(Some(value)),
    }
}
