use doorward_kernel::Timestamp;
use doorward_otp::{Challenge, Channel, KnownDevice, Proved, Purpose, Step, Subject, Target};
use doorward_user::User;

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
    Challenge { proved: Proved::default().and(Channel::Password), known_device, ..challenge }
}
