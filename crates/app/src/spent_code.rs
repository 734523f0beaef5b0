use doorward_kernel::{AuditEvent, UserId};
use doorward_notifier::Message;
use doorward_otp::{RecoveryDigest, SealedSeed, TimeStep};

/// A code of an authenticator app, or a recovery code in its place, that a step uses up.
///
/// The confirmed app of the account must be the one of that seed. Of any number of steps that name one code, one
/// uses it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpentCode {
    /// Whose.
    pub user: UserId,
    /// The seed the code was compared with, or of the app it stands in for.
    pub seed: SealedSeed,
    /// The code.
    pub code: SingleUse,
    /// The notice to the owner, where a recovery code is used up.
    pub notice: Option<Message>,
    /// The audit event.
    pub audit: AuditEvent,
}

/// The part of a code that is stored, so that it counts once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SingleUse {
    /// The time step of a code that the app showed: it must be later than the last one (RFC 6238, section 5.2).
    Step(TimeStep),
    /// The digests that a recovery code may be stored under: one of them must be there, and is deleted.
    Recovery(Vec<RecoveryDigest>),
}
