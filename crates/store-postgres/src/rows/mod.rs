//! Rows as the tables hold them, and the values they stand for.

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
mod stored;
mod user;

pub(crate) use authenticator::AuthenticatorRow;
pub(crate) use challenge::ChallengeRow;
pub(crate) use epoch::EpochRow;
pub(crate) use identifier_change::ChangeRow;
pub(crate) use message::{ClaimedRow, EntryRow};
pub(crate) use pending_authenticator::PendingAuthenticatorRow;
pub(crate) use pending_number::PendingNumberRow;
pub(crate) use registration_draft::DraftRow;
pub(crate) use resource_server::{Digest, ResourceServerRow};
pub(crate) use session::SessionRow;
pub(crate) use stored::{Undecodable, decode, instant, stored, stored_step};
pub(crate) use user::UserRow;
