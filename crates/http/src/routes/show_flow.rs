use actix_web::{HttpRequest, HttpResponse, web};
use doorward_kernel::Secret;
use utoipa::ToSchema;

use crate::{App, Body, Caller, FlowCarrier, FromFields, Problem, Reader, view::ShownFlowView};

/// The body of `POST /flow`.
#[derive(ToSchema)]
pub(crate) struct ShowFlowRequest {
    /// The flow, where it is not in the cookie.
    #[schema(value_type = Option<String>, example = "fl_…")]
    flow_token: Option<Secret<String>>,
}

impl FromFields for ShowFlowRequest {
    fn read(fields: &mut Reader) -> Option<Self> {
        Some(Self { flow_token: fields.optional_secret("flow_token") })
    }
}

/// Shows a flow as it is, and how far its code has come.
///
/// It changes nothing, and takes no try; asking every two seconds is plenty. What became of the code is shown where the
/// flow was started on a device that has logged in before; any other is `queued`, and `sent` after the typical delay,
/// whether or not somebody has the address or number.
#[utoipa::path(
    post,
    path = "/flow",
    tag = "flows",
    request_body = ShowFlowRequest,
    responses(
        (status = 200, description = "The flow.", body = ShownFlowView),
    ),
)]
pub(crate) async fn show_flow(
    request: HttpRequest,
    caller: Caller,
    Body(body): Body<ShowFlowRequest>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let flow = FlowCarrier::required(&request, body.flow_token.as_ref(), &app.verification).await?;
    let (view, delivery) = app.verification.show(flow.id, &caller.limited).await?;
    Ok(HttpResponse::Ok().json(ShownFlowView::new(&view, delivery)))
}
