use std::fmt;

/// The kind of a bucket: a short stable name that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketKind(&'static str);

impl BucketKind {
    /// Calls of credential endpoints, per host.
    pub const IP_CREDENTIALS: Self = Self("ip_credentials");
    /// Failed checks, per host.
    pub const IP_FAILURES: Self = Self("ip_failures");
    /// Starts that would send, per host.
    pub const IP_SENDS: Self = Self("ip_sends");
    /// Registrations started, per host.
    pub const IP_REGISTRATIONS: Self = Self("ip_registrations");
    /// Failed checks, per network.
    pub const NET_FAILURES: Self = Self("net_failures");
    /// Starts that would send, per network.
    pub const NET_SENDS: Self = Self("net_sends");
    /// Mails with codes, per address.
    pub const EMAIL: Self = Self("email");
    /// The part of [`EMAIL`](Self::EMAIL) that strangers may use.
    pub const EMAIL_STRANGERS: Self = Self("email_strangers");
    /// Security notices that strangers cause, per address.
    pub const NOTICES: Self = Self("notices");
    /// SMS, per number.
    pub const SMS: Self = Self("sms");
    /// SMS to known devices, per number.
    pub const SMS_KNOWN: Self = Self("sms_known");
    /// SMS, per first seven digits.
    pub const SMS_PREFIX: Self = Self("sms_prefix");
    /// SMS, per country.
    pub const SMS_COUNTRY: Self = Self("sms_country");
    /// SMS of all.
    pub const SMS_BUDGET: Self = Self("sms_budget");
    /// The cost of all SMS, in the smallest unit of a currency.
    pub const SMS_SPEND: Self = Self("sms_spend");
    /// Calls that say a code, of all.
    pub const VOICE_BUDGET: Self = Self("voice_budget");
    /// Mails of all.
    pub const EMAIL_BUDGET: Self = Self("email_budget");
    /// SMS of all, in the short run.
    pub const SMS_RATE: Self = Self("sms_rate");
    /// Mails of all, in the short run.
    pub const EMAIL_RATE: Self = Self("email_rate");
    /// Sensitive changes, per account.
    pub const SENSITIVE_CHANGES: Self = Self("sensitive_changes");
    /// Setups of an authenticator app that were begun, per session.
    pub const TOTP_SETUPS: Self = Self("totp_setups");
    /// Changes of address or number, per account.
    pub const IDENTIFIER_CHANGES: Self = Self("identifier_changes");
    /// Refreshes, per session.
    pub const REFRESH: Self = Self("refresh");
    /// Wrong secrets of resource servers, per host.
    pub const CLIENT_FAILURES: Self = Self("client_failures");
    /// Wrong codes, per [try](BucketKey::of_try).
    pub const WRONG_CODES: Self = Self("wrong_codes");
    /// Wrong passwords, per [try](BucketKey::of_try).
    pub const PASSWORD_FAILURES: Self = Self("password_failures");
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
