use std::time::Duration;

use doorward_kernel::Timestamp;

use crate::{Assurance, Generation, Session};

/// The numbers that rule sessions (NIST SP 800-63B-4, section 2.2.3 and 2.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The longest time without use.
    pub idle: Duration,
    /// The longest life.
    pub absolute: Duration,
    /// The longest time without use at `aal2`, after which the session falls back to `aal1`.
    pub aal2_idle: Duration,
    /// The longest time at `aal2`, after which the session falls back to `aal1`.
    pub aal2_absolute: Duration,
    /// How long after its use a spent refresh token gets its unused successor again.
    pub refresh_leeway: Duration,
    /// How long an access token is good.
    pub access_ttl: Duration,
}

/// What presenting a refresh token comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// It is the good one: move on to the generation after it.
    Rotate,
    /// Its answer was lost: give the same successor again, which nobody has used.
    Repeat,
    /// It was spent: somebody has a copy, so the session must end.
    Reuse,
    /// We never gave out such a generation.
    Unknown,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            idle: Duration::from_hours(24),
            absolute: Duration::from_hours(30 * 24),
            aal2_idle: Duration::from_hours(1),
            aal2_absolute: Duration::from_hours(24),
            refresh_leeway: Duration::from_secs(10),
            access_ttl: Duration::from_mins(5),
        }
    }
}

impl Policy {
    /// When the session ends if it is not used again: `ends_at <= now` has ended.
    pub fn ends_at(&self, session: &Session) -> Timestamp {
        (session.last_seen_at + self.idle).min(session.created_at + self.absolute)
    }

    /// Whether the session may still be used.
    pub fn is_live(&self, session: &Session, now: Timestamp) -> bool {
        session.ended_at.is_none() && now < self.ends_at(session)
    }

    /// The assurance that the session still gives.
    pub fn assurance(&self, session: &Session, now: Timestamp) -> Assurance {
        let is_fresh = now < session.last_seen_at + self.aal2_idle && now < session.auth_time + self.aal2_absolute;
        if is_fresh { session.methods.assurance() } else { Assurance::Aal1 }
    }

    /// Whether use should be noted: a write every few minutes at most, fine enough for every end.
    pub fn should_touch(&self, session: &Session, now: Timestamp) -> bool {
        let grain = (self.idle.min(self.aal2_idle) / 20).min(Duration::from_mins(5));
        now.since(session.last_seen_at) >= grain
    }

    /// Judges a refresh token of that generation.
    pub fn refresh(&self, session: &Session, presented: Generation, now: Timestamp) -> Refresh {
        if presented == session.generation {
            Refresh::Rotate
        } else if presented > session.generation {
            Refresh::Unknown
        } else if presented.next() == session.generation && now < session.rotated_at + self.refresh_leeway {
            Refresh::Repeat
        } else {
            Refresh::Reuse
        }
    }
}

#[cfg(test)]
mod tests {
    use doorward_kernel::{Client, SessionId, UserId};

    use super::*;
    use crate::{Carrier, Method, Methods};

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(0) + Duration::from_secs(seconds)
    }

    fn session() -> Session {
        Session {
            id: SessionId::from_bytes([1; 16]),
            user: UserId::from_bytes([2; 16]),
            carrier: Carrier::Token,
            generation: Generation(3),
            rotated_at: at(100),
            methods: Methods::new(&[Method::Sms, Method::Password]),
            auth_time: at(0),
            created_at: at(0),
            last_seen_at: at(100),
            client: Client::default(),
            ended_at: None,
        }
    }

    #[test]
    fn a_session_ends_idle_or_absolutely() {
        let policy = Policy { idle: Duration::from_secs(50), absolute: Duration::from_mins(2), ..Policy::default() };

        assert!(policy.is_live(&session(), at(119)));
        assert!(!policy.is_live(&session(), at(120)));
        assert!(!policy.is_live(&Session { last_seen_at: at(10), ..session() }, at(60)));
        assert!(!policy.is_live(&Session { ended_at: Some(at(1)), ..session() }, at(2)));
    }

    #[test]
    fn two_factors_fall_back_to_one_after_an_hour_without_use() {
        let policy = Policy::default();

        assert_eq!(policy.assurance(&session(), at(3699)), Assurance::Aal2);
        assert_eq!(policy.assurance(&session(), at(3700)), Assurance::Aal1);
    }

    #[test]
    fn a_lost_answer_is_a_retry_and_an_old_token_is_theft() {
        let policy = Policy::default();

        assert_eq!(policy.refresh(&session(), Generation(3), at(500)), Refresh::Rotate);
        assert_eq!(policy.refresh(&session(), Generation(2), at(109)), Refresh::Repeat);
        assert_eq!(policy.refresh(&session(), Generation(2), at(110)), Refresh::Reuse);
        assert_eq!(policy.refresh(&session(), Generation(1), at(101)), Refresh::Reuse);
        assert_eq!(policy.refresh(&session(), Generation(4), at(101)), Refresh::Unknown);
    }
}
