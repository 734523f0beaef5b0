use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
};

use doorward_app::{
    NumberVerification, SingleUse, SpentCode,
    binding::PendingNumber,
    clients::ResourceServer,
    factors::Outranked,
    flow::Start,
    registration::Draft,
    sessions::{NewDevice, SessionCap},
    totp::{Authenticator, PendingAuthenticator},
};
use doorward_kernel::{
    AuditEvent, ChallengeId, ChangeId, ClientId, EmailAddress, EpochId, KeyEpoch, MessageId, PhoneNumber, SessionId,
    StoreError, Timestamp, UserId,
};
use doorward_limit::{CheckKind, ConversionBreaker, SmsDestination};
use doorward_notifier::{Delivery, Message};
use doorward_otp::{Challenge, RecoveryDigest, SealedSeed};
use doorward_session::{ClientDigest, Methods, Scope, Session};
use doorward_user::{IdentifierChange, PasswordVerifier, User, UserPhone};

use crate::MemoryBuckets;

/// Everything a store keeps.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) users: BTreeMap<UserId, Account>,
    pub(super) challenges: BTreeMap<ChallengeId, Challenge>,
    pub(super) drafts: BTreeMap<ChallengeId, Draft>,
    pub(super) sessions: BTreeMap<SessionId, Session>,
    pub(super) outbox: BTreeMap<MessageId, Waiting>,
    pub(super) epochs: BTreeMap<EpochId, KeyEpoch>,
    pub(super) resource_servers: BTreeMap<ClientId, (ResourceServer, ClientDigest)>,
    pub(super) buckets: MemoryBuckets,
    pub(super) check_counts: BTreeMap<(CheckKind, Timestamp), (u64, u64)>,
    pub(super) conversion_breakers: BTreeMap<SmsDestination, (ConversionBreaker, Timestamp)>,
    pub(super) sms_paused_since: Option<Timestamp>,
    pub(super) authenticators: BTreeMap<UserId, Authenticator>,
    /// When they were made.
    pub(super) recovery: BTreeMap<(UserId, RecoveryDigest), Timestamp>,
    pub(super) audit: Vec<AuditEvent>,
    pub(super) changes: BTreeMap<ChangeId, IdentifierChange>,
    pub(super) pending_numbers: BTreeMap<ChangeId, PendingNumber>,
    /// Numbers with claims to drop that were made until then.
    pub(super) void_claims: BTreeMap<String, Timestamp>,
    pub(super) pending_authenticators: BTreeMap<UserId, PendingAuthenticator>,
    /// The changes that made the confirmed apps of accounts.
    pub(super) added_authenticators: BTreeMap<UserId, ChangeId>,
}

/// An account with what its port gives to few.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) user: User,
    pub(super) verifier: PasswordVerifier,
}

/// A message and how far its delivery has come.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) message: Message,
    pub(super) tries: u32,
    pub(super) next_try_at: Option<Timestamp>,
    pub(super) leased_until: Option<Timestamp>,
    pub(super) dead_since: Option<Timestamp>,
    pub(super) failure: Option<String>,
    pub(super) delivery: Delivery,
}

impl State {
    /// The challenge, if it is open.
    pub(super) fn open(&mut self, id: ChallengeId, now: Timestamp) -> Option<&mut Challenge> {
        self.challenges.get_mut(&id).filter(|challenge| challenge.denial(now).is_none())
    }

    /// Closes the challenge if it is open, and returns whether it was.
    pub(super) fn close(&mut self, id: ChallengeId, now: Timestamp) -> bool {
        self.open(id, now).map(|challenge| challenge.closed_at = Some(now)).is_some()
    }

    /// Closes the challenge if it is open, with the step that follows, and returns whether it was.
    pub(super) fn advance(&mut self, id: ChallengeId, next: ChallengeId, now: Timestamp) -> bool {
        let open = self.open(id, now);
        open.map(|challenge| (challenge.closed_at, challenge.successor) = (Some(now), Some(next))).is_some()
    }

    /// Returns whether the session has ended or never was.
    pub(super) fn has_ended(&self, session: SessionId) -> bool {
        self.sessions.get(&session).is_none_or(|session| session.ended_at.is_some())
    }

    /// Closes every open challenge that is one of these.
    pub(super) fn close_all(&mut self, now: Timestamp, is_one: impl Fn(&Challenge) -> bool) {
        let open = self.challenges.values_mut().filter(|challenge| challenge.denial(now).is_none());
        for challenge in open.filter(|challenge| is_one(challenge)) {
            challenge.closed_at = Some(now);
        }
    }

    pub(super) fn start(&mut self, start: Start) -> Result<(), StoreError> {
        insert(&mut self.challenges, start.challenge.id, start.challenge)?;
        if let Some(message) = start.message {
            self.post_leased(message, start.leased_until)?;
        }
        self.record(start.audit);
        Ok(())
    }

    pub(super) fn post(&mut self, message: Message) -> Result<(), StoreError> {
        self.post_leased(message, None)
    }

    fn post_leased(&mut self, message: Message, leased_until: Option<Timestamp>) -> Result<(), StoreError> {
        let (id, next_try_at) = (message.id, Some(message.created_at));
        let delivery = Delivery::default();
        let waiting =
            Waiting { message, tries: 0, next_try_at, leased_until, dead_since: None, failure: None, delivery };
        insert(&mut self.outbox, id, waiting)
    }

    pub(super) fn record(&mut self, event: AuditEvent) {
        self.audit.push(event);
    }

    /// The account of the address.
    pub(super) fn owner(&self, email: &EmailAddress) -> Option<&Account> {
        self.users.values().find(|account| account.user.email.key() == email.key())
    }

    /// The account, if it is active.
    pub(super) fn active(&mut self, user: UserId) -> Option<&mut Account> {
        self.users.get_mut(&user).filter(|account| account.user.is_active())
    }

    /// The user's authenticator app, if it is the one of that seed.
    pub(super) fn authenticator(&mut self, user: UserId, seed: &SealedSeed) -> Option<&mut Authenticator> {
        self.authenticators.get_mut(&user).filter(|found| found.seed == *seed)
    }

    /// Uses up the code, where there is one, with its notice and event; returns whether nobody had done so before.
    pub(super) fn spend(&mut self, spends: Option<SpentCode>) -> Result<bool, StoreError> {
        let Some(SpentCode { user, seed, code, notice, audit }) = spends else { return Ok(true) };
        let app = self.authenticator(user, &seed).filter(|app| app.is_active());
        let is_spent = match code {
            SingleUse::Step(step) => app
                .filter(|app| app.last_step.is_none_or(|last| last < step))
                .map(|app| app.last_step = Some(step))
                .is_some(),
            SingleUse::Recovery(digests) => {
                app.is_some() && digests.iter().any(|digest| self.recovery.remove(&(user, *digest)).is_some())
            }
        };
        if is_spent {
            notice.into_iter().try_for_each(|notice| self.post(notice))?;
            self.record(audit);
        }
        Ok(is_spent)
    }

    /// Returns whether an account that the verification does not name has verified its number.
    pub(super) fn is_verified_by_another(&self, user: UserId, number_verification: &NumberVerification) -> bool {
        let is_other =
            |other: &User| other.id != user && number_verification.drops.iter().all(|drop| drop.user != other.id);
        self.users
            .values()
            .any(|account| is_other(&account.user) && account.user.has_verified(&number_verification.number))
    }

    /// Makes the account the one owner of the number.
    pub(super) fn verify_number(
        &mut self,
        user: UserId,
        number_verification: NumberVerification,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let number = number_verification.number;
        for drop in number_verification.drops.into_iter().filter(|drop| drop.user != user) {
            if self.take(drop.user, &number, now) {
                self.post(drop.notice)?;
                self.record(drop.audit);
            }
        }
        if let Some(Account { user, .. }) = self.users.get_mut(&user) {
            user.phone = Some(UserPhone { number: number.clone(), verified_at: Some(now) });
            user.updated_at = now;
        }
        self.post_leased(number_verification.notice, number_verification.leased_until)?;
        self.record(number_verification.audit);
        if self.has_claims(&number, now) {
            self.void_claims.insert(number.as_str().to_owned(), now);
        }
        Ok(())
    }

    /// Returns whether anybody still claims the number who did so until then.
    pub(super) fn has_claims(&self, number: &PhoneNumber, made_until: Timestamp) -> bool {
        let is_claimant = |user: &User| user.carries(number) && !user.has_verified(number);
        self.users.values().any(|account| is_claimant(&account.user) && account.user.created_at <= made_until)
    }

    /// Takes the number from an account, and returns whether it carried it.
    pub(super) fn take(&mut self, user: UserId, number: &PhoneNumber, now: Timestamp) -> bool {
        let holder = self.users.get_mut(&user).map(|account| &mut account.user).filter(|user| user.carries(number));
        holder.map(|user| (user.phone, user.updated_at) = (None, now)).is_some()
    }

    /// Ends the live sessions of an account, but for the one that is kept.
    ///
    /// Where none is kept, the account's device tokens end with them.
    pub(super) fn end_sessions(&mut self, user: UserId, kept: Option<SessionId>, now: Timestamp) {
        if let (None, Some(account)) = (kept, self.users.get_mut(&user)) {
            account.user.logins.devices.0 += 1;
        }
        for session in self.sessions.values_mut() {
            if session.user == user && Some(session.id) != kept && session.ended_at.is_none() {
                session.ended_at = Some(now);
            }
        }
    }

    /// The same, but for the sessions that may only bind.
    pub(super) fn end_others(&mut self, user: UserId, kept: Option<SessionId>, now: Timestamp) -> usize {
        let is_other =
            |session: &&mut Session| session.user == user && Some(session.id) != kept && session.scope == Scope::Full;
        let others = self.sessions.values_mut().filter(is_other).filter(|session| session.ended_at.is_none());
        others.map(|session| session.ended_at = Some(now)).count()
    }

    /// Returns how the owner of a session was verified; `None` when it has ended, nothing where none is named.
    pub(super) fn methods_of(&self, session: Option<SessionId>) -> Option<Methods> {
        let Some(session) = session else { return Some(Methods::default()) };
        let live = self.sessions.get(&session).filter(|session| session.ended_at.is_none());
        live.map(|session| session.methods.clone())
    }

    /// Ends the least recently used sessions of an account, so that one more fits.
    pub(super) fn evict_oldest(&mut self, user: UserId, cap: SessionCap, now: Timestamp) -> Result<(), StoreError> {
        let is_live = |session: &&mut Session| {
            let is_used = session.last_seen_at > cap.used_after && session.created_at > cap.opened_after;
            session.user == user && session.scope == Scope::Full && session.ended_at.is_none() && is_used
        };
        let mut live: Vec<_> = self.sessions.values_mut().filter(is_live).collect();
        live.sort_by_key(|session| Reverse((session.last_seen_at, session.id)));
        let kept = usize::try_from(cap.most).unwrap_or(usize::MAX).saturating_sub(1);
        let surplus = live.into_iter().skip(kept).map(|session| session.ended_at = Some(now)).count();
        if surplus > 0 {
            self.post(cap.notice)?;
            self.record(cap.audit);
        }
        Ok(())
    }

    /// Tells an owner of a device, unless that was told of another one since then.
    pub(super) fn tell_of_device(
        &mut self,
        user: UserId,
        device: Option<NewDevice>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(NewDevice { notice, leased_until, unless_notified_since }) = device else { return Ok(()) };
        let logins = self.active(user).map(|account| &mut account.user.logins);
        let due = logins
            .filter(|logins| logins.new_device_notified_at.is_none_or(|told_at| told_at <= unless_notified_since));
        match due.map(|logins| logins.new_device_notified_at = Some(now)) {
            Some(()) => self.post_leased(notice, leased_until),
            None => Ok(()),
        }
    }

    /// Cancels the number and the app that are pending for an account, but for what replaces one of these.
    pub(super) fn cancel(&mut self, user: UserId, kept: &[Outranked]) {
        let is_kept = |pending: &PendingAuthenticator| pending.replaces.is_some_and(|factor| kept.contains(&factor));
        self.pending_authenticators.retain(|owner, pending| *owner != user || is_kept(pending));
        if !kept.contains(&Outranked::Number) {
            self.pending_numbers.retain(|_, pending| pending.user != user);
        }
    }

    /// Closes the open challenges of an account, those that its sessions started, and cancels
    /// the number and the app that are pending for it, but for what replaces one of the factors that are kept.
    pub(super) fn close_challenges(&mut self, user: UserId, kept: &[Outranked], now: Timestamp) {
        self.cancel(user, kept);
        let own = self.sessions.values().filter(|session| session.user == user).map(|session| session.id);
        let own: BTreeSet<_> = own.collect();
        self.close_all(now, |challenge| {
            challenge.user() == Some(user) || challenge.session.is_some_and(|session| own.contains(&session))
        });
    }
}

/// Adds what must be new.
pub(super) fn insert<K: Ord, V>(map: &mut BTreeMap<K, V>, id: K, value: V) -> Result<(), StoreError> {
    match map.entry(id) {
        Entry::Vacant(entry) => {
            entry.insert(value);
            Ok(())
        }
        Entry::Occupied(_) => Err(StoreError::failed("the id is taken")),
    }
}
