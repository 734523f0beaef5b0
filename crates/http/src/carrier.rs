use actix_web::HttpRequest;
use doorward_kernel::{ChallengeId, Secret};
use doorward_otp::FlowTokens;
use doorward_session::Carrier;

use crate::{Context, CookieKind, Found, OwnCookies, Problem};

/// What flow tokens in a body start with; in the cookie they go without.
pub(crate) const PREFIX: &str = "fl_";

/// The flow a call goes on with, and how the call carried it.
///
/// As the finishing call carried the flow, so the session goes: in a cookie or in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowCarrier {
    /// The challenge the flow stands at.
    pub id: ChallengeId,
    /// How the call carried it; where both carried the same, the body counts.
    pub carrier: Carrier,
}

impl FlowCarrier {
    /// The flow of a call that goes on with one; `token` is the body's `flow_token`.
    pub fn required(
        request: &HttpRequest,
        token: Option<&Secret<String>>,
        tokens: &dyn FlowTokens,
    ) -> Result<Self, Problem> {
        let carried = Carried::by(request, token)?;
        if let (Some(token), Some(cookie)) = (&carried.token, &carried.cookie)
            && token.strip_prefix(PREFIX) != Some(cookie.reveal())
        {
            return Err(Problem::flow_ambiguous());
        }
        match (carried.token, carried.cookie) {
            (Some(token), _) => open(token, tokens),
            (None, Some(cookie)) => {
                let id = tokens.open(cookie.reveal()).ok_or_else(Problem::flow_closed)?;
                Ok(Self { id, carrier: Carrier::Cookie })
            }
            (None, None) => Err(Problem::flow_missing()),
        }
    }

    /// The flow of a call that may start one: a cookie that names none is ignored.
    ///
    /// A `flow_token` is there on purpose, so one that names nothing is refused.
    pub fn optional(
        request: &HttpRequest,
        token: Option<&Secret<String>>,
        tokens: &dyn FlowTokens,
    ) -> Result<Option<Self>, Problem> {
        let carried = Carried::by(request, token)?;
        let by_cookie = carried.cookie.and_then(|cookie| tokens.open(cookie.reveal()));
        let by_token = carried.token.map(|token| open(token, tokens)).transpose()?;
        match (by_token, by_cookie) {
            (Some(flow), Some(id)) if flow.id != id => Err(Problem::flow_ambiguous()),
            (Some(flow), _) => Ok(Some(flow)),
            (None, by_cookie) => Ok(by_cookie.map(|id| Self { id, carrier: Carrier::Cookie })),
        }
    }
}

struct Carried<'a> {
    token: Option<&'a str>,
    cookie: Option<Secret<String>>,
}

impl<'a> Carried<'a> {
    fn by(request: &HttpRequest, token: Option<&'a Secret<String>>) -> Result<Self, Problem> {
        let context = Context::of(request)?;
        let cookie = match OwnCookies::new(&context.settings).read(request.headers(), CookieKind::Flow) {
            Found::Several => return Err(Problem::flow_ambiguous()),
            Found::Nothing | Found::Empty => None,
            Found::One(value) => Some(value),
        };
        let token = token.map(|token| token.reveal().as_str()).filter(|token| !token.is_empty());
        Ok(Self { token, cookie })
    }
}

fn open(token: &str, tokens: &dyn FlowTokens) -> Result<FlowCarrier, Problem> {
    let id = token.strip_prefix(PREFIX).and_then(|token| tokens.open(token)).ok_or_else(Problem::flow_closed)?;
    Ok(FlowCarrier { id, carrier: Carrier::Token })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use actix_web::{HttpMessage as _, test::TestRequest};
    use url::Url;

    use super::*;
    use crate::{HttpSettings, ProblemCode, RequestId};

    const ONE: &str = "oneoneoneoneoneoneoneoneoneoneoneoneoneoneo";
    const TWO: &str = "twotwotwotwotwotwotwotwotwotwotwotwotwotwot";

    struct Tokens;

    impl FlowTokens for Tokens {
        fn seal(&self, _: ChallengeId) -> String {
            ONE.to_owned()
        }

        fn open(&self, token: &str) -> Option<ChallengeId> {
            match token {
                ONE => Some(id(1)),
                TWO => Some(id(2)),
                _ => None,
            }
        }
    }

    fn id(byte: u8) -> ChallengeId {
        ChallengeId::from_bytes([byte; 16])
    }

    fn request(cookies: &[&str]) -> HttpRequest {
        let mut request = TestRequest::default();
        for cookie in cookies {
            request = request.append_header(("cookie", format!("doorward_flow={cookie}")));
        }
        let request = request.to_http_request();
        let settings = Arc::new(HttpSettings::new(Url::parse("http://127.0.0.1:8080").unwrap()));
        request.extensions_mut().insert(Context { settings, request_id: RequestId::parse(b"request-id").unwrap() });
        request
    }

    fn required(token: Option<&str>, cookies: &[&str]) -> Result<(u8, Carrier), ProblemCode> {
        let token = token.map(|token| Secret::new(token.to_owned()));
        let flow = FlowCarrier::required(&request(cookies), token.as_ref(), &Tokens);
        flow.map(|flow| (flow.id.to_bytes()[0], flow.carrier)).map_err(|problem| problem.code())
    }

    fn optional(token: Option<&str>, cookies: &[&str]) -> Result<Option<(u8, Carrier)>, ProblemCode> {
        let token = token.map(|token| Secret::new(token.to_owned()));
        let flow = FlowCarrier::optional(&request(cookies), token.as_ref(), &Tokens);
        flow.map(|flow| flow.map(|flow| (flow.id.to_bytes()[0], flow.carrier))).map_err(|problem| problem.code())
    }

    #[test]
    fn a_call_names_its_flow_once() {
        use ProblemCode::{FlowAmbiguous, FlowClosed, FlowMissing};

        let (fl_one, fl_two) = (format!("fl_{ONE}"), format!("fl_{TWO}"));
        let (fl_one, fl_two) = (fl_one.as_str(), fl_two.as_str());
        for (token, cookies, expected) in [
            (None, &[][..], Err(FlowMissing)),
            (None, &[""], Err(FlowMissing)),
            (Some(""), &[], Err(FlowMissing)),
            (Some(""), &[ONE], Ok((1, Carrier::Cookie))),
            (None, &[ONE], Ok((1, Carrier::Cookie))),
            (None, &["forged"], Err(FlowClosed)),
            (None, &[fl_one], Err(FlowClosed)),
            (Some(fl_one), &[], Ok((1, Carrier::Token))),
            (Some(fl_one), &[""], Ok((1, Carrier::Token))),
            (Some(ONE), &[], Err(FlowClosed)),
            (Some("fl_forged"), &[], Err(FlowClosed)),
            (Some(fl_one), &[ONE], Ok((1, Carrier::Token))),
            (Some(fl_two), &[ONE], Err(FlowAmbiguous)),
            (Some(fl_one), &["forged"], Err(FlowAmbiguous)),
            (Some("fl_forged"), &["forged"], Err(FlowClosed)),
            (None, &[ONE, ONE], Err(FlowAmbiguous)),
            (Some(fl_one), &[ONE, ""], Err(FlowAmbiguous)),
        ] {
            assert_eq!(required(token, cookies), expected, "{token:?} {cookies:?}");
        }
    }

    #[test]
    fn a_start_ignores_a_cookie_that_names_no_flow() {
        use ProblemCode::{FlowAmbiguous, FlowClosed};

        let (fl_one, fl_two) = (format!("fl_{ONE}"), format!("fl_{TWO}"));
        let (fl_one, fl_two) = (fl_one.as_str(), fl_two.as_str());
        for (token, cookies, expected) in [
            (None, &[][..], Ok(None)),
            (None, &[""], Ok(None)),
            (None, &["forged"], Ok(None)),
            (Some(""), &["forged"], Ok(None)),
            (None, &[ONE], Ok(Some((1, Carrier::Cookie)))),
            (Some(fl_one), &["forged"], Ok(Some((1, Carrier::Token)))),
            (Some(fl_one), &[ONE], Ok(Some((1, Carrier::Token)))),
            (Some(fl_two), &[ONE], Err(FlowAmbiguous)),
            (Some("fl_forged"), &[], Err(FlowClosed)),
            (None, &[ONE, TWO], Err(FlowAmbiguous)),
        ] {
            assert_eq!(optional(token, cookies), expected, "{token:?} {cookies:?}");
        }
    }
}
