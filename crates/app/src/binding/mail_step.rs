use doorward_kernel::{StoreError, Timestamp};
use doorward_otp::{Challenge, Channel, KnownDevice, Purpose, Step, Subject, Target, Verified};
use doorward_user::{User, Users};

use crate::flow::Verification;

/// The step, after a right password, of a code to the address on file.
pub(crate) fn mail_step(
    verification: &Verification,
    user: &User,
    known_device: Option<KnownDevice>,
    now: Timestamp,
) -> Challenge {
    let step = (Purpose::Bind, Step::EmailCode);
    let target = Target::Email(user.email.clone());
    let challenge = verification.challenge(now, step, target, Subject::Account(user.id), user.locale);
    Challenge { verified: Verified::default().and(Channel::Password), known_device, ..challenge }
}

/// The step as a decoy where the account has had its address since that instant or later: whoever
/// has just changed it could otherwise bind what they like, as with a reset of the password.
pub(crate) async fn held_back(
    users: &dyn Users,
    step: Challenge,
    user: &User,
    since: Timestamp,
) -> Result<Challenge, StoreError> {
    let is_settled = users.find_by_settled_email(&user.email, since).await?.is_some();
    let subject = if is_settled { step.subject } else { Subject::Decoy };
    Ok(Challenge { subject, ..step })
}
