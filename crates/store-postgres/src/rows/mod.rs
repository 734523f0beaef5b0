//! Rows as the tables hold them, and the values they stand for.

mod authenticator;
mod challenge;
mod change;
mod draft;
mod epoch;
mod message;
mod pending_authenticator;
mod pending_number;
mod resource_server;
mod session;
mod stored;
mod user;

pub(crate) use authenticator::AuthenticatorRow;
pub(crate) use challenge::ChallengeRow;
pub(crate) use change::ChangeRow;
pub(crate) use draft::DraftRow;
pub(crate) use epoch::EpochRow;
pub(crate) use message::{ClaimedRow, EntryRow};
pub(crate) use pending_authenticator::PendingAuthenticatorRow;
pub(crate) use pending_number::PendingNumberRow;
pub(crate) use resource_server::{Digest, ResourceServerRow};
pub(crate) use session::SessionRow;
pub(crate) use stored::{Undecodable, decode, instant, stored, stored_step};
pub(crate) use user::UserRow;
