use doorward_kernel::{AuditKind, PhoneNumber, StoreError, Timestamp};
use doorward_otp::{Challenge, Channel, Purpose, Step, Subject, Target, Verified};
use doorward_session::{Assurance, Method, Methods, Session};
use doorward_user::User;

use super::{PasswordAttempt, PasswordLogin, SecondFactor, second_factor::second_factor};
use crate::{
    binding::{held_back, mail_step},
    flow::Verification,
    limits::{AdmitError, Caller, DestinationChecks, MailCaller},
    sessions::new_session,
};

/// What follows a right password.
pub(super) enum Next {
    /// And why its code is not sent, if it is not.
    Step(Box<Challenge>, Option<AuditKind>),
    Session(Box<Session>),
}

impl PasswordLogin {
    /// The result of a right password of the account; a call takes the start of its host once, however often it is
    /// retried.
    pub(super) async fn next(
        &self,
        user: &User,
        attempt: &PasswordAttempt,
        start_taken: &mut bool,
        now: Timestamp,
    ) -> Result<Next, AdmitError> {
        // What the owner enrolled is asked for, whatever the operator allows.
        let may_enter = self.sessions.require == Assurance::Aal1 && !user.has_totp();
        if may_enter && self.alone.lets_in(&attempt.password) {
            let (random, client) = (&*self.verification.clock_and_ids.random, attempt.client.clone());
            let methods = Methods::new(&[Method::Password]);
            let session = new_session(random, user.id, methods, attempt.carrier, client, now);
            return Ok(Next::Session(Box::new(session)));
        }
        let (challenge, refusal) = match second_factor(user, &self.sms) {
            Some(SecondFactor::Totp) => {
                // What the caller sent, as its answer shows it: the address on file is none of their business.
                let target = attempt.identifier.clone();
                (self.step(user, Step::Totp, target, &attempt.caller, now).await?, None)
            }
            Some(SecondFactor::Sms(number)) => self.sms_step(user, number, &attempt.caller, start_taken, now).await?,
            None => {
                let target = Target::Email(user.email.clone());
                let known = self.verification.limiter.known_device(&attempt.caller, &target).await?;
                let step = mail_step(&self.verification, user, known, now);
                let step = held_back(&*self.users, step, user, now - self.hold).await?;
                let checks = DestinationChecks::Skip;
                let refusal = self.verification.refusal(&step, checks, MailCaller::Known, now).await?;
                (step, refusal)
            }
        };
        Ok(Next::Step(Box::new(challenge), refusal))
    }

    /// The code to the number on file, and why it is not sent, if it is not.
    ///
    /// Anybody can make accounts with numbers that they have not verified, so a code to such a number is a start
    /// like any by number.
    async fn sms_step(
        &self,
        user: &User,
        number: PhoneNumber,
        caller: &Caller,
        start_taken: &mut bool,
        now: Timestamp,
    ) -> Result<(Challenge, Option<AuditKind>), AdmitError> {
        let Verification { limiter, phone_gate, .. } = &self.verification;
        let challenge = self.step(user, Step::PhoneCode, Target::Phone(number.clone()), caller, now).await?;
        let refusal = if user.has_verified(&number) {
            let checks = DestinationChecks::Skip;
            phone_gate.found(&number, checks, now);
            self.verification.refusal(&challenge, checks, MailCaller::Known, now).await?
        } else if *start_taken {
            self.verification.refusal(&challenge, DestinationChecks::Apply, MailCaller::Known, now).await?
        } else {
            *start_taken = true;
            let taken = limiter.admit_start_of_sms(&number, caller, challenge.known_device, now).await?;
            phone_gate.judge(&number, DestinationChecks::Apply, taken, now)
        };
        Ok((challenge, refusal))
    }

    async fn step(
        &self,
        user: &User,
        step: Step,
        target: Target,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Challenge, StoreError> {
        let verification = &self.verification;
        let known_device = verification.limiter.known_device(caller, &target).await?;
        let step = (Purpose::Login, step);
        let challenge = verification.challenge(now, step, target, Subject::Account(user.id), user.locale);
        Ok(Challenge { verified: Verified::default().and(Channel::Password), known_device, ..challenge })
    }
}
