use doorward_kernel::{ChallengeId, EpochId, Locale, PhoneChannels, SessionId, Timestamp, UserId};

use crate::{Channel, Digits, KnownDevice, Policy, Purpose, Step, Target, Verified};

/// One step of a flow: what must be verified, to whom it belongs, how often it may be tried.
///
/// Its code follows from its id, purpose, target and key epoch; nothing here is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Names the challenge; the flow token carries it.
    pub id: ChallengeId,
    /// Its purpose.
    pub purpose: Purpose,
    /// The step that the next call must complete.
    pub step: Step,
    /// Where the code goes, or the number the step is about.
    pub target: Target,
    /// The channels by which its code may go, where that goes to a number.
    pub phone_channels: PhoneChannels,
    /// The user concerned.
    pub subject: Subject,
    /// The language of its messages.
    pub locale: Locale,
    /// How the steps before it were verified.
    pub verified: Verified,
    /// The session it was started in, for changes to an account.
    pub session: Option<SessionId>,
    /// The device that started it, when the account knows it: its tries have buckets of their own.
    pub known_device: Option<KnownDevice>,
    /// The key epoch its code is derived under.
    pub epoch: EpochId,
    /// How many digits its code has.
    pub digits: Digits,
    /// Wrong tries counted so far.
    pub tries: u8,
    /// Wrong tries that close it.
    pub max_tries: u8,
    /// Times its code was sent or, for a decoy, would have been.
    pub sends: u8,
    /// When its code was last sent.
    pub sent_at: Timestamp,
    /// When it was started.
    pub created_at: Timestamp,
    /// When it ends: `expires_at <= now` is expired. A resend does not move it.
    pub expires_at: Timestamp,
    /// When it was used up or replaced; `None` while it is open.
    pub closed_at: Option<Timestamp>,
    /// The step that followed when it was met; `None` where a session or nothing did.
    pub successor: Option<ChallengeId>,
}

/// The account that a challenge is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// This account, existing or about to be made.
    Account(UserId),
    /// Nobody yet: the number is only claimed, and a password will tell by whom.
    Unclaimed,
    /// This account, but the code was never sent: it can only be guessed, and another way may be asked for.
    Withheld(UserId),
    /// Nobody: it behaves like a real one and can never succeed.
    Decoy,
}

/// Why a challenge accepts nothing any more. To clients all reasons look alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// It was used up or replaced.
    Closed,
    /// Its time is over.
    Expired,
    /// All its tries were wrong.
    Exhausted,
}

/// Whether a code may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resend {
    /// Now.
    Now,
    /// Not before that instant.
    At(Timestamp),
    /// Never: all sends are used up, or the step has no code.
    Never,
}

impl Challenge {
    /// Returns whether it still accepts a try.
    pub fn denial(&self, now: Timestamp) -> Option<Denial> {
        if self.closed_at.is_some() {
            Some(Denial::Closed)
        } else if self.expires_at <= now {
            Some(Denial::Expired)
        } else if self.tries >= self.max_tries {
            Some(Denial::Exhausted)
        } else {
            None
        }
    }

    /// Returns whether it was met so short a while ago that the same submit, sent twice, is given its successor again.
    ///
    /// `closed_at + repeat_leeway <= now` is too late.
    pub fn may_repeat(&self, policy: &Policy, now: Timestamp) -> bool {
        self.successor.is_some() && self.closed_at.is_some_and(|at| now < at + policy.repeat_leeway)
    }

    /// Returns whether nobody has gone on with it yet: it is as it was started.
    pub const fn is_untouched(&self) -> bool {
        self.tries == 0 && self.sends == 1 && self.closed_at.is_none()
    }

    /// The wrong tries that are left before it closes.
    pub const fn attempts_left(&self) -> u8 {
        self.max_tries.saturating_sub(self.tries)
    }

    /// Returns whether its code may be sent again by the policy; says nothing about [`denial`](Self::denial).
    pub fn resend(&self, policy: &Policy, now: Timestamp) -> Resend {
        match self.resend_at(policy) {
            None => Resend::Never,
            Some(at) if at <= now => Resend::Now,
            Some(at) => Resend::At(at),
        }
    }

    /// From when on its code may be sent again; `None` when never.
    pub fn resend_at(&self, policy: &Policy) -> Option<Timestamp> {
        if !self.step.is_code() || self.sends >= policy.max_sends {
            return None;
        }
        let wait = usize::from(self.sends.saturating_sub(1));
        let wait = policy.resend_after.get(wait).or(policy.resend_after.last()).copied().unwrap_or_default();
        Some(self.sent_at + wait)
    }

    /// The channel that verifies its step.
    pub fn channel(&self) -> Channel {
        match self.step {
            Step::EmailCode => Channel::Email,
            Step::PhoneCode => self.phone_channels.first().into(),
            Step::FirstLogin => Channel::Sms,
            Step::Password => Channel::Password,
            Step::Totp => Channel::Totp,
        }
    }

    /// The recipient of its code, as the client may see it.
    ///
    /// An address or number that the client sent is masked; of one that the account has on file,
    /// which a right password leads to, no more than the last two digits are shown.
    pub fn destination(&self) -> String {
        let is_on_file = self.step.is_code() && self.verified.contains(Channel::Password);
        match &self.target {
            Target::Phone(number) if is_on_file => format!("***{}", number.last_digits()),
            Target::Email(_) if is_on_file => "***".to_owned(),
            target => target.masked(),
        }
    }

    /// Returns whether it is a login that was to continue a registration whose number is another account's by now.
    ///
    /// Such a login begins with a verified address, as no other does.
    pub fn is_of_another_account(&self) -> bool {
        self.purpose == Purpose::Login && self.verified.contains(Channel::Email)
    }

    /// The account it concerns, where there is one.
    pub const fn user(&self) -> Option<UserId> {
        match self.subject {
            Subject::Account(user) | Subject::Withheld(user) => Some(user),
            Subject::Unclaimed | Subject::Decoy => None,
        }
    }

    /// Returns whether no code is right, as none is sent.
    pub const fn is_decoy(&self) -> bool {
        matches!(self.subject, Subject::Withheld(_) | Subject::Decoy)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use doorward_kernel::PhoneNumber;

    use super::*;

    fn challenge() -> Challenge {
        let created_at = Timestamp::from_micros(0);
        Challenge {
            id: ChallengeId::from_bytes([1; 16]),
            purpose: Purpose::Login,
            step: Step::PhoneCode,
            target: Target::Phone(PhoneNumber::parse("+14155552671", None).unwrap()),
            phone_channels: PhoneChannels::SMS,
            subject: Subject::Decoy,
            locale: Locale::En,
            verified: Verified::default(),
            session: None,
            known_device: None,
            epoch: EpochId(1),
            digits: Digits::SIX,
            tries: 0,
            max_tries: 5,
            sends: 1,
            sent_at: created_at,
            created_at,
            expires_at: created_at + Duration::from_mins(5),
            closed_at: None,
            successor: None,
        }
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(0) + Duration::from_secs(seconds)
    }

    #[test]
    fn a_challenge_ends_at_its_last_instant() {
        assert_eq!(challenge().denial(at(299)), None);
        assert_eq!(challenge().denial(at(300)), Some(Denial::Expired));
    }

    #[test]
    fn the_fifth_wrong_try_closes_it() {
        assert_eq!(Challenge { tries: 4, ..challenge() }.denial(at(1)), None);
        assert_eq!(Challenge { tries: 5, ..challenge() }.denial(at(1)), Some(Denial::Exhausted));
    }

    #[test]
    fn three_sends_wait_30_and_60_seconds() {
        let policy = Policy::default();
        let second = Challenge { sends: 2, sent_at: at(30), ..challenge() };

        assert_eq!(challenge().resend(&policy, at(29)), Resend::At(at(30)));
        assert_eq!(challenge().resend(&policy, at(30)), Resend::Now);
        assert_eq!(second.resend(&policy, at(89)), Resend::At(at(90)));
        assert_eq!(Challenge { sends: 3, ..second }.resend(&policy, at(299)), Resend::Never);
    }

    #[test]
    fn a_step_that_was_met_may_be_repeated_for_ten_seconds_if_another_followed() {
        let policy = Policy::default();
        let met =
            Challenge { closed_at: Some(at(20)), successor: Some(ChallengeId::from_bytes([2; 16])), ..challenge() };

        assert!(!challenge().may_repeat(&policy, at(20)));
        assert!(met.may_repeat(&policy, at(20)) && met.may_repeat(&policy, at(29)));
        assert!(!met.may_repeat(&policy, at(30)));
        assert!(!Challenge { successor: None, ..met }.may_repeat(&policy, at(20)));
    }

    #[test]
    fn a_step_without_a_code_sends_nothing() {
        assert_eq!(Challenge { step: Step::Password, ..challenge() }.resend(&Policy::default(), at(60)), Resend::Never);
    }
}
