use doorward_session::Session;
use doorward_user::User;

/// A session and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// Its user.
    pub user: User,
}
