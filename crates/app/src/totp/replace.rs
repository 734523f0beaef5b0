use doorward_kernel::{AuditEvent, AuditKind, ChangeId, StoreError, Timestamp};
use doorward_notifier::NoticeTemplate;
use doorward_otp::{Code, SealedSeed};
use doorward_user::User;

use super::{BeginOutcome, ChangeOutcome, Confirmed, Totp, TotpError};
use crate::{
    binding::{BeginHeld, Due, HeldApp, HoldApp, TakeApp},
    messages,
    sessions::SignedIn,
};

impl Totp {
    pub(super) async fn begin_held(
        &self,
        signed_in: &SignedIn,
        seed: SealedSeed,
        now: Timestamp,
    ) -> Result<BeginOutcome, StoreError> {
        let id = ChangeId::mint(now, &*self.proof.verification.moment.random);
        let held = HeldApp { id, user: signed_in.user.id, seed, begun_at: now, due: None };
        let audit = self.event_of(signed_in, AuditKind::TotpBegun, now);
        self.held.begin(BeginHeld { held, session: signed_in.session.id, audit }).await
    }

    /// Holds the app when its first code is right.
    pub(super) async fn hold(&self, signed_in: &SignedIn, code: &Code, now: Timestamp) -> Result<Confirmed, TotpError> {
        let (user, proof) = (&signed_in.user, &self.proof);
        let waits = |held: &HeldApp| held.due.is_none() && now < held.begun_at + proof.policy.setup_ttl;
        let app = self.held.find_of(user.id).await?.filter(waits).ok_or(TotpError::NotPending)?;
        let seed = proof.seeds.open_seed(user.id, &app.seed).ok_or(TotpError::NotPending)?;
        let Some(step) = seed.check(code, now, None) else { return Err(self.was_wrong(signed_in).await?) };
        let at = now + self.hold;
        let notice = messages::undoable(proof.notice(user, NoticeTemplate::AuthenticatorHeld, now), app.id);
        let by_sms = proof.verification.told_by_sms(user, NoticeTemplate::AuthenticatorHeld, now);
        let hold = HoldApp {
            notices: [notice].into_iter().chain(by_sms).collect(),
            held: HeldApp { due: Some(Due { step, at }), ..app },
            session: signed_in.session.id,
            audit: self.event_of(signed_in, AuditKind::TotpHeld, now),
        };
        self.changed(&self.held.hold(hold).await?, TotpError::NotPending)?;
        Ok(Confirmed::Held(at))
    }

    /// Puts apps in their place that nobody has objected to in time, at most `limit`; tells how
    /// many were due.
    pub async fn take_effect(&self, limit: u32) -> Result<u64, StoreError> {
        let due = self.held.find_due(self.proof.verification.moment.now(), limit).await?;
        let count = u64::try_from(due.len()).unwrap_or(u64::MAX);
        for held in due {
            self.replace(held).await?;
        }
        Ok(count)
    }

    async fn replace(&self, held: HeldApp) -> Result<(), StoreError> {
        let verification = &self.proof.verification;
        let now = verification.moment.now();
        let user = self.proof.users.find_by_id(held.user).await?.filter(User::is_active);
        // With a seed that does not open here its owner could not log in.
        let is_good = self.proof.seeds.open_seed(held.user, &held.seed).is_some();
        let Some(user) = user.filter(|_| is_good) else { return Ok(()) };
        let take = TakeApp {
            held,
            notice: self.proof.notice(&user, NoticeTemplate::AuthenticatorReplaced, now),
            now,
            audit: AuditEvent { user: Some(user.id), ..verification.moment.event(AuditKind::TotpReplaced, now) },
        };
        if let ChangeOutcome::Changed(_) = self.held.take_effect(take).await? {
            verification.bell.ring();
        }
        Ok(())
    }
}
