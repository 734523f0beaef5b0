use actix_web::HttpRequest;
use doorward_kernel::{ChallengeId, Secret};
use doorward_otp::FlowTokens;
use doorward_session::Carrier;

use crate::{Context, CookieKind, Found, OwnCookies, Problem, Reply};

/// What flow tokens start with, so that scanners find leaked ones; none of ours needs it to be read.
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
            && bare(token) != bare(cookie.reveal())
        {
            return Err(Problem::flow_ambiguous());
        }
        match (carried.token, carried.cookie) {
            (Some(token), _) => open(token, tokens),
            (None, Some(cookie)) => {
                let id = tokens.open(bare(cookie.reveal()));
                let closed = || Reply::to(request).map(|reply| reply.failed(Problem::flow_closed(), Carrier::Cookie));
                match id {
                    Some(id) => Ok(Self { id, carrier: Carrier::Cookie }),
                    None => Err(closed()?),
                }
            }
            (None, None) => Err(Problem::flow_missing()),
        }
    }
}

/// The flows that the start of a flow names, each perhaps open and perhaps not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NamedFlows {
    /// The one the body names.
    pub by_token: Option<ChallengeId>,
    /// The one the cookie names.
    pub by_cookie: Option<ChallengeId>,
}

impl NamedFlows {
    /// The flows a start names: a cookie that we did not make is ignored, as any old one is.
    ///
    /// A `flow_token` is there on purpose, so one that we did not make is refused.
    pub fn of(request: &HttpRequest, token: Option<&Secret<String>>, tokens: &dyn FlowTokens) -> Result<Self, Problem> {
        let carried = Carried::by(request, token)?;
        let by_cookie = carried.cookie.and_then(|cookie| tokens.open(bare(cookie.reveal())));
        let by_token = carried.token.map(|token| open(token, tokens)).transpose()?;
        Ok(Self { by_token: by_token.map(|flow| flow.id), by_cookie })
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

fn bare(token: &str) -> &str {
    token.strip_prefix(PREFIX).unwrap_or(token)
}

fn open(token: &str, tokens: &dyn FlowTokens) -> Result<FlowCarrier, Problem> {
    let id = tokens.open(bare(token)).ok_or_else(Problem::flow_closed)?;
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

    fn named(token: Option<&str>, cookies: &[&str]) -> Result<(Option<u8>, Option<u8>), ProblemCode> {
        let token = token.map(|token| Secret::new(token.to_owned()));
        let named = NamedFlows::of(&request(cookies), token.as_ref(), &Tokens);
        let byte = |id: ChallengeId| id.to_bytes()[0];
        named.map(|named| (named.by_token.map(byte), named.by_cookie.map(byte))).map_err(|problem| problem.code())
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
            (None, &[fl_one], Ok((1, Carrier::Cookie))),
            (Some(fl_one), &[], Ok((1, Carrier::Token))),
            (Some(fl_one), &[""], Ok((1, Carrier::Token))),
            (Some(ONE), &[], Ok((1, Carrier::Token))),
            (Some(fl_one), &[fl_one], Ok((1, Carrier::Token))),
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
    fn a_start_ignores_a_cookie_that_is_not_ours() {
        use ProblemCode::{FlowAmbiguous, FlowClosed};

        let fl_two = format!("fl_{TWO}");
        let fl_two = fl_two.as_str();
        for (token, cookies, expected) in [
            (None, &[][..], Ok((None, None))),
            (None, &[""], Ok((None, None))),
            (None, &["forged"], Ok((None, None))),
            (Some(""), &["forged"], Ok((None, None))),
            (None, &[ONE], Ok((None, Some(1)))),
            (Some(fl_two), &["forged"], Ok((Some(2), None))),
            (Some(fl_two), &[ONE], Ok((Some(2), Some(1)))),
            (Some("fl_forged"), &[], Err(FlowClosed)),
            (None, &[ONE, TWO], Err(FlowAmbiguous)),
        ] {
            assert_eq!(named(token, cookies), expected, "{token:?} {cookies:?}");
        }
    }
}
