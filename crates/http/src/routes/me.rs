use actix_web::HttpResponse;

use crate::{SignedIn, view::UserAnswer};

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
pub(crate) async fn me(signed_in: SignedIn) -> HttpResponse {
    HttpResponse::Ok().json(UserAnswer::from(&signed_in.session.user))
}
