use actix_web::{HttpRequest, HttpResponse, web};
use doorward_session::Assurance;

use crate::{App, FromFields, Problem, ProblemCode, Reader, body::QueryParams, session::authenticate};

/// The query of `GET /auth/check`.
#[derive(Debug)]
pub(crate) struct CheckQuery {
    /// The least assurance that will do.
    min_acr: Option<Assurance>,
}

impl FromFields for CheckQuery {
    fn read(fields: &mut Reader) -> Option<Self> {
        let parse = |text: &str| Assurance::parse(text).filter(|acr| *acr > Assurance::Binding);
        let min_acr = fields.optional("min_acr", |text| parse(text).ok_or("must be aal1 or aal2"));
        Some(Self { min_acr })
    }
}

/// Whether a request that a reverse proxy holds has a session, and whose; it costs what a session check costs.
///
/// The proxy sends the credentials of that request and no body. Whatever is no session is answered with 401 alone,
/// as proxies take other statuses for an error of their own.
#[utoipa::path(
    get,
    path = "/auth/check",
    tag = "resource servers",
    security(("bearer" = []), ("cookie" = [])),
    params(("min_acr" = Option<String>, Query, description = "The least assurance that will do: `aal1`, or `aal2`.")),
    responses(
        (
            status = 204,
            description = "The request has a session.",
            headers(
                ("Doorward-User" = String, description = "The id of the account."),
                ("Doorward-Session" = String, description = "The id of the session."),
                ("Doorward-Acr" = String, description = "How surely it is the owner: `aal1` or `aal2`."),
            ),
        ),
    ),
)]
pub(crate) async fn auth_check(
    request: HttpRequest,
    QueryParams(query): QueryParams<CheckQuery>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let signed_in = authenticate(&request).await.map_err(no_session)?;
    let acr = app.authentication.assurance(&signed_in);
    if acr == Assurance::Binding {
        return Err(Problem::token_rejected());
    }
    if query.min_acr.is_some_and(|least| acr < least) {
        return Err(Problem::second_factor_needed());
    }
    let mut answer = HttpResponse::NoContent();
    answer.insert_header(("doorward-user", signed_in.user.id.to_string()));
    answer.insert_header(("doorward-session", signed_in.session.id.to_string()));
    answer.insert_header(("doorward-acr", acr.as_str()));
    Ok(answer.finish())
}

/// A request that shows two sessions has none.
fn no_session(problem: Problem) -> Problem {
    if problem.code() == ProblemCode::SessionAmbiguous { Problem::token_rejected() } else { problem }
}
