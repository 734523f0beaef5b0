use std::{sync::Arc, time::Duration};

use doorward_kernel::{AuditEvent, AuditKind, Secret, StoreError, Timestamp};
use doorward_notifier::NoticeTemplate;
use doorward_otp::{Code, RecoveryCode, TotpSeed};
use doorward_session::{Method, Scope};

use super::{BeginOutcome, BeginTotp, ChangeOutcome, ConfirmTotp, TotpError, TotpProof};
use crate::{
    binding::HeldApps,
    limits::Caller,
    profile::Profile,
    sessions::{Authentication, SignedIn, StepUpRequired},
    step_up::{StrongFactor, strongest},
};

/// Sets up authenticator apps, renews their recovery codes and removes them, for their owners.
#[derive(Clone)]
pub struct Totp {
    /// Checks codes.
    pub proof: TotpProof,
    /// Knows what is fresh.
    pub authentication: Authentication,
    /// Checks the current password.
    pub profile: Profile,
    /// What takes the place of a factor that was lost.
    pub held: Arc<dyn HeldApps>,
    /// How long the owner can object before it does.
    pub hold: Duration,
}

/// What an authenticator app needs; shown once, and never kept in the clear.
#[derive(Clone, Debug)]
pub struct TotpSetup {
    /// The seed, in the base32 that people type.
    pub secret: Secret<String>,
    /// The address that apps read from a QR code.
    pub otpauth_url: Secret<String>,
}

/// What a first code that was right leads to.
#[derive(Clone, Debug)]
pub enum Confirmed {
    /// The app is on, and these are its recovery codes.
    Now(Vec<RecoveryCode>),
    /// The app takes the place of what was lost at that instant, unless its owner objects.
    Held(Timestamp),
}

impl Totp {
    /// Makes a seed that does nothing until a code of it is right; one that waited is forgotten.
    pub async fn begin(&self, signed_in: &SignedIn, caller: &Caller) -> Result<TotpSetup, TotpError> {
        let (user, moment) = (&signed_in.user, &self.proof.verification.moment);
        let now = moment.now();
        self.require_fresh(signed_in)?;
        self.admit(signed_in, caller, now).await?;
        let seed = TotpSeed::mint(&*moment.random);
        let sealed = self.proof.seal(user, &seed)?;
        let begun = if replaces(signed_in) {
            self.begin_held(signed_in, sealed, now).await?
        } else {
            let (user, session) = (user.id, signed_in.session.id);
            let audit = self.event_of(signed_in, AuditKind::TotpBegun, now);
            self.proof.authenticators.begin(BeginTotp { user, session, seed: sealed, now, audit }).await?
        };
        match begun {
            BeginOutcome::Begun => Ok(TotpSetup {
                secret: seed.base32(),
                otpauth_url: seed.otpauth_url(&self.proof.policy.issuer, user.email.as_str()),
            }),
            BeginOutcome::Refused => Err(TotpError::AlreadyActive),
        }
    }

    /// Switches the app on when its first code is right, and gives the recovery codes, once; in
    /// place of what was lost, later.
    pub async fn confirm(&self, signed_in: &SignedIn, code: &Code, caller: &Caller) -> Result<Confirmed, TotpError> {
        let (user, proof) = (&signed_in.user, &self.proof);
        let now = proof.verification.moment.now();
        self.require_fresh(signed_in)?;
        proof.verification.limiter.admit_call(caller, None, now).await?;
        if replaces(signed_in) {
            return self.hold(signed_in, code, now).await;
        }
        let found = proof.authenticators.find(user.id).await?;
        let pending = found.filter(|found| found.is_pending(&proof.policy, now)).ok_or(TotpError::NotPending)?;
        // A wrong one counts for nothing: whoever asks knows the seed.
        let Some(step) = proof.shown_step(&pending, code, now) else {
            return Err(self.was_wrong(signed_in).await?);
        };
        let codes = self.mint_codes();
        let confirm = ConfirmTotp {
            user: user.id,
            session: signed_in.session.id,
            seed: pending.seed,
            step,
            digests: proof.digests_of(user, &codes),
            notice: proof.notice(user, NoticeTemplate::TotpAdded, now),
            now,
            audit: self.event_of(signed_in, AuditKind::TotpAdded, now),
        };
        self.changed(&proof.authenticators.confirm(confirm).await?, TotpError::NotPending)?;
        Ok(Confirmed::Now(codes))
    }

    /// A session that may only bind was proved a moment ago, and has nothing stronger to prove.
    ///
    /// Of an account that has nothing but its password, the password must be fresh: no call here
    /// asks for it.
    fn require_fresh(&self, SignedIn { session, user }: &SignedIn) -> Result<(), StepUpRequired> {
        let authentication = &self.authentication;
        let now = authentication.moment.now();
        let methods = strongest(user).map_or(&[Method::Password][..], StrongFactor::methods);
        let is_fresh = session.scope == Scope::Binding || authentication.policy.is_fresh(session, methods, now);
        if is_fresh { Ok(()) } else { Err(StepUpRequired) }
    }

    /// Draws for a change to the account.
    async fn admit(&self, signed_in: &SignedIn, caller: &Caller, now: Timestamp) -> Result<(), TotpError> {
        let limiter = &self.proof.verification.limiter;
        let mut draws = limiter.change_draws(caller, signed_in.user.id, false);
        draws.push(limiter.call_draw(caller, None));
        Ok(limiter.admit(draws, now).await?)
    }

    pub(super) fn changed(&self, outcome: &ChangeOutcome, lost: TotpError) -> Result<(), TotpError> {
        match outcome {
            ChangeOutcome::Changed(_) => {
                self.proof.verification.bell.ring();
                Ok(())
            }
            ChangeOutcome::Lost => Err(lost),
        }
    }

    /// Records a wrong code, as no flow does so here, and gives what the caller is told.
    pub(super) async fn was_wrong(&self, signed_in: &SignedIn) -> Result<TotpError, StoreError> {
        let verification = &self.proof.verification;
        let event = self.event_of(signed_in, AuditKind::TotpFailed, verification.moment.now());
        verification.limiter.incidents.record(event, None).await?;
        Ok(TotpError::Incorrect)
    }

    pub(super) fn mint_codes(&self) -> Vec<RecoveryCode> {
        RecoveryCode::mint_set(&*self.proof.verification.moment.random).into()
    }

    pub(super) fn event_of(&self, signed_in: &SignedIn, kind: AuditKind, now: Timestamp) -> AuditEvent {
        let (user, session) = (Some(signed_in.user.id), Some(signed_in.session.id));
        AuditEvent { user, session, ..self.proof.verification.moment.event(kind, now) }
    }
}

/// Whether the session binds an app in place of another factor, which the app would outrank at the next login.
fn replaces(SignedIn { session, user }: &SignedIn) -> bool {
    session.scope == Scope::Binding && strongest(user).is_some()
}
