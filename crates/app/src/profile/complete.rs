use doorward_kernel::{AuditKind, ChangeId, EmailAddress, PhoneNumber, Timestamp};
use doorward_notifier::{Message, NoticeTemplate};
use doorward_otp::Code;
use doorward_user::{IdentifierChange, Replaced, User};

use super::{CompleteEmail, CompletePhone, IdentifierOutcome, Profile};
use crate::{
    NumberVerification,
    flow::VerifyError,
    limits::{Attempt, Tried},
    messages,
};

/// The retries of a change while somebody else verifies the same number.
const MAX_RETRIES: usize = 3;

impl Profile {
    /// Puts the new address in place when its code is right; both addresses are told.
    #[tracing::instrument(level = "debug", name = "profile.verify_email", skip_all)]
    pub async fn verify_email(&self, attempt: Attempt, code: &Code) -> Result<User, VerifyError> {
        let verification = &self.verification;
        let now = verification.clock_and_ids.now();
        verification.check(&attempt, code, now).await?;
        let challenge = attempt.challenge;
        let (Some(user), Some(email)) = (challenge.user(), challenge.target.email()) else {
            return Err(VerifyError::Closed);
        };
        let owner = self.users.find_by_id(user).await?.ok_or(VerifyError::Closed)?;
        let replaced = Replaced::Email { old: owner.email.clone(), new: email.clone() };
        let change = self.kept(&owner, replaced, now);
        let complete = CompleteEmail {
            challenge: challenge.id,
            user,
            session: challenge.session,
            email: email.clone(),
            notices: self.told(&owner, email, change.id, now),
            change,
            now,
            audit: verification.event_of(&challenge, AuditKind::EmailChanged, now),
        };
        let outcome = self.profiles.complete_email(complete).await?;
        self.changed(outcome)?.ok_or(VerifyError::Closed)
    }

    /// Puts the new number in place when its code is right; whoever carried it loses it.
    #[tracing::instrument(level = "debug", name = "profile.verify_phone", skip_all)]
    pub async fn verify_phone(&self, attempt: Attempt, code: &Code) -> Result<User, VerifyError> {
        let verification = &self.verification;
        let now = verification.clock_and_ids.now();
        verification.check(&attempt, code, now).await?;
        let challenge = attempt.challenge;
        let (Some(user), Some(number)) = (challenge.user(), challenge.target.phone()) else {
            return Err(VerifyError::Closed);
        };
        let owner = self.users.find_by_id(user).await?.ok_or(VerifyError::Closed)?;
        for _ in 0..MAX_RETRIES {
            let holders = self.users.find_by_phone(number).await?;
            let mut number_verification = NumberVerification::new(
                &verification.clock_and_ids,
                &owner,
                number,
                holders,
                AuditKind::PhoneChanged,
                now,
            );
            let change = self.new_number(&owner, number, now);
            if let Some(change) = &change {
                number_verification.notice = messages::undoable(number_verification.notice, change.id);
            }
            let complete = CompletePhone {
                challenge: challenge.id,
                user,
                session: challenge.session,
                number_verification,
                change,
                now,
            };
            let outcome = self.profiles.complete_phone(complete).await?;
            if let Some(user) = self.changed(outcome)? {
                verification.lockouts.clear_failures(&Tried::sent_to(user.id, &challenge.target)).await?;
                return Ok(user);
            }
        }
        Err(VerifyError::Closed)
    }

    /// The changed account; `None` when somebody else has the identifier now.
    fn changed(&self, outcome: IdentifierOutcome) -> Result<Option<User>, VerifyError> {
        match outcome {
            IdentifierOutcome::Changed(user) => {
                self.verification.signal.notify();
                Ok(Some(user))
            }
            IdentifierOutcome::Closed => Err(VerifyError::Closed),
            IdentifierOutcome::Taken => Ok(None),
        }
    }

    /// Builds the record of a number that takes the place of another one or of none.
    fn new_number(&self, owner: &User, number: &PhoneNumber, now: Timestamp) -> Option<IdentifierChange> {
        let replaced = Replaced::Phone { old: owner.phone.clone(), new: number.clone() };
        (!owner.carries(number)).then(|| self.kept(owner, replaced, now))
    }

    fn kept(&self, owner: &User, replaced: Replaced, now: Timestamp) -> IdentifierChange {
        let id = ChangeId::mint(now, &*self.verification.clock_and_ids.random);
        IdentifierChange { id, user: owner.id, replaced, at: now }
    }

    /// Both addresses are told; only the reader of the old one may undo the change.
    fn told(&self, owner: &User, email: &EmailAddress, change: ChangeId, now: Timestamp) -> Vec<Message> {
        let clock_and_ids = &self.verification.clock_and_ids;
        let [old, new] = [&owner.email, email].map(|to| {
            let detail = Some(email.masked());
            let id = clock_and_ids.message_id(now);
            messages::notice((to, owner.locale), NoticeTemplate::EmailChanged, detail, id, now)
        });
        vec![messages::undoable(old, change), new]
    }
}
