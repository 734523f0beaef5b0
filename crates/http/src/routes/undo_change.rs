use actix_web::{HttpResponse, web};
use doorward_kernel::{Secret, typed_text};
use utoipa::ToSchema;

use crate::{App, Body, Caller, FromFields, Problem, Reader, detach, view::Done};

/// The body of `POST /undo_change`.
#[derive(ToSchema)]
pub(crate) struct UndoRequest {
    /// The key from the notice of the change.
    #[schema(value_type = String, example = "un_…")]
    token: Secret<String>,
}

impl FromFields for UndoRequest {
    fn read(fields: &mut Reader) -> Option<Self> {
        // It is copied from a mail, with blanks and line ends around it.
        let token = fields.required_secret("token")?;
        Some(Self { token: Secret::new(typed_text::trim(token.reveal()).to_owned()) })
    }
}

/// Undoes or cancels a change of address, number or authenticator app, with the key that its notice carried.
///
/// Good for 72 hours and once. What was there before the change is back, together with what
/// later changes replaced; an app that was added since or in the 72 hours before is removed.
/// The key of a session that may only bind takes back all since that was opened, ended or not.
/// Every session ends, and both addresses are told. Ask for a new
/// password next: whoever made the change knew the old one.
#[utoipa::path(
    post,
    path = "/undo_change",
    tag = "recovery",
    request_body = UndoRequest,
    responses(
        (status = 200, description = "The change is undone.", body = Done),
    ),
)]
pub(crate) async fn undo_change(
    caller: Caller,
    Body(body): Body<UndoRequest>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    detach(async move { app.undo.undo(body.token.reveal(), &caller.limited).await }).await??;
    Ok(HttpResponse::Ok().json(Done {}))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Fields, HttpSettings};

    #[test]
    fn blanks_around_a_pasted_key_do_not_count() {
        let settings = HttpSettings::new(url::Url::parse("http://127.0.0.1").unwrap());
        let fields = Fields::of_query("token=%EF%BB%BF+un_key%C2%A0%0D%0A").unwrap();

        let request = UndoRequest::read(&mut Reader::new(fields, Arc::new(settings))).unwrap();

        assert_eq!(request.token.reveal(), "un_key");
    }
}
