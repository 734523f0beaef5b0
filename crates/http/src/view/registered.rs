use doorward_app::registration::Registered;
use serde::Serialize;
use utoipa::ToSchema;

use super::{UserView, flow::flow_token, texts::NextText};

/// An account that has just come into being, and the flow of its first login.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Registered)]
pub struct RegisteredView {
    /// The account.
    pub user: UserView,
    /// The flow that makes the next `POST /login` the first login of this account.
    #[schema(example = "fl_…")]
    pub flow_token: String,
    /// The endpoint to call next: `login`.
    #[schema(value_type = NextText, example = "login")]
    pub next: &'static str,
}

impl From<&Registered> for RegisteredView {
    fn from(registered: &Registered) -> Self {
        Self {
            user: (&registered.user).into(),
            flow_token: flow_token(&registered.continuation),
            next: registered.continuation.next.as_str(),
        }
    }
}
