use doorward_kernel::{Client, EmailAddress};
use doorward_otp::{Challenge, Target};
use doorward_session::{Carrier, Method};
use doorward_user::{Password, PasswordCheck, User};

use super::PhoneLogin;
use crate::{
    flow::{LoginStep, VerifyError},
    limits::{Attempt, Tried, TriedBy, TryEnd},
    password_login::{PasswordLoginError, StaleVerifier},
    sessions::{methods_after, new_session},
};

impl PhoneLogin {
    /// Goes on with address and password of an account that carries the verified number.
    #[tracing::instrument(level = "debug", name = "phone_login.finish_with_password", skip_all)]
    pub async fn finish_with_password(
        &self,
        attempt: Attempt,
        email: &EmailAddress,
        password: &Password,
        carrier: Carrier,
        client: Client,
    ) -> Result<LoginStep, PasswordLoginError> {
        let verification = &self.verification;
        let now = verification.clock_and_ids.now();
        let (challenge, lockouts) = (&attempt.challenge, &verification.lockouts);
        let credentials = self.users.credentials_by_email(email).await?;
        let owner = credentials.as_ref().map(|(user, _)| user);
        let guessed = Tried::password(&Target::Email(email.clone()), owner.map(|owner| owner.id));
        let tried = lockouts.password_step(&attempt, guessed, guesser(owner, challenge), now).await?;
        let may_enter =
            |user: &User| user.is_active() && challenge.target.phone().is_some_and(|number| user.carries(number));
        // Nothing is compared where a right password would not count either: it would be denied sooner.
        let credentials = credentials.filter(|(user, _)| tried.is_looked_at && may_enter(user));
        let verifier = credentials.as_ref().map(|(user, verifier)| (user.id, verifier.clone()));
        let check = match self.hasher.verify(password, verifier).await {
            Ok(check) => check,
            Err(busy) => {
                lockouts.settle(&tried, TryEnd::Unread, now).await;
                return Err(busy.into());
            }
        };
        let credentials = credentials.filter(|_| check != PasswordCheck::Wrong);
        lockouts.settle(&tried, TryEnd::of(credentials.is_some()), now).await;
        let Some((user, verifier)) = credentials else {
            return Err(verification.count_wrong(challenge, now).await?.into());
        };
        let methods = methods_after(&challenge.verified, Method::Password);
        let session = new_session(&*self.verification.clock_and_ids.random, user.id, methods, carrier, client, now);
        let opened = self.open((challenge, Some(user.clone())), session, Some(verifier.clone()), None, now).await;
        let step = opened.map_err(VerifyError::from)?;
        if check == PasswordCheck::RightButStale {
            self.rehashes.ask(StaleVerifier { user: user.id, verifier, password: password.clone() });
        }
        Ok(step)
    }
}

/// The device of the flow is one of whoever has verified its number, and of nobody else.
fn guesser(owner: Option<&User>, challenge: &Challenge) -> TriedBy {
    let has_verified = |owner: &User| challenge.target.phone().is_some_and(|number| owner.has_verified(number));
    TriedBy::device(challenge.known_device.filter(|_| owner.is_some_and(has_verified)))
}
