use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, http::StatusCode};
use doorward_app::{
    flow,
    sessions::{Grant, Holding},
};
use doorward_session::Carrier;
use serde::Serialize;

use crate::{
    Context, CookieKind, Found, OwnCookies, Problem, ProblemCode, signed_in,
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
    pub(crate) fn started(&self, flow: &flow::FlowView, carrier: Option<Carrier>) -> HttpResponse {
        let by_cookie = carrier != Some(Carrier::Token) && !signed_in::has_bearer(self.request);
        let mut reply = HttpResponse::build(StatusCode::ACCEPTED);
        if by_cookie {
            reply.cookie(self.cookies.set(CookieKind::Flow, &flow_token(flow)));
        } else {
            // A cookie of another flow would make the next call ambiguous.
            self.end_flow(&mut reply);
        }
        reply.json(FlowView::from(flow))
    }

    /// A failure in a flow; one that has ended is forgotten by a client that holds it in a cookie.
    pub(crate) fn failed(&self, error: impl Into<Problem>, carrier: Carrier) -> Problem {
        let problem = error.into();
        let has_ended = problem.code() == ProblemCode::FlowClosed || problem.attempts_left() == Some(0);
        if has_ended && carrier == Carrier::Cookie {
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
    pub(crate) fn goes_on(&self, flow: &flow::FlowView, carrier: Carrier) -> HttpResponse {
        let mut reply = HttpResponse::build(StatusCode::ACCEPTED);
        self.hand_over(&mut reply, flow, carrier);
        reply.json(FlowView::from(flow))
    }

    /// What a flow came to at its end, where that is no session.
    pub(crate) fn ended(&self, answer: &impl Serialize) -> HttpResponse {
        let mut reply = HttpResponse::Ok();
        self.end_flow(&mut reply);
        reply.json(answer)
    }

    /// A session that was opened at the end of a flow, carried as the flow was.
    pub(crate) fn signed_in(&self, grant: &Grant) -> HttpResponse {
        let mut reply = HttpResponse::Ok();
        self.end_flow(&mut reply);
        self.tokens(reply, grant)
    }

    /// A session that was renewed at the end of a flow; its cookie, if it has one, stays as it is.
    pub(crate) fn stepped_up(&self, grant: &Grant) -> HttpResponse {
        let mut reply = HttpResponse::Ok();
        self.end_flow(&mut reply);
        reply.json(TokensView::from(grant))
    }

    /// A session that was renewed.
    pub(crate) fn renewed(&self, grant: &Grant) -> HttpResponse {
        self.tokens(HttpResponse::Ok(), grant)
    }

    fn tokens(&self, mut reply: HttpResponseBuilder, grant: &Grant) -> HttpResponse {
        if let Holding::Cookie(value) = &grant.holding {
            reply.cookie(self.cookies.set(CookieKind::Session, value.reveal()));
            if let Some(token) = &grant.device_token {
                reply.cookie(self.cookies.set(CookieKind::Device, token.reveal()));
            }
        }
        reply.json(TokensView::from(grant))
    }

    /// Hands the next flow to a client that held the last one in that way.
    pub(crate) fn hand_over(&self, reply: &mut HttpResponseBuilder, flow: &flow::FlowView, carrier: Carrier) {
        match carrier {
            Carrier::Cookie => {
                reply.cookie(self.cookies.set(CookieKind::Flow, &flow_token(flow)));
            }
            Carrier::Token => self.end_flow(reply),
        }
    }

    /// Makes the client forget the flow that has ended, if it holds one in a cookie.
    pub(crate) fn end_flow(&self, reply: &mut HttpResponseBuilder) {
        self.forget(reply, CookieKind::Flow);
    }

    /// Makes the client forget a cookie it has.
    pub(crate) fn forget(&self, reply: &mut HttpResponseBuilder, kind: CookieKind) {
        if !matches!(self.cookies.read(self.request.headers(), kind), Found::Nothing) {
            reply.cookie(self.cookies.clear(kind));
        }
    }
}
