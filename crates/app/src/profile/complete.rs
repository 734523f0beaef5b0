use doorward_kernel::{AuditKind, EmailAddress, Timestamp};
use doorward_notifier::{Message, NoticeTemplate};
use doorward_otp::{Challenge, Code};
use doorward_user::User;

use super::{CompleteEmail, CompletePhone, IdentifierOutcome, Profile};
use crate::{flow::VerifyError, messages, phone_login::prove};

/// How often a change looks again when somebody else proves the same number meanwhile.
const LOOKS: usize = 3;

impl Profile {
    /// Puts the new address in place when its code is right; both addresses are told.
    pub async fn verify_email(&self, challenge: Challenge, code: &Code) -> Result<User, VerifyError> {
        let verification = &self.verification;
        let now = verification.moment.now();
        verification.check(&challenge, code, now).await?;
        let (Some(user), Some(email)) = (challenge.user(), challenge.target.email()) else {
            return Err(VerifyError::Closed);
        };
        let owner = self.users.find_by_id(user).await?.ok_or(VerifyError::Closed)?;
        let complete = CompleteEmail {
            challenge: challenge.id,
            user,
            session: challenge.session,
            email: email.clone(),
            notices: self.told(&owner, email, now),
            now,
            audit: verification.event_of(&challenge, AuditKind::EmailChanged, now),
        };
        let outcome = self.profiles.complete_email(complete).await?;
        self.changed(outcome)?.ok_or(VerifyError::Closed)
    }

    /// Puts the new number in place when its code is right; whoever carried it loses it.
    pub async fn verify_phone(&self, challenge: Challenge, code: &Code) -> Result<User, VerifyError> {
        let verification = &self.verification;
        let now = verification.moment.now();
        verification.check(&challenge, code, now).await?;
        let (Some(user), Some(number)) = (challenge.user(), challenge.target.phone()) else {
            return Err(VerifyError::Closed);
        };
        let owner = self.users.find_by_id(user).await?.ok_or(VerifyError::Closed)?;
        for _ in 0..LOOKS {
            let holders = self.users.find_by_phone(number).await?;
            let proof = prove(&verification.moment, &owner, number, holders, AuditKind::PhoneChanged, now);
            let complete = CompletePhone { challenge: challenge.id, user, session: challenge.session, proof, now };
            let outcome = self.profiles.complete_phone(complete).await?;
            if let Some(user) = self.changed(outcome)? {
                return Ok(user);
            }
        }
        Err(VerifyError::Closed)
    }

    /// The changed account; `None` when somebody else has the identifier now.
    fn changed(&self, outcome: IdentifierOutcome) -> Result<Option<User>, VerifyError> {
        match outcome {
            IdentifierOutcome::Changed(user) => {
                self.verification.bell.ring();
                Ok(Some(user))
            }
            IdentifierOutcome::Closed => Err(VerifyError::Closed),
            IdentifierOutcome::Taken => Ok(None),
        }
    }

    fn told(&self, owner: &User, email: &EmailAddress, now: Timestamp) -> Vec<Message> {
        let moment = &self.verification.moment;
        [&owner.email, email]
            .map(|to| {
                let template = NoticeTemplate::EmailChanged;
                messages::notice((to, owner.locale), template, Some(email.masked()), moment.message_id(now), now)
            })
            .into()
    }
}
