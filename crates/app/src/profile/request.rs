use std::sync::Arc;

use doorward_kernel::{AuditEvent, AuditKind, EmailAddress, PhoneNumber, StoreError, Timestamp};
use doorward_limit::Take;
use doorward_notifier::{Message, NoticeTemplate};
use doorward_otp::{Purpose, Step, Subject, Target};
use doorward_session::{Scope, Session};
use doorward_user::{HashError, NewNames, NewPassword, Password, PasswordFault, PasswordHasher, User, Users};

use super::{CurrentPasswordError, ProfileChange, ProfileOutcome, Profiles, SetPassword};
use crate::{
    SignedIn,
    breaches::Breaches,
    flow::{FlowView, Start, Verification},
    limits::{Caller, DestinationChecks, MailCaller, Tried},
    messages,
};

/// Changes accounts on behalf of their owners: names and password at once, address and
/// number once they are verified.
#[derive(Clone)]
pub struct Profile {
    /// The steps common to all flows.
    pub verification: Verification,
    /// The accounts.
    pub users: Arc<dyn Users>,
    /// Writes changes of accounts.
    pub profiles: Arc<dyn Profiles>,
    /// Checks the current password and makes the verifier of a new one.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Which passwords were in breaches.
    pub breaches: Breaches,
}

/// The changes that an owner asks for; the current password goes with them.
#[derive(Clone, Debug, Default)]
pub struct ProfileRequest {
    /// New names.
    pub names: NewNames,
    /// A new password, judged by the policy.
    pub new_password: Option<NewPassword>,
    /// A new address or number, which is verified before it counts.
    pub identifier: Option<Target>,
}

/// The result of a change.
#[derive(Clone, Debug)]
pub enum ProfileStep {
    /// All is done; the account as it is now.
    Done(Box<User>),
    /// The new address or number is to be verified.
    Verify(FlowView),
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The caller's host or network, or the account, has used up a bucket.
    #[error("a rate limit is exhausted")]
    Limited {
        /// The seconds to wait.
        retry_after: u32,
    },
    /// The session has ended meanwhile.
    #[error("the session has ended")]
    Unauthenticated,
    /// The current password is wrong.
    #[error("the current password is wrong")]
    PasswordIncorrect,
    /// The new password was in a breach; the change was not counted.
    #[error("the new password is refused")]
    NewPassword(PasswordFault),
    /// The password could not be checked now.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Profile {
    /// Makes the change when the current password is right.
    #[tracing::instrument(level = "debug", name = "profile.change", skip_all)]
    pub async fn change(
        &self,
        signed_in: &SignedIn,
        current: &Password,
        request: ProfileRequest,
        caller: &Caller,
    ) -> Result<ProfileStep, ProfileError> {
        let SignedIn { session, user } = signed_in;
        let takes = self.verification.limiter.change_takes(caller, user.id, request.identifier.is_some());
        let checked = self.check_password(signed_in, current, caller, takes.clone()).await?;
        let new_password = match &request.new_password {
            Some(new) => Some(self.set_password(user, new, takes).await?),
            None => None,
        };
        let now = self.verification.clock_and_ids.now();
        let (start, mut notices) = match request.identifier {
            Some(target) => self.start(user, session, target, now).await?,
            None => (None, Vec::new()),
        };
        if new_password.is_some() {
            notices.push(self.notice(user, NoticeTemplate::PasswordChanged, None, now));
        }
        let is_renamed = request.names.differ_from(&user.names);
        if is_renamed {
            notices.push(self.notice(user, NoticeTemplate::NamesChanged, None, now));
        }
        let kinds = new_password.iter().map(|_| AuditKind::PasswordChanged);
        let kinds = kinds.chain(is_renamed.then_some(AuditKind::NamesChanged));
        let audit = kinds.map(|kind| self.event(signed_in, kind, now)).collect();
        let view = start.as_ref().map(|start| self.verification.view(&start.challenge));
        let change = ProfileChange {
            user: user.id,
            session: session.id,
            checked,
            names: request.names,
            new_password,
            start,
            notices,
            now,
            audit,
        };
        let user = self.store(change).await?;
        Ok(view.map_or_else(|| ProfileStep::Done(Box::new(user)), ProfileStep::Verify))
    }

    async fn store(&self, change: ProfileChange) -> Result<User, ProfileError> {
        let sets_password = change.new_password.is_some();
        match self.profiles.change(change).await? {
            ProfileOutcome::Changed(user) => {
                if sets_password {
                    self.verification.lockouts.failures_were_cleared(&Tried::Password(user.id));
                }
                self.verification.signal.notify();
                Ok(user)
            }
            ProfileOutcome::SessionEnded => Err(ProfileError::Unauthenticated),
            // The password that was right a moment ago no longer is.
            ProfileOutcome::Conflict => Err(ProfileError::PasswordIncorrect),
        }
    }

    fn event(&self, signed_in: &SignedIn, kind: AuditKind, now: Timestamp) -> AuditEvent {
        AuditEvent {
            user: Some(signed_in.user.id),
            session: Some(signed_in.session.id),
            ..self.verification.clock_and_ids.event(kind, now)
        }
    }

    async fn set_password(
        &self,
        user: &User,
        new: &NewPassword,
        takes: Vec<Take>,
    ) -> Result<SetPassword, ProfileError> {
        let hashed = match self.breaches.judge(new).await {
            Ok(()) => self.hasher.hash(user.id, new.as_password()).await.map_err(ProfileError::from),
            Err(fault) => Err(ProfileError::NewPassword(fault)),
        };
        if hashed.is_err() {
            self.verification.limiter.give_back(takes);
        }
        Ok(SetPassword { verifier: hashed?, tries: self.verification.lockouts.tries_at(&Tried::Password(user.id)) })
    }

    /// The flow that verifies a new address or number, and what its current owner is told.
    async fn start(
        &self,
        user: &User,
        session: &Session,
        target: Target,
        now: Timestamp,
    ) -> Result<(Option<Start>, Vec<Message>), StoreError> {
        let verification = &self.verification;
        let (step, subject, notices) = match &target {
            Target::Email(email) => self.email_change(user, email, now).await?,
            Target::Phone(number) => self.phone_change(user, session.scope, number, now),
        };
        let mut challenge = verification.challenge(now, step, target, subject, user.locale);
        challenge.session = Some(session.id);
        let checks = match &challenge.target {
            Target::Phone(number) => verification.phone_gate.destination_checks(number).await?,
            Target::Email(_) => DestinationChecks::Skip,
        };
        // The new address may be somebody else's, for whom the reserve is kept.
        let refusal = verification.refusal(&challenge, checks, MailCaller::Stranger, now).await?;
        let start = verification.start_or_decoy(challenge, refusal, now);
        let audit = AuditEvent { user: Some(user.id), ..start.audit };
        Ok((Some(Start { audit, ..start }), notices))
    }

    /// A taken address answers like any other; its owner is told instead of sent a code.
    async fn email_change(
        &self,
        user: &User,
        email: &EmailAddress,
        now: Timestamp,
    ) -> Result<((Purpose, Step), Subject, Vec<Message>), StoreError> {
        let holder = self.users.find_by_email(email).await?.filter(|holder| holder.id != user.id);
        let mut notices = vec![self.notice(user, NoticeTemplate::EmailChangeAsked, Some(email.masked()), now)];
        // Taken whether anybody holds it or not, so that both take as long.
        let may_tell = self.verification.limiter.notice_by_stranger(email, now).await?;
        let told = holder.iter().filter(|_| may_tell);
        notices.extend(told.map(|holder| self.notice(holder, NoticeTemplate::AlreadyRegistered, None, now)));
        let subject = if holder.is_some() { Subject::Decoy } else { Subject::Account(user.id) };
        Ok(((Purpose::ChangeEmail, Step::EmailCode), subject, notices))
    }

    fn phone_change(
        &self,
        user: &User,
        scope: Scope,
        number: &PhoneNumber,
        now: Timestamp,
    ) -> ((Purpose, Step), Subject, Vec<Message>) {
        let purpose = match scope {
            Scope::Full => Purpose::ChangePhone,
            Scope::Binding => Purpose::Bind,
        };
        let notice = self.notice(user, NoticeTemplate::PhoneChangeAsked, Some(number.masked()), now);
        ((purpose, Step::PhoneCode), Subject::Account(user.id), vec![notice])
    }

    pub(super) fn notice(
        &self,
        user: &User,
        template: NoticeTemplate,
        detail: Option<String>,
        now: Timestamp,
    ) -> Message {
        let id = self.verification.clock_and_ids.message_id(now);
        messages::notice((&user.email, user.locale), template, detail, id, now)
    }
}

impl From<CurrentPasswordError> for ProfileError {
    fn from(error: CurrentPasswordError) -> Self {
        match error {
            CurrentPasswordError::Limited { retry_after } => Self::Limited { retry_after },
            CurrentPasswordError::Incorrect => Self::PasswordIncorrect,
            CurrentPasswordError::Hash(error) => Self::Hash(error),
            CurrentPasswordError::Store(error) => Self::Store(error),
        }
    }
}
