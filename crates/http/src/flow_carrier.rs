use actix_web::HttpRequest;
use doorward_app::flow::Verification;
use doorward_kernel::{ChallengeId, Secret};
use doorward_otp::FlowKeys;
use doorward_session::Carrier;

use crate::{Context, CookieKind, Found, OwnCookies, Problem, ProblemCode, openapi::refusals};

/// The prefix of flow tokens, by which people and secret scanners recognise a leaked one.
pub(crate) const PREFIX: &str = "fl_";

/// The most cookies of one name that a start reads.
const MOST_COOKIES: usize = 4;

/// The flow that a call continues, and whether cookie or body carried its token.
///
/// The session is returned as the last call carried the flow: in a cookie or as tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowCarrier {
    /// The current challenge of the flow.
    pub id: ChallengeId,
    /// How the call carried it; where both carried the same, the body counts.
    pub carrier: Carrier,
    /// Whether the cookie names it, too: only then may what ends the flow take the cookie.
    pub is_in_cookie: bool,
}

impl FlowCarrier {
    /// The flow of a call that goes on with one; `token` is the body's `flow_token`.
    ///
    /// One that we did not make may be of a key that this node has yet to hear of.
    pub async fn required(
        request: &HttpRequest,
        token: Option<&Secret<String>>,
        verification: &Verification,
    ) -> Result<Self, Problem> {
        match Self::read(request, token, &*verification.keys) {
            Err(problem) if problem.code() == ProblemCode::FlowClosed => {
                verification.epochs.refresh().await;
                Self::read(request, token, &*verification.keys)
            }
            read => read,
        }
    }

    fn read(request: &HttpRequest, token: Option<&Secret<String>>, tokens: &dyn FlowKeys) -> Result<Self, Problem> {
        let context = Context::of(request)?;
        let cookie = match OwnCookies::new(&context.settings).read(request.headers(), CookieKind::Flow) {
            Found::Several => return Err(Problem::flow_ambiguous()),
            Found::Nothing | Found::Empty => None,
            Found::One(value) => Some(value),
        };
        let cookie = cookie.as_ref().map(|cookie| cookie.reveal().as_str());
        let (named, carrier) = match (given(token), cookie) {
            (Some(token), Some(cookie)) if token != cookie => return Err(Problem::flow_ambiguous()),
            (Some(token), _) => (token, Carrier::Token),
            (None, Some(cookie)) => (cookie, Carrier::Cookie),
            (None, None) => return Err(Problem::flow_missing()),
        };
        let id = open(named, tokens).ok_or_else(Problem::flow_closed)?;
        Ok(Self { id, carrier, is_in_cookie: cookie.is_some() })
    }
}

refusals! {
    FlowCarrier => [FlowMissing, FlowAmbiguous, FlowClosed, Unavailable];
}

/// The flows whose tokens come with the start of a flow; each may be closed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResumableFlows {
    /// The one the body names.
    pub by_token: Option<ChallengeId>,
    /// Those that cookies name.
    pub by_cookies: Vec<ChallengeId>,
}

impl ResumableFlows {
    /// The flows a start names: cookies that we did not make are ignored, as any old ones are.
    ///
    /// A `flow_token` is there on purpose, so one that we did not make is refused. Either may be
    /// of a key that this node has yet to hear of.
    pub async fn of(
        request: &HttpRequest,
        token: Option<&Secret<String>>,
        verification: &Verification,
    ) -> Result<Self, Problem> {
        let context = Context::of(request)?;
        let cookies = OwnCookies::new(&context.settings).read_all(request.headers(), CookieKind::Flow);
        let mut carried = cookies.iter().take(MOST_COOKIES).map(Secret::reveal).map(String::as_str).chain(given(token));
        if carried.any(|token| open(token, &*verification.keys).is_none()) {
            verification.epochs.refresh().await;
        }
        Self::read(request, token, &*verification.keys)
    }

    fn read(request: &HttpRequest, token: Option<&Secret<String>>, tokens: &dyn FlowKeys) -> Result<Self, Problem> {
        let context = Context::of(request)?;
        let cookies = OwnCookies::new(&context.settings).read_all(request.headers(), CookieKind::Flow);
        let by_token = match given(token) {
            Some(token) => Some(open(token, tokens).ok_or_else(Problem::flow_closed)?),
            None => None,
        };
        Ok(Self { by_token, by_cookies: opened(&cookies, tokens) })
    }

    /// Returns how the call carried that flow, which it names.
    pub fn carrier_of(&self, id: ChallengeId) -> FlowCarrier {
        let carrier = if self.by_token.is_some() { Carrier::Token } else { Carrier::Cookie };
        FlowCarrier { id, carrier, is_in_cookie: self.by_cookies.contains(&id) }
    }
}

/// The flows that the cookies name, each once.
pub(crate) fn opened(cookies: &[Secret<String>], tokens: &dyn FlowKeys) -> Vec<ChallengeId> {
    let mut named = Vec::new();
    for id in cookies.iter().take(MOST_COOKIES).filter_map(|cookie| open(cookie.reveal(), tokens)) {
        if !named.contains(&id) {
            named.push(id);
        }
    }
    named
}

fn given(token: Option<&Secret<String>>) -> Option<&str> {
    token.map(|token| token.reveal().as_str()).filter(|token| !token.is_empty())
}

fn open(token: &str, tokens: &dyn FlowKeys) -> Option<ChallengeId> {
    tokens.open(token.strip_prefix(PREFIX)?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use actix_web::{HttpMessage as _, test::TestRequest};
    use doorward_kernel::EpochId;
    use doorward_otp::Purpose;
    use url::Url;

    use super::*;
    use crate::{HttpSettings, RequestId};

    const ONE: &str = "oneoneoneoneoneoneoneoneoneoneoneoneoneoneo";
    const TWO: &str = "twotwotwotwotwotwotwotwotwotwotwotwotwotwot";

    struct Tokens;

    impl FlowKeys for Tokens {
        fn current_epoch(&self) -> EpochId {
            EpochId(1)
        }

        fn challenge_key(&self, _: EpochId, _: ChallengeId, _: Purpose, _: &str) -> Option<Secret<Vec<u8>>> {
            None
        }

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
        let flow = FlowCarrier::read(&request(cookies), token.as_ref(), &Tokens);
        flow.map(|flow| (flow.id.to_bytes()[0], flow.carrier)).map_err(|problem| problem.code())
    }

    fn named(token: Option<&str>, cookies: &[&str]) -> Result<(Option<u8>, Vec<u8>), ProblemCode> {
        let token = token.map(|token| Secret::new(token.to_owned()));
        let named = ResumableFlows::read(&request(cookies), token.as_ref(), &Tokens);
        let byte = |id: &ChallengeId| id.to_bytes()[0];
        named
            .map(|named| (named.by_token.as_ref().map(byte), named.by_cookies.iter().map(byte).collect()))
            .map_err(|problem| problem.code())
    }

    #[test]
    fn a_call_names_its_flow_once() {
        use ProblemCode::{FlowAmbiguous, FlowClosed, FlowMissing};

        let [one, two] = [ONE, TWO].map(|token| format!("fl_{token}"));
        let (one, two) = (one.as_str(), two.as_str());
        for (token, cookies, expected) in [
            (None, &[][..], Err(FlowMissing)),
            (None, &[""], Err(FlowMissing)),
            (Some(""), &[], Err(FlowMissing)),
            (Some(""), &[one], Ok((1, Carrier::Cookie))),
            (None, &[one], Ok((1, Carrier::Cookie))),
            (None, &["forged"], Err(FlowClosed)),
            (Some(one), &[], Ok((1, Carrier::Token))),
            (Some(one), &[""], Ok((1, Carrier::Token))),
            (Some(one), &[one], Ok((1, Carrier::Token))),
            (Some("fl_forged"), &[], Err(FlowClosed)),
            (Some(two), &[one], Err(FlowAmbiguous)),
            (Some(one), &["forged"], Err(FlowAmbiguous)),
            (Some("fl_forged"), &["forged"], Err(FlowAmbiguous)),
            (None, &[one, one], Err(FlowAmbiguous)),
            (Some(one), &[one, ""], Err(FlowAmbiguous)),
        ] {
            assert_eq!(required(token, cookies), expected, "{token:?} {cookies:?}");
        }
    }

    #[test]
    fn a_token_without_its_prefix_is_an_unknown_one() {
        assert_eq!(required(Some(ONE), &[]), Err(ProblemCode::FlowClosed));
        assert_eq!(required(None, &[ONE]), Err(ProblemCode::FlowClosed));
        assert_eq!(required(Some(&format!("fl_fl_{ONE}")), &[]), Err(ProblemCode::FlowClosed));
        assert_eq!(named(Some(ONE), &[]), Err(ProblemCode::FlowClosed));
        assert_eq!(named(None, &[ONE]), Ok((None, vec![])));
    }

    #[test]
    fn a_flow_is_in_the_cookie_only_if_the_cookie_names_it() {
        let token = Secret::new(format!("fl_{ONE}"));
        let is_in_cookie = |token, cookies: &[&str]| {
            FlowCarrier::read(&request(cookies), token, &Tokens).map(|flow| flow.is_in_cookie).unwrap()
        };

        assert!(is_in_cookie(None, &[token.reveal()]));
        assert!(is_in_cookie(Some(&token), &[token.reveal()]));
        assert!(!is_in_cookie(Some(&token), &[]));
        assert!(!is_in_cookie(Some(&token), &[""]));
    }

    #[test]
    fn a_start_ignores_cookies_that_are_not_ours() {
        let [one, two] = [ONE, TWO].map(|token| format!("fl_{token}"));
        let (one, two) = (one.as_str(), two.as_str());
        for (token, cookies, expected) in [
            (None, &[][..], Ok((None, vec![]))),
            (None, &[""], Ok((None, vec![]))),
            (None, &["forged"], Ok((None, vec![]))),
            (None, &["forged", "fl_forged"], Ok((None, vec![]))),
            (Some(""), &["forged"], Ok((None, vec![]))),
            (None, &[one], Ok((None, vec![1]))),
            (None, &["forged", one, one], Ok((None, vec![1]))),
            (None, &[one, two], Ok((None, vec![1, 2]))),
            (Some(two), &["forged"], Ok((Some(2), vec![]))),
            (Some(two), &[one], Ok((Some(2), vec![1]))),
            (Some("fl_forged"), &[], Err(ProblemCode::FlowClosed)),
        ] {
            assert_eq!(named(token, cookies), expected, "{token:?} {cookies:?}");
        }
    }
}
