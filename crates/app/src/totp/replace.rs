use doorward_kernel::{AuditEvent, AuditKind, ChangeId, StoreError, Timestamp};
use doorward_notifier::{Message, NoticeTemplate};
use doorward_otp::{Code, SealedSeed, TimeStep};
use doorward_user::User;

use super::{
    ApplyAuthenticator, Authenticator, BeginOutcome, BeginPending, ChangeOutcome, Confirmed, Due, PendingAuthenticator,
    ScheduleAuthenticator, Totp, TotpError,
};
use crate::{SignedIn, factors::Outranked, limits::Tried, messages};

impl Totp {
    pub(super) async fn begin_pending(
        &self,
        signed_in: &SignedIn,
        seed: SealedSeed,
        outranked: Outranked,
        now: Timestamp,
    ) -> Result<BeginOutcome, StoreError> {
        let id = ChangeId::mint(now, &*self.codes.verification.clock_and_ids.random);
        let replaces = Some(outranked);
        let pending = PendingAuthenticator { id, user: signed_in.user.id, seed, replaces, begun_at: now, due: None };
        let audit = self.event_of(signed_in, AuditKind::TotpBegun, now);
        self.pending.begin(BeginPending { pending, session: signed_in.session.id, audit }).await
    }

    /// Holds the app in place of what was lost when its first code is right.
    pub(super) async fn schedule(
        &self,
        signed_in: &SignedIn,
        code: &Code,
        now: Timestamp,
    ) -> Result<Confirmed, TotpError> {
        let (user, codes) = (&signed_in.user, &self.codes);
        let waits =
            |pending: &PendingAuthenticator| pending.due.is_none() && now < pending.begun_at + codes.policy.setup_ttl;
        let app = self.pending.find_of(user.id).await?.filter(waits).ok_or(TotpError::NotPending)?;
        let seed = codes.keys.open_seed(user.id, &app.seed).ok_or(TotpError::NotPending)?;
        let Some(step) = seed.check(code, now, None) else { return Err(self.was_wrong(signed_in).await?) };
        let hold = self.scheduled(signed_in, app, step, now);
        self.changed(&self.pending.schedule(hold).await?, TotpError::NotPending)?;
        Ok(Confirmed::Pending(now + self.hold))
    }

    /// Holds an app that was set up in a session that is not sure enough to switch it on.
    pub(super) async fn schedule_setup(
        &self,
        signed_in: &SignedIn,
        waiting: Authenticator,
        step: TimeStep,
        now: Timestamp,
    ) -> Result<Confirmed, TotpError> {
        let user = waiting.user;
        if self.pending.find_of(user).await?.is_some_and(|pending| pending.replaces.is_some()) {
            return Err(TotpError::Occupied);
        }
        let id = ChangeId::mint(now, &*self.codes.verification.clock_and_ids.random);
        let (seed, begun_at) = (waiting.seed, waiting.created_at);
        let pending = PendingAuthenticator { id, user, seed, replaces: None, begun_at, due: None };
        let due = self.scheduled(signed_in, pending, step, now);
        self.changed(&self.pending.schedule_setup(due).await?, TotpError::NotPending)?;
        Ok(Confirmed::Pending(now + self.hold))
    }

    /// The app as it waits for its time, told wherever the owner can be reached.
    fn scheduled(
        &self,
        signed_in: &SignedIn,
        app: PendingAuthenticator,
        step: TimeStep,
        now: Timestamp,
    ) -> ScheduleAuthenticator {
        let (user, codes) = (&signed_in.user, &self.codes);
        let template = match app.replaces {
            Some(_) => NoticeTemplate::AuthenticatorHeld,
            None => NoticeTemplate::AuthenticatorPending,
        };
        let notice = messages::undoable(codes.notice(user, template, now), app.id);
        let by_sms = codes.verification.notice_by_sms(user, template, now);
        ScheduleAuthenticator {
            notices: [notice].into_iter().chain(by_sms).collect(),
            pending: PendingAuthenticator { due: Some(Due { step, at: now + self.hold }), ..app },
            session: signed_in.session.id,
            audit: self.event_of(signed_in, AuditKind::TotpHeld, now),
        }
    }

    /// Puts apps in their place that nobody has objected to in time, at most `limit`; tells how
    /// many were due.
    #[tracing::instrument(level = "debug", name = "totp.apply_pending", skip_all)]
    pub async fn apply_pending(&self, limit: u32) -> Result<u64, StoreError> {
        let due = self.pending.find_due(self.codes.verification.clock_and_ids.now(), limit).await?;
        let count = u64::try_from(due.len()).unwrap_or(u64::MAX);
        for pending in due {
            self.apply(pending).await?;
        }
        Ok(count)
    }

    async fn apply(&self, pending: PendingAuthenticator) -> Result<(), StoreError> {
        let verification = &self.codes.verification;
        let now = verification.clock_and_ids.now();
        let user = self.codes.users.find_by_id(pending.user).await?.filter(User::is_active);
        // With a seed that does not open here its owner could not log in.
        let is_good = self.codes.keys.open_seed(pending.user, &pending.seed).is_some();
        let Some(user) = user.filter(|_| is_good) else { return Ok(()) };
        let (kind, notice) = self.applied(&pending, &user, now);
        let audit = AuditEvent { user: Some(user.id), ..verification.clock_and_ids.event(kind, now) };
        if let ChangeOutcome::Changed(_) =
            self.pending.apply_pending(ApplyAuthenticator { pending, notice, now, audit }).await?
        {
            verification.signal.notify();
            verification.lockouts.clear_failures(&Tried::Totp(user.id)).await?;
        }
        Ok(())
    }

    /// Returns the audit kind of an app that counts now, and the notice, by which it can still be objected to.
    fn applied(&self, pending: &PendingAuthenticator, user: &User, now: Timestamp) -> (AuditKind, Message) {
        let (kind, template) = match pending.replaces {
            Some(_) => (AuditKind::TotpReplaced, NoticeTemplate::AuthenticatorReplaced),
            None => (AuditKind::TotpAdded, NoticeTemplate::TotpAdded),
        };
        (kind, messages::undoable(self.codes.notice(user, template, now), pending.id))
    }
}
