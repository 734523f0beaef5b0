use actix_web::HttpResponse;

use crate::{Body, FullSession, body::NoFields, view::UserAnswer};

/// The account of the session.
#[utoipa::path(
    get,
    path = "/me",
    tag = "profile",
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "The account.", body = UserAnswer),
    ),
)]
pub(crate) async fn me(signed_in: FullSession, _: Body<NoFields>) -> HttpResponse {
    HttpResponse::Ok().json(UserAnswer::from(&signed_in.session.user))
}
