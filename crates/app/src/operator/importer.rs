use std::sync::Arc;

use doorward_kernel::{AuditEvent, AuditKind, EmailAddress, Locale, PhoneNumber, StoreError, Timestamp, UserId};
use doorward_user::{LoginRecord, Names, PasswordVerifier, User, UserPhone, UserStatus, Users};

use super::{Accounts, Import, ImportOutcome};
use crate::ClockAndIds;

/// Takes accounts over from another system.
#[derive(Clone)]
pub struct Importer {
    /// Clock and id generator.
    pub clock_and_ids: ClockAndIds,
    /// The accounts.
    pub users: Arc<dyn Users>,
    /// Where accounts are made.
    pub accounts: Arc<dyn Accounts>,
}

/// A person as the other system knew them; their address was verified there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUser {
    /// Their names.
    pub names: Names,
    /// Their address.
    pub email: EmailAddress,
    /// Their number, if there is one.
    pub phone: Option<PhoneNumber>,
    /// Whether the number was verified there.
    pub is_phone_verified: bool,
    /// The language of texts.
    pub locale: Locale,
    /// Since when they had their account there, where that is known.
    pub created_at: Option<Timestamp>,
}

/// The outcome of importing a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imported {
    /// They have an account now.
    Made,
    /// They had it before, from an import that went that far.
    Before,
    /// They have none, since something of theirs is taken.
    Refused(Taken),
}

/// The reason why a person is not imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Another account has the address, since another instant than that of this person.
    Email,
    /// Another account has verified the number.
    Phone,
}

impl Importer {
    /// Makes an account for each, in one transaction, and tells what became of them in their order.
    #[tracing::instrument(level = "debug", name = "operator.import", skip_all)]
    pub async fn import(&self, people: Vec<(UserId, NewUser, PasswordVerifier)>) -> Result<Vec<Imported>, StoreError> {
        let now = self.clock_and_ids.now();
        let since: Vec<_> = people.iter().map(|(_, person, _)| person.created_at).collect();
        let import = |(id, person, verifier)| Import {
            user: account(id, person, now),
            verifier,
            audit: AuditEvent { user: Some(id), ..self.clock_and_ids.event(AuditKind::UserImported, now) },
        };
        let outcomes = self.accounts.import(people.into_iter().map(import).collect()).await?;
        Ok(outcomes.into_iter().zip(since).map(|(outcome, since)| told(outcome, since)).collect())
    }

    /// Returns what an import would come to now; makes nothing.
    #[tracing::instrument(level = "debug", name = "operator.preview", skip_all)]
    pub async fn preview(&self, person: &NewUser) -> Result<Imported, StoreError> {
        if let Some(owner) = self.users.find_by_email(&person.email).await? {
            return Ok(told(ImportOutcome::EmailTaken { created_at: owner.created_at }, person.created_at));
        }
        let verified = person.phone.as_ref().filter(|_| person.is_phone_verified);
        let has_owner = match verified {
            Some(number) => self.users.find_by_phone(number).await?.owner.is_some(),
            None => false,
        };
        Ok(if has_owner { Imported::Refused(Taken::Phone) } else { Imported::Made })
    }
}

/// An account that began when the person's did is theirs; when that is not known, any of their address is.
fn told(outcome: ImportOutcome, since: Option<Timestamp>) -> Imported {
    match outcome {
        ImportOutcome::Imported => Imported::Made,
        ImportOutcome::EmailTaken { created_at } if since.is_none_or(|since| since == created_at) => Imported::Before,
        ImportOutcome::EmailTaken { .. } => Imported::Refused(Taken::Email),
        ImportOutcome::PhoneTaken => Imported::Refused(Taken::Phone),
    }
}

fn account(id: UserId, person: NewUser, now: Timestamp) -> User {
    let created_at = person.created_at.unwrap_or(now);
    let verified_at = person.is_phone_verified.then_some(created_at);
    User {
        id,
        names: person.names,
        email: person.email,
        phone: person.phone.map(|number| UserPhone { number, verified_at }),
        locale: person.locale,
        status: UserStatus::Active,
        totp_enabled_at: None,
        // Nobody knows when the other system saw the number used last.
        logins: LoginRecord { number_used_at: verified_at.map(|_| now), ..LoginRecord::default() },
        created_at,
        updated_at: now,
    }
}
