//! Rows, and the way from and to what the domain knows.

mod audit;
mod authenticator;
mod challenge;
mod epoch;
mod identifier_change;
mod message;
mod pending_authenticator;
mod pending_number;
mod registration_draft;
mod resource_server;
mod session;
mod user;
mod words;

pub(crate) use audit::AuditRow;
pub(crate) use authenticator::AuthenticatorRow;
pub(crate) use challenge::ChallengeRow;
pub(crate) use epoch::EpochRow;
pub(crate) use identifier_change::ChangeRow;
pub(crate) use message::{ClaimedRow, EntryRow, NewMessageRow};
pub(crate) use pending_authenticator::PendingAuthenticatorRow;
pub(crate) use pending_number::PendingNumberRow;
pub(crate) use registration_draft::DraftRow;
pub(crate) use resource_server::ResourceServerRow;
pub(crate) use session::SessionRow;
pub(crate) use user::{NewUserRow, UserRow};
