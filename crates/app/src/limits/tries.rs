use doorward_kernel::Timestamp;
use doorward_limit::{BucketKey, BucketKind, CheckKind, Lockout, Take, TakeOutcome};

use super::{AdmitError, Attempt, CallKind, Caller, Lockouts, Tried, TriedBy, calls::is_call};
use crate::{SignedIn, metrics::Disclosure};

/// A try at a code or password, counted as a failure before anything is compared.
///
/// A right try is given back; one that crashes in between stays counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Try {
    /// The secret that is tried; `None` where the step asks for no code, and another try counts its answer.
    pub(super) tried: Option<Tried>,
    /// Whether right and wrong are told apart; not once a limit of what is tried is used up, or while it waits
    /// or is disabled. Then what is right is wrong, and counted as such.
    pub(crate) is_looked_at: bool,
    /// The lockouts with the try counted.
    pub(super) in_a_row: Vec<(BucketKey, Lockout)>,
    /// The takes from the limits of its caller.
    pub(super) of_caller: Vec<Take>,
    /// The takes from the limits of what is tried, and its lockouts.
    pub(super) of_tried: Vec<Take>,
    /// The takes for the change that it is for.
    pub(super) of_change: Vec<Take>,
    /// The lockouts of a known device that has failed too often: a success clears them, too.
    pub(super) of_device: Vec<Take>,
}

/// The end of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TryEnd {
    Right,
    Wrong,
    /// It came after the last one of its flow, so a burst of hundreds costs an identifier no more than five.
    Late,
    /// It was not compared, or came twice, so it tells nothing.
    Unread,
}

impl TryEnd {
    /// The end of a try that was compared.
    pub(crate) const fn of(is_right: bool) -> Self {
        if is_right { Self::Right } else { Self::Wrong }
    }
}

impl Lockouts {
    /// Counts a try at a password in a flow, which has taken from its caller's limits already.
    pub(crate) async fn password_step(
        &self,
        attempt: &Attempt,
        tried: Tried,
        by: TriedBy,
        now: Timestamp,
    ) -> Result<Try, AdmitError> {
        let of_caller = attempt.counted.of_caller.clone();
        self.try_at(Try { tried: Some(tried), of_caller, ..Try::default() }, &[], by, now).await
    }

    /// Counts a try at a password that comes with its identifier, in no flow.
    pub(crate) async fn password_alone(
        &self,
        tried: Tried,
        by: TriedBy,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Try, AdmitError> {
        let known = if let TriedBy::Device(device) = by { Some(device) } else { None };
        let of_caller = self.limiter.takes_of_call(caller, known, CallKind::Check);
        let asked = Try { tried: Some(tried), of_caller: of_caller.clone(), ..Try::default() };
        self.try_at(asked, &of_caller, by, now).await
    }

    /// Counts a try at the current password for a change in a session; `of_change` is taken for
    /// the change itself and refused explicitly, and given back if the password is wrong.
    pub(crate) async fn password_change(
        &self,
        signed_in: &SignedIn,
        caller: &Caller,
        of_change: Vec<Take>,
        now: Timestamp,
    ) -> Result<Try, AdmitError> {
        let (by, of_caller) = self.in_session(signed_in, caller);
        let tried = Some(Tried::Password(signed_in.user.id));
        let explicit = [&*of_caller, &*of_change].concat();
        self.try_at(Try { tried, of_caller, of_change, ..Try::default() }, &explicit, by, now).await
    }

    /// Counts a try at the authenticator app, for a change in a session.
    ///
    /// It counts for the host as well, but for the call, which is counted already: a session is no licence to guess.
    pub(crate) async fn totp_change(
        &self,
        signed_in: &SignedIn,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Try, AdmitError> {
        let (by, mut of_caller) = self.in_session(signed_in, caller);
        of_caller.retain(|take| !is_call(take));
        let tried = Some(Tried::Totp(signed_in.user.id));
        let asked = Try { tried, of_caller: of_caller.clone(), ..Try::default() };
        self.try_at(asked, &of_caller, by, now).await
    }

    /// Who tries in a session, which is the device if the account knows it, and what that takes.
    fn in_session(&self, SignedIn { session, user }: &SignedIn, caller: &Caller) -> (TriedBy, Vec<Take>) {
        let known = self.limiter.device_of(caller, user.device_owner());
        let by = known.map_or(TriedBy::Session(session.id), TriedBy::Device);
        (by, self.limiter.takes_of_call(caller, known, CallKind::Check))
    }

    /// Counts a try at an app in a flow among those in a row; it has taken from the limits of its caller and of the day.
    pub(crate) async fn totp_step(&self, attempt: &mut Attempt, now: Timestamp) -> Result<(), AdmitError> {
        let Some(tried) = attempt.counted.tried.clone().filter(|_| attempt.counted.is_looked_at) else { return Ok(()) };
        let by = TriedBy::of(&attempt.challenge, &tried);
        self.count(&mut attempt.counted, &[], |by| self.in_a_row(&tried, by), by, now).await
    }

    async fn try_at(&self, mut asked: Try, explicit: &[Take], by: TriedBy, now: Timestamp) -> Result<Try, AdmitError> {
        let Some(tried) = asked.tried.clone() else { return Ok(asked) };
        let of_tried = |by| [self.of_day(&tried, by), self.in_a_row(&tried, by)].concat();
        self.count(&mut asked, explicit, of_tried, by, now).await?;
        Ok(asked)
    }

    /// Takes what a try takes, explicitly from some limits, and silently from those of what is tried and its lockouts.
    pub(super) async fn count(
        &self,
        counted: &mut Try,
        explicit: &[Take],
        of_tried: impl Fn(TriedBy) -> Vec<Take>,
        by: TriedBy,
        now: Timestamp,
    ) -> Result<(), AdmitError> {
        let mut silent = of_tried(by);
        let mut outcome = self.limiter.admit_with(explicit, &silent, now).await?;
        // A known device that has failed too often is none, and counts as any stranger.
        if matches!(by, TriedBy::Device(_)) && is_disabled(&outcome) {
            counted.of_device = silent.into_iter().filter(|take| take.limit.lockout().is_some()).collect();
            silent = of_tried(TriedBy::Stranger);
            outcome = self.limiter.admit_with(&[], &silent, now).await?;
        }
        self.limiter.was_refused(&outcome, Disclosure::Silent, now);
        counted.is_looked_at = outcome.is_admitted();
        match outcome {
            TakeOutcome::Admitted(in_a_row) => {
                counted.in_a_row = in_a_row;
                counted.of_tried.extend(silent);
            }
            TakeOutcome::Refused(_) => self.limiter.buckets.refund(counted.of_tried.drain(..)),
        }
        Ok(())
    }

    /// Settles a try, now that one knows: clears the lockouts that a right one went through, records what a
    /// wrong one did, and gives back what it took for nothing.
    pub(crate) async fn settle(&self, counted: &Try, end: TryEnd, now: Timestamp) {
        let is_password = counted.tried.as_ref().is_some_and(Tried::is_password);
        let kind = if is_password { CheckKind::Password } else { CheckKind::Code };
        match end {
            TryEnd::Right => {
                if let Some(tried) = &counted.tried {
                    self.limiter.spray.was_right(kind, tried, now);
                }
                let taken = counted.of_caller.iter().chain(&counted.of_tried).chain(&counted.of_device);
                self.limiter.give_back(taken.map(Take::cleared));
                self.unblock(counted, now).await;
            }
            TryEnd::Wrong => {
                self.limiter.spray.was_wrong(kind, now);
                if let Some(tried) = &counted.tried {
                    counted.in_a_row.iter().for_each(|(_, lockout)| self.note_failure(tried, lockout, now));
                }
                self.limiter.give_back(counted.of_change.iter().cloned());
            }
            TryEnd::Late => {
                self.limiter.spray.was_wrong(kind, now);
                self.limiter.give_back(counted.of_tried.iter().cloned());
                self.unblock(counted, now).await;
            }
            TryEnd::Unread => self.was_unread(counted, now).await,
        }
    }

    /// Gives back what a try took that was not looked at.
    pub(crate) async fn was_unread(&self, counted: &Try, now: Timestamp) {
        let taken = counted.of_caller.iter().chain(&counted.of_tried).chain(&counted.of_change);
        self.limiter.give_back(taken.cloned());
        self.unblock(counted, now).await;
    }

    /// Writes at once what is given back of a try that made its authenticator wait or disabled it.
    ///
    /// Other nodes would refuse for a second what is right, and a process that is killed within it would leave an
    /// authenticator disabled by no failure. What cannot be written now is written with the next that is given back.
    async fn unblock(&self, counted: &Try, now: Timestamp) {
        if counted.in_a_row.iter().all(|(_, lockout)| lockout.blocked_until.is_none()) {
            return;
        }
        if let Err(error) = self.limiter.buckets.settle(now).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a lockout that has ended is written later");
        }
    }
}

/// Whether a lockout refuses until the authenticator is bound anew.
fn is_disabled(outcome: &TakeOutcome) -> bool {
    outcome.refusals().iter().any(|refusal| refusal.key.kind == BucketKind::LOCKOUT && refusal.retry_at.is_none())
}
