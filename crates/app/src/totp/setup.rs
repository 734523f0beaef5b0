use std::{sync::Arc, time::Duration};

use doorward_kernel::{AuditEvent, AuditKind, ChangeId, Secret, StoreError, Timestamp};
use doorward_notifier::NoticeTemplate;
use doorward_otp::{Code, RecoveryCode, SealedSeed, TimeStep, TotpSeed};
use doorward_session::{Method, Scope};
use doorward_user::Password;

use super::{BeginOutcome, BeginTotp, ChangeOutcome, ConfirmTotp, PendingAuthenticators, TotpCodes, TotpError};
use crate::{
    SignedIn,
    factors::{Change, Evidence, Given, Holdings, Outranked, Refusal, SessionEvidence, Verdict, decide},
    limits::{CallKind, Caller, Tried},
    messages,
    profile::Profile,
    sessions::{Authentication, StepUpRequired},
};

/// Sets up authenticator apps, renews their recovery codes and removes them, for their owners.
#[derive(Clone)]
pub struct Totp {
    /// Checks codes.
    pub codes: TotpCodes,
    /// Knows what is fresh.
    pub authentication: Authentication,
    /// Checks the current password.
    pub profile: Profile,
    /// The pending authenticator apps.
    pub pending: Arc<dyn PendingAuthenticators>,
    /// The time that the owner can object before it counts.
    pub hold: Duration,
}

/// The secret for an authenticator app; shown once, and never stored in the clear.
#[derive(Clone, Debug)]
pub struct TotpSetup {
    /// The seed, in the base32 that people type.
    pub secret: Secret<String>,
    /// The address that apps read from a QR code.
    pub otpauth_url: Secret<String>,
}

/// The result of the first right code.
#[derive(Clone, Debug)]
pub enum Confirmed {
    /// The app is on, and these are its recovery codes.
    Now(Vec<RecoveryCode>),
    /// The app counts from that instant, unless its owner objects.
    Pending(Timestamp),
}

impl Totp {
    /// Makes a seed that does nothing until a code of it is right; one that waited is forgotten.
    #[tracing::instrument(level = "debug", name = "totp.begin", skip_all)]
    pub async fn begin(&self, signed_in: &SignedIn, caller: &Caller) -> Result<TotpSetup, TotpError> {
        let (user, clock_and_ids) = (&signed_in.user, &self.codes.verification.clock_and_ids);
        let now = clock_and_ids.now();
        self.may_bind(signed_in, Given::Nothing)?;
        self.admit(signed_in, caller, now).await?;
        let seed = TotpSeed::mint(&*clock_and_ids.random);
        let sealed = self.codes.seal(user, &seed)?;
        let begun = if let Some(outranked) = outranked(signed_in) {
            self.begin_pending(signed_in, sealed, outranked, now).await?
        } else {
            let (user, session) = (user.id, signed_in.session.id);
            let audit = self.event_of(signed_in, AuditKind::TotpBegun, now);
            self.codes.authenticators.begin(BeginTotp { user, session, seed: sealed, now, audit }).await?
        };
        match begun {
            BeginOutcome::Begun => Ok(TotpSetup {
                secret: seed.base32(),
                otpauth_url: seed.otpauth_url(&self.codes.policy.issuer, &user.email),
            }),
            BeginOutcome::SessionEnded => Err(TotpError::Unauthenticated),
            BeginOutcome::Refused => Err(TotpError::AlreadyActive),
        }
    }

    /// Switches the app on when its first code is right, and gives the recovery codes, once.
    ///
    /// In place of what was lost it counts later, and so it does in a session that has shown
    /// neither the password nor a second factor, unless the password comes along.
    #[tracing::instrument(level = "debug", name = "totp.confirm", skip_all)]
    pub async fn confirm(
        &self,
        signed_in: &SignedIn,
        code: &Code,
        password: Option<&Password>,
        caller: &Caller,
    ) -> Result<Confirmed, TotpError> {
        let verification = &self.codes.verification;
        let given = password.map_or(Given::Nothing, |_| Given::Password);
        let verdict = self.may_bind(signed_in, given)?;
        match password {
            Some(password) => self.profile.check_password(signed_in, password, caller, vec![]).await.map(drop)?,
            None => verification.limiter.admit_call(caller, None, verification.clock_and_ids.now()).await?,
        }
        let now = verification.clock_and_ids.now();
        if outranked(signed_in).is_some() {
            return self.schedule(signed_in, code, now).await;
        }
        let found = self.codes.authenticators.find(signed_in.user.id).await?;
        let waiting = found.filter(|found| found.is_pending(&self.codes.policy, now)).ok_or(TotpError::NotPending)?;
        // A wrong one counts for nothing: whoever asks knows the seed.
        let Some(step) = self.codes.shown_step(&waiting, code, now) else {
            return Err(self.was_wrong(signed_in).await?);
        };
        match verdict {
            Verdict::AtOnce => self.switch_on(signed_in, waiting.seed, step, now).await,
            Verdict::Pending | Verdict::Refused(_) => self.schedule_setup(signed_in, waiting, step, now).await,
        }
    }

    async fn switch_on(
        &self,
        signed_in: &SignedIn,
        seed: SealedSeed,
        step: TimeStep,
        now: Timestamp,
    ) -> Result<Confirmed, TotpError> {
        let user = &signed_in.user;
        let codes = self.mint_codes();
        let change = ChangeId::mint(now, &*self.codes.verification.clock_and_ids.random);
        let confirm = ConfirmTotp {
            change,
            user: user.id,
            session: signed_in.session.id,
            seed,
            step,
            digests: self.codes.digests_of(user, &codes),
            notice: messages::undoable(self.codes.notice(user, NoticeTemplate::TotpAdded, now), change),
            now,
            audit: self.event_of(signed_in, AuditKind::TotpAdded, now),
        };
        // Before, as the recovery codes are shown once, and must not be lost to a failure here.
        self.codes.verification.lockouts.clear_failures(&Tried::Totp(user.id)).await?;
        self.changed(&self.codes.authenticators.confirm(confirm).await?, TotpError::NotPending)?;
        self.authentication.note_verification(signed_in, Method::Totp, now).await?;
        Ok(Confirmed::Now(codes))
    }

    /// Decides whether an app is bound at once in the session, with the password or without.
    ///
    /// A session that may only bind was opened by password and mailbox a moment ago.
    fn may_bind(&self, signed_in: &SignedIn, given: Given) -> Result<Verdict, TotpError> {
        let evidence = match signed_in.session.scope {
            Scope::Binding => Evidence::Binding,
            Scope::Full => Evidence::Session(SessionEvidence { given, ..self.authentication.evidence_of(signed_in) }),
        };
        let verdict = decide(Change::BindAuthenticator, Holdings::of(&signed_in.user), evidence);
        match verdict {
            Verdict::AtOnce | Verdict::Pending => Ok(verdict),
            Verdict::Refused(Refusal::AlreadyBound) => Err(TotpError::AlreadyActive),
            Verdict::Refused(_) => Err(StepUpRequired.into()),
        }
    }

    /// Takes for a setup: on its session's own bucket, as nothing is verified yet that the owner's changes need.
    async fn admit(&self, signed_in: &SignedIn, caller: &Caller, now: Timestamp) -> Result<(), TotpError> {
        let limiter = &self.codes.verification.limiter;
        let mut takes = limiter.takes_of_call(caller, None, CallKind::Plain);
        takes.push(limiter.setup_take(signed_in.session.id));
        Ok(limiter.admit(takes, now).await?)
    }

    pub(super) fn changed(&self, outcome: &ChangeOutcome, lost: TotpError) -> Result<(), TotpError> {
        match outcome {
            ChangeOutcome::Changed(_) => {
                self.codes.verification.signal.notify();
                Ok(())
            }
            ChangeOutcome::SessionEnded => Err(TotpError::Unauthenticated),
            ChangeOutcome::Conflict => Err(lost),
        }
    }

    /// Records a wrong code, as no flow does so here, and gives what the caller is told.
    pub(super) async fn was_wrong(&self, signed_in: &SignedIn) -> Result<TotpError, StoreError> {
        let verification = &self.codes.verification;
        let event = self.event_of(signed_in, AuditKind::TotpFailed, verification.clock_and_ids.now());
        verification.limiter.incidents.record(event, None).await?;
        Ok(TotpError::Incorrect)
    }

    pub(super) fn mint_codes(&self) -> Vec<RecoveryCode> {
        RecoveryCode::mint_set(&*self.codes.verification.clock_and_ids.random).into()
    }

    pub(super) fn event_of(&self, signed_in: &SignedIn, kind: AuditKind, now: Timestamp) -> AuditEvent {
        let (user, session) = (Some(signed_in.user.id), Some(signed_in.session.id));
        AuditEvent { user, session, ..self.codes.verification.clock_and_ids.event(kind, now) }
    }
}

/// The factor that an app takes the place of, which is bound in a session that may do nothing else.
fn outranked(SignedIn { session, user }: &SignedIn) -> Option<Outranked> {
    let holdings = Holdings::of(user);
    match session.scope {
        Scope::Full => None,
        Scope::Binding if holdings.authenticator => Some(Outranked::Authenticator),
        Scope::Binding => holdings.number.then_some(Outranked::Number),
    }
}
