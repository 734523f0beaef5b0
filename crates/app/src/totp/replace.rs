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
    pub(super) async fn begin_held(
        &self,
        signed_in: &SignedIn,
        seed: SealedSeed,
        outranked: Outranked,
        now: Timestamp,
    ) -> Result<BeginOutcome, StoreError> {
        let id = ChangeId::mint(now, &*self.codes.verification.clock_and_ids.random);
        let replaces = Some(outranked);
        let held = PendingAuthenticator { id, user: signed_in.user.id, seed, replaces, begun_at: now, due: None };
        let audit = self.event_of(signed_in, AuditKind::TotpBegun, now);
        self.held.begin(BeginPending { held, session: signed_in.session.id, audit }).await
    }

    /// Holds the app in place of what was lost when its first code is right.
    pub(super) async fn schedule(
        &self,
        signed_in: &SignedIn,
        code: &Code,
        now: Timestamp,
    ) -> Result<Confirmed, TotpError> {
        let (user, codes) = (&signed_in.user, &self.codes);
        let waits = |held: &PendingAuthenticator| held.due.is_none() && now < held.begun_at + codes.policy.setup_ttl;
        let app = self.held.find_of(user.id).await?.filter(waits).ok_or(TotpError::NotPending)?;
        let seed = codes.seeds.open_seed(user.id, &app.seed).ok_or(TotpError::NotPending)?;
        let Some(step) = seed.check(code, now, None) else { return Err(self.was_wrong(signed_in).await?) };
        let hold = self.held_until(signed_in, app, step, now);
        self.changed(&self.held.schedule(hold).await?, TotpError::NotPending)?;
        Ok(Confirmed::Held(now + self.hold))
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
        if self.held.find_of(user).await?.is_some_and(|held| held.replaces.is_some()) {
            return Err(TotpError::Occupied);
        }
        let id = ChangeId::mint(now, &*self.codes.verification.clock_and_ids.random);
        let (seed, begun_at) = (waiting.seed, waiting.created_at);
        let held = PendingAuthenticator { id, user, seed, replaces: None, begun_at, due: None };
        let due = self.held_until(signed_in, held, step, now);
        self.changed(&self.held.schedule_setup(due).await?, TotpError::NotPending)?;
        Ok(Confirmed::Held(now + self.hold))
    }

    /// The app as it waits for its time, told wherever the owner can be reached.
    fn held_until(
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
        let by_sms = codes.verification.told_by_sms(user, template, now);
        ScheduleAuthenticator {
            notices: [notice].into_iter().chain(by_sms).collect(),
            held: PendingAuthenticator { due: Some(Due { step, at: now + self.hold }), ..app },
            session: signed_in.session.id,
            audit: self.event_of(signed_in, AuditKind::TotpHeld, now),
        }
    }

    /// Puts apps in their place that nobody has objected to in time, at most `limit`; tells how
    /// many were due.
    #[tracing::instrument(level = "debug", name = "totp.apply_pending", skip_all)]
    pub async fn apply_pending(&self, limit: u32) -> Result<u64, StoreError> {
        let due = self.held.find_due(self.codes.verification.clock_and_ids.now(), limit).await?;
        let count = u64::try_from(due.len()).unwrap_or(u64::MAX);
        for held in due {
            self.apply(held).await?;
        }
        Ok(count)
    }

    async fn apply(&self, held: PendingAuthenticator) -> Result<(), StoreError> {
        let verification = &self.codes.verification;
        let now = verification.clock_and_ids.now();
        let user = self.codes.users.find_by_id(held.user).await?.filter(User::is_active);
        // With a seed that does not open here its owner could not log in.
        let is_good = self.codes.seeds.open_seed(held.user, &held.seed).is_some();
        let Some(user) = user.filter(|_| is_good) else { return Ok(()) };
        let (kind, notice) = self.applied(&held, &user, now);
        let audit = AuditEvent { user: Some(user.id), ..verification.clock_and_ids.event(kind, now) };
        if let ChangeOutcome::Changed(_) =
            self.held.apply_pending(ApplyAuthenticator { held, notice, now, audit }).await?
        {
            verification.signal.notify();
            verification.lockouts.is_bound(&Tried::Totp { user: user.id, bound_at: None }).await?;
        }
        Ok(())
    }

    /// What the audit says of an app that counts now, and the notice, which can be objected to still.
    fn applied(&self, held: &PendingAuthenticator, user: &User, now: Timestamp) -> (AuditKind, Message) {
        let (kind, template) = match held.replaces {
            Some(_) => (AuditKind::TotpReplaced, NoticeTemplate::AuthenticatorReplaced),
            None => (AuditKind::TotpAdded, NoticeTemplate::TotpAdded),
        };
        (kind, messages::undoable(self.codes.notice(user, template, now), held.id))
    }
}
