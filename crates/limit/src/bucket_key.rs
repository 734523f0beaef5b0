use std::fmt;

/// The kind of a bucket: a short stable name that is stored. Each of [`Limits`](crate::Limits) has one of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketKind(&'static str);

impl BucketKind {
    /// The part of [`EMAIL`](Self::EMAIL) that strangers may use.
    pub const EMAIL_STRANGERS: Self = Self("email_strangers");
    /// The half of [`VOICE_BUDGET`](Self::VOICE_BUDGET) that calls to unverified numbers may use.
    pub const VOICE_UNVERIFIED: Self = Self("voice_unverified");
    /// Security notices that strangers cause, per address.
    pub const NOTICES: Self = Self("notices");
    /// SMS to known devices, per number.
    pub const SMS_KNOWN: Self = Self("sms_known");
    /// Setups of an authenticator app that were begun, per session.
    pub const TOTP_SETUPS: Self = Self("totp_setups");
    /// Failures in a row, per [try](BucketKey::of_try).
    pub const LOCKOUT: Self = Self("lockout");
    /// The kind under which a device that has logged in to an account before is digested.
    pub const KNOWN_DEVICE: Self = Self("known_device");
    /// The alert cooldown of incidents.
    pub const INCIDENTS: Self = Self("told");
    /// Solved puzzles, each good for one use.
    pub const SOLVED_PUZZLES: Self = Self("solved_puzzles");

    /// The kinds whose keys are of [tries](BucketKey::of_try).
    pub const OF_TRIES: [Self; 3] = [Self::WRONG_CODES, Self::PASSWORD_FAILURES, Self::LOCKOUT];

    /// A kind of your own.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// The key of a bucket: its kind and the keyed digest of its subject.
///
/// Stores never see an address, a number or an IP address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketKey {
    /// The kind of the bucket.
    pub kind: BucketKind,
    /// 32 bytes, the keyed digest of kind and subject, or of [what is tried and by whom](Self::of_try).
    pub subject: [u8; 32],
}

/// Digests the subjects of buckets under a key, the same on every node.
pub trait Digests: Send + Sync {
    /// 32 bytes that tell nothing about the subject to those without the key.
    ///
    /// The kind goes in, its length first, so one subject has unlike digests in two kinds.
    fn digest(&self, kind: BucketKind, subject: &str) -> [u8; 32];
}

impl BucketKey {
    /// The key of a canonical subject.
    pub fn new(digests: &dyn Digests, kind: BucketKind, subject: &str) -> Self {
        Self { kind, subject: digests.digest(kind, subject) }
    }

    /// The key under which a try at an authenticator is counted for its caller.
    ///
    /// The subject begins with the [16 bytes](Self::authenticator) that all callers have in common.
    pub fn of_try(digests: &dyn Digests, kind: BucketKind, authenticator: &str, caller: &str) -> Self {
        let mut subject = digests.digest(BucketKind::LOCKOUT, &format!("{authenticator} {caller}"));
        let of_all = Self::authenticator(digests, authenticator);
        subject.iter_mut().zip(of_all).for_each(|(byte, of_all)| *byte = of_all);
        Self { kind, subject }
    }

    /// 16 bytes of the keyed digest of an authenticator.
    pub fn authenticator(digests: &dyn Digests, authenticator: &str) -> [u8; 16] {
        let (mut half, digest) = ([0; 16], digests.digest(BucketKind::LOCKOUT, authenticator));
        half.iter_mut().zip(digest).for_each(|(byte, of_digest)| *byte = of_digest);
        half
    }
}

impl fmt::Debug for BucketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, third, fourth, ..] = self.subject;
        write!(f, "{}:{first:02x}{second:02x}{third:02x}{fourth:02x}", self.kind.as_str())
    }
}
