use actix_web::http::StatusCode;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $slug:literal, $status:ident, $title:literal;)*) => {
        /// The codes of problems; `docs/problems.md` has a section for each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ProblemCode {
            $($(#[$doc])* $name,)*
        }

        impl ProblemCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable name: the member `code`, and the end of `type`.
            pub const fn slug(self) -> &'static str {
                match self {
                    $(Self::$name => $slug,)*
                }
            }

            /// The status it is answered with.
            pub const fn status(self) -> StatusCode {
                match self {
                    $(Self::$name => StatusCode::$status,)*
                }
            }

            /// A short text for people, the same every time.
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)*
                }
            }
        }
    };
}

codes! {
    /// The request cannot be read.
    Malformed = "malformed", BAD_REQUEST, "The request cannot be read";
    /// A member is given twice.
    DuplicateField = "duplicate_field", BAD_REQUEST, "A field is given twice";
    /// A call that goes on with a flow names none.
    FlowMissing = "flow_missing", BAD_REQUEST, "The request names no flow";
    /// A call names two flows.
    FlowAmbiguous = "flow_ambiguous", BAD_REQUEST, "The request names more than one flow";
    /// A call names two sessions.
    SessionAmbiguous = "session_ambiguous", BAD_REQUEST, "The request names more than one session";
    /// A session is needed.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "A session is needed";
    /// Identifier and password do not belong together.
    CredentialsIncorrect = "credentials_incorrect", UNAUTHORIZED, "The credentials are not right";
    /// The code is wrong.
    OtpIncorrect = "otp_incorrect", UNAUTHORIZED, "The code is not right";
    /// The refresh token is not good.
    RefreshInvalid = "refresh_invalid", UNAUTHORIZED, "The refresh token is not valid";
    /// The client did not prove who it is.
    InvalidClient = "invalid_client", UNAUTHORIZED, "The client could not be authenticated";
    /// The current password is wrong.
    PasswordIncorrect = "password_incorrect", FORBIDDEN, "The current password is not right";
    /// A page of another site sent the request.
    CrossSite = "cross_site", FORBIDDEN, "The request comes from another site";
    /// A fresh verification is needed.
    StepUpRequired = "step_up_required", FORBIDDEN, "A fresh proof is needed";
    /// The session may only bind a factor.
    BindingRequired = "binding_required", FORBIDDEN, "A number or authenticator must be bound first";
    /// There is nothing there.
    NotFound = "not_found", NOT_FOUND, "There is nothing here";
    /// The path does not know the method.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The method is not allowed here";
    /// The body did not come in time.
    RequestTimeout = "request_timeout", REQUEST_TIMEOUT, "The request took too long to arrive";
    /// The request does not fit the state of the account.
    Conflict = "conflict", CONFLICT, "The request does not fit the present state";
    /// The flow accepts nothing any more.
    FlowClosed = "flow_closed", GONE, "The flow is closed";
    /// The body is too long.
    PayloadTooLarge = "payload_too_large", PAYLOAD_TOO_LARGE, "The request body is too long";
    /// The address of the request is too long.
    UriTooLong = "uri_too_long", URI_TOO_LONG, "The request address is too long";
    /// The headers are too long.
    HeadersTooLarge = "headers_too_large", REQUEST_HEADER_FIELDS_TOO_LARGE, "The request headers are too long";
    /// The request names a host that is not ours.
    Misdirected = "misdirected", MISDIRECTED_REQUEST, "The request is meant for another host";
    /// The body is of a kind that is not read.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The kind of body is not supported";
    /// Fields are missing or wrong.
    Invalid = "invalid", UNPROCESSABLE_ENTITY, "Some fields are not valid";
    /// Fields are given that the call does not take.
    UnknownField = "unknown_field", UNPROCESSABLE_ENTITY, "Some fields are not known";
    /// The code may not be sent again yet.
    ResendTooEarly = "resend_too_early", TOO_MANY_REQUESTS, "The code was sent a moment ago";
    /// The code may not be sent again at all.
    ResendExhausted = "resend_exhausted", TOO_MANY_REQUESTS, "The code was sent as often as it may be";
    /// Too many calls.
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "There were too many requests";
    /// Something broke.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong on our side";
    /// Something that is needed is down or overloaded.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "The service is not available right now";
}

impl ProblemCode {
    /// The code for a status that the framework answered with.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthenticated,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::REQUEST_TIMEOUT => Self::RequestTimeout,
            StatusCode::CONFLICT => Self::Conflict,
            StatusCode::PAYLOAD_TOO_LARGE => Self::PayloadTooLarge,
            StatusCode::URI_TOO_LONG => Self::UriTooLong,
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Self::HeadersTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::TOO_MANY_REQUESTS => Self::RateLimited,
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable,
            status if status.is_server_error() => Self::Internal,
            _ => Self::Malformed,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_page_of_problems_has_a_section_for_every_code_and_no_other() {
        let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/problems.md"));

        let sections: BTreeSet<_> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();

        let slugs: BTreeSet<_> = ProblemCode::ALL.iter().map(|code| code.slug()).collect();
        assert_eq!(sections, slugs);
    }

    #[test]
    fn the_page_of_problems_tells_the_status_of_every_code() {
        let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/problems.md"));

        for code in ProblemCode::ALL {
            let heading = format!("## {}\n\n{}.", code.slug(), code.status().as_u16());
            assert!(page.contains(&heading), "{heading}");
        }
    }
}
