use serde::Serialize;
use utoipa::ToSchema;

/// Nothing is to be told but that it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Done {}
