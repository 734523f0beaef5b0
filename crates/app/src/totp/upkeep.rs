use doorward_kernel::AuditKind;
use doorward_notifier::NoticeTemplate;
use doorward_otp::{EnteredCode, RecoveryCode};
use doorward_user::{Password, PasswordVerifier};

use super::{Authenticator, RemoveTotp, ReplaceRecovery, Totp, TotpError};
use crate::{SignedIn, factors::Change, limits::Caller};

impl Totp {
    /// Removes the app and its recovery codes.
    #[tracing::instrument(level = "debug", name = "totp.remove", skip_all)]
    pub async fn remove(
        &self,
        signed_in: &SignedIn,
        password: &Password,
        code: &EnteredCode,
        caller: &Caller,
    ) -> Result<(), TotpError> {
        let (verified, checked) = self.verify(signed_in, Change::RemoveAuthenticator, (password, code), caller).await?;
        let now = self.codes.verification.clock_and_ids.now();
        let remove = RemoveTotp {
            user: verified.user,
            session: signed_in.session.id,
            checked,
            seed: verified.seed,
            notice: self.codes.notice(&signed_in.user, NoticeTemplate::TotpRemoved, now),
            now,
            audit: self.event_of(signed_in, AuditKind::TotpRemoved, now),
        };
        self.changed(&self.codes.authenticators.remove(remove).await?, TotpError::NotActive)
    }

    /// Makes recovery codes that take the place of all others, and gives them, once.
    #[tracing::instrument(level = "debug", name = "totp.renew_recovery_codes", skip_all)]
    pub async fn renew_recovery_codes(
        &self,
        signed_in: &SignedIn,
        password: &Password,
        code: &EnteredCode,
        caller: &Caller,
    ) -> Result<Vec<RecoveryCode>, TotpError> {
        let (verified, checked) =
            self.verify(signed_in, Change::ReplaceRecoveryCodes, (password, code), caller).await?;
        let now = self.codes.verification.clock_and_ids.now();
        let codes = self.mint_codes();
        let replace = ReplaceRecovery {
            user: verified.user,
            session: signed_in.session.id,
            checked,
            seed: verified.seed,
            digests: self.codes.digests_of(&signed_in.user, &codes),
            notice: self.codes.notice(&signed_in.user, NoticeTemplate::RecoveryCodesMade, now),
            now,
            audit: self.event_of(signed_in, AuditKind::RecoveryCodesMade, now),
        };
        self.changed(&self.codes.authenticators.replace_recovery(replace).await?, TotpError::NotActive)?;
        Ok(codes)
    }

    /// Password first, so that whoever lacks it uses up no code.
    async fn verify(
        &self,
        signed_in: &SignedIn,
        change: Change,
        (password, code): (&Password, &EnteredCode),
        caller: &Caller,
    ) -> Result<(Authenticator, PasswordVerifier), TotpError> {
        let user = &signed_in.user;
        self.authentication.require_fresh(signed_in, change)?;
        let authenticator = self.codes.active(user).await?.ok_or(TotpError::NotActive)?;
        let takes = self.codes.verification.limiter.change_takes(caller, user.id, false);
        let verifier = self.profile.check_password(signed_in, password, caller, takes).await?;
        match self.codes.spend(signed_in, code, caller).await {
            Ok(method) => {
                self.authentication
                    .note_verification(signed_in, method, self.codes.verification.clock_and_ids.now())
                    .await?;
                Ok((authenticator, verifier))
            }
            Err(TotpError::Incorrect) => Err(self.was_wrong(signed_in).await?),
            Err(error) => Err(error),
        }
    }
}
