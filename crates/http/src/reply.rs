use std::error::Error;

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, http::StatusCode};
use doorward_app::{
    SignedIn, flow,
    sessions::{Authentication, Grant, Holding},
};
use doorward_kernel::SessionId;
use doorward_session::{Carrier, Session, SessionTokens};
use doorward_user::User;
use serde::Serialize;

use crate::{
    Context, CookieKind, FlowCarrier, Found, OwnCookies, Problem, detach, flow_carrier, session,
    view::{FlowView, TokensView, flow_token},
};

/// Writes answers that hand flows and sessions to clients, each the way its client holds them.
pub(crate) struct Reply<'a> {
    request: &'a HttpRequest,
    cookies: OwnCookies,
}

impl<'a> Reply<'a> {
    pub(crate) fn to(request: &'a HttpRequest) -> Result<Self, Problem> {
        Ok(Self { request, cookies: OwnCookies::new(&Context::of(request)?.settings) })
    }

    /// A flow that was started: by cookie too, unless the client asked for the token alone or shows one.
    ///
    /// A client that holds the flow by its token alone loses a cookie of a flow that is over:
    /// the two would make its next call ambiguous. A cookie of an open flow is another one's.
    pub(crate) async fn started(
        &self,
        flow: &flow::FlowView,
        carrier: Option<Carrier>,
        verification: &flow::Verification,
    ) -> HttpResponse {
        let by_cookie = carrier != Some(Carrier::Token) && !session::has_bearer(self.request);
        let mut reply = HttpResponse::build(StatusCode::ACCEPTED);
        if by_cookie {
            reply.cookie(self.cookies.set(CookieKind::Flow, &flow_token(flow)));
        } else if self.has_stale_flow(verification).await {
            reply.cookie(self.cookies.clear(CookieKind::Flow));
        }
        reply.json(FlowView::from(flow))
    }

    /// Returns whether there are flow cookies and none of them names an open flow.
    async fn has_stale_flow(&self, verification: &flow::Verification) -> bool {
        let cookies = self.cookies.read_all(self.request.headers(), CookieKind::Flow);
        let named = flow_carrier::opened(&cookies, &*verification.keys);
        // While nobody can tell, they stay.
        !cookies.is_empty() && matches!(verification.is_any_open(&named).await, Ok(false))
    }

    /// A failure in a flow; the last wrong try ends it, and a client that holds it in a cookie forgets it.
    ///
    /// A flow that was closed before leaves the cookie alone: by now it may name the one that followed.
    pub(crate) fn failed(&self, error: impl Into<Problem>, flow: FlowCarrier) -> Problem {
        let problem = error.into();
        if problem.attempts_left() == Some(0) && flow.is_in_cookie {
            problem.with_cookie(self.cookies.clear(CookieKind::Flow))
        } else {
            problem
        }
    }

    /// A flow whose code was sent again; its client holds it already.
    pub(crate) fn resent(flow: &flow::FlowView) -> HttpResponse {
        HttpResponse::build(StatusCode::ACCEPTED).json(FlowView::from(flow))
    }

    /// A flow that goes on in a next one, carried as the last one was.
    pub(crate) fn goes_on(&self, next: &flow::FlowView, last: FlowCarrier) -> HttpResponse {
        let mut reply = HttpResponse::build(StatusCode::ACCEPTED);
        self.hand_over(&mut reply, next, last);
        reply.json(FlowView::from(next))
    }

    /// Answers the end of a flow that gives no session.
    pub(crate) fn ended(&self, answer: &impl Serialize, flow: FlowCarrier) -> HttpResponse {
        let mut reply = HttpResponse::Ok();
        self.end_flow(&mut reply, flow);
        reply.json(answer)
    }

    /// Renews the cookie of a session whose account has just changed, if it has one.
    ///
    /// The change stands whatever comes of it.
    pub(crate) async fn renew_cookie(
        &self,
        mut answer: HttpResponse,
        authentication: &Authentication,
        signed_in: SignedIn,
    ) -> Result<HttpResponse, Problem> {
        let authentication = authentication.clone();
        let renewed = detach(async move {
            let renewed = authentication.renew_cookie(&signed_in).await?;
            Ok(renewed.map(|SignedIn { session, .. }| authentication.tokens.cookie(session.id, session.generation)))
        });
        match renewed.await.and_then(|renewed: Result<_, Problem>| renewed) {
            Ok(None) => {}
            Ok(Some(cookie)) => {
                let cookie = self.cookies.set(CookieKind::Session, cookie.reveal());
                answer.add_cookie(&cookie).map_err(Problem::internal)?;
            }
            Err(error) => tracing::warn!(error = &error as &dyn Error, "session cookie not renewed"),
        }
        Ok(answer)
    }

    /// The same at the end of a flow, where the call shows a session of the account that changed.
    pub(crate) async fn renew_own_cookie(
        &self,
        answer: HttpResponse,
        authentication: &Authentication,
        changed: &User,
    ) -> Result<HttpResponse, Problem> {
        match session::authenticate(self.request).await {
            Ok(signed_in) if signed_in.user.id == changed.id => {
                self.renew_cookie(answer, authentication, signed_in).await
            }
            Ok(_) | Err(_) => Ok(answer),
        }
    }

    /// Ends the session of the cookie that the call came with, whose place a new one takes.
    ///
    /// The new one is open whatever comes of it.
    pub(crate) async fn end_replaced(&self, authentication: &Authentication, by: &Session) {
        let Found::One(cookie) = self.cookies.read(self.request.headers(), CookieKind::Session) else { return };
        let (authentication, by) = (authentication.clone(), by.clone());
        let ended = detach(async move { Ok(authentication.replace(cookie.reveal(), &by).await?) });
        if let Err(error) = ended.await.and_then(|ended: Result<_, Problem>| ended) {
            tracing::warn!(error = &error as &dyn Error, "replaced session not ended");
        }
    }

    /// A session that was opened or renewed, at the end of a flow where there was one, carried as that was.
    pub(crate) fn signed_in(&self, grant: &Grant, flow: Option<FlowCarrier>) -> HttpResponse {
        let mut reply = HttpResponse::Ok();
        if let Some(flow) = flow {
            self.end_flow(&mut reply, flow);
        }
        if let Holding::Cookie(value) = &grant.holding {
            reply.cookie(self.cookies.set(CookieKind::Session, value.reveal()));
            if let Some(token) = &grant.device_token {
                reply.cookie(self.cookies.set(CookieKind::Device, token.reveal()));
            }
        }
        reply.json(TokensView::from(grant))
    }

    /// A session that was renewed; its cookie, if it has one, is the client's already.
    ///
    /// Setting it again would put it in place of a newer one that the client was given meanwhile.
    pub(crate) fn renewed(grant: &Grant) -> HttpResponse {
        HttpResponse::Ok().json(TokensView::from(grant))
    }

    /// Hands the next flow to a client in the way that it held the last one.
    pub(crate) fn hand_over(&self, reply: &mut HttpResponseBuilder, next: &flow::FlowView, last: FlowCarrier) {
        match last.carrier {
            Carrier::Cookie => {
                reply.cookie(self.cookies.set(CookieKind::Flow, &flow_token(next)));
            }
            Carrier::Token => self.end_flow(reply, last),
        }
    }

    /// Makes the client forget the flow that has ended, if it is the one in its cookie.
    fn end_flow(&self, reply: &mut HttpResponseBuilder, flow: FlowCarrier) {
        if flow.is_in_cookie {
            reply.cookie(self.cookies.clear(CookieKind::Flow));
        }
    }

    /// Makes the client forget the session that has ended, if it is the one in its cookie.
    pub(crate) fn end_session(&self, reply: &mut HttpResponseBuilder, ended: SessionId, tokens: &dyn SessionTokens) {
        if let Found::One(value) = self.cookies.read(self.request.headers(), CookieKind::Session)
            && tokens.open_cookie(value.reveal()).is_some_and(|(session, _)| session == ended)
        {
            reply.cookie(self.cookies.clear(CookieKind::Session));
        }
    }
}
