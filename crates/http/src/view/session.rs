use doorward_kernel::SessionId;
use doorward_session::Session;
use serde::Serialize;
use utoipa::ToSchema;

/// A live session, as the owner of its account sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionView {
    /// Names the session.
    #[schema(format = "uuid", example = "01890a5d-ac96-774b-bcce-b302099a8058")]
    pub id: String,
    /// The `User-Agent` of the login, until it is forgotten.
    #[schema(required = true, example = "Mozilla/5.0 …")]
    pub device: Option<String>,
    /// The network the login came from, never the whole address, until it is forgotten.
    #[schema(required = true, example = "192.0.2.0/24")]
    pub place: Option<String>,
    /// When it was opened.
    #[schema(format = DateTime, example = "2026-01-01T00:00:00Z")]
    pub created_at: String,
    /// When it was used last, exact to a few minutes.
    #[schema(format = DateTime, example = "2026-01-01T00:00:00Z")]
    pub last_seen_at: String,
    /// Whether it is the one of this call.
    pub current: bool,
}

/// The live sessions of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SessionsAnswer {
    /// The last used first.
    pub sessions: Vec<SessionView>,
}

impl SessionView {
    /// The session, seen from the current one.
    pub fn new(session: &Session, current: SessionId) -> Self {
        Self {
            id: session.id.to_string(),
            device: session.client.device.clone(),
            place: session.client.network.clone(),
            created_at: session.created_at.to_string(),
            last_seen_at: session.last_seen_at.to_string(),
            current: session.id == current,
        }
    }
}
