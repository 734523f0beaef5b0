use std::time::Duration;

use doorward_kernel::Timestamp;

use crate::{Assurance, Generation, Method, Scope, Session};

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
    /// The time after its use in which a spent refresh token gets its unused successor again.
    pub refresh_leeway: Duration,
    /// The time that an access token is good.
    pub access_ttl: Duration,
    /// The most live sessions of one account; a further one ends the least recently used.
    pub max_per_user: u32,
    /// The least assurance of a session; one that falls below it has ended.
    pub require: Assurance,
    /// The lifetime of a session that may only bind, used or not.
    pub binding: Duration,
    /// The time that a verification counts as fresh where one is asked for.
    pub fresh: Duration,
}

/// The outcome of presenting a refresh token.
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
            max_per_user: 20,
            require: Assurance::Aal1,
            binding: Duration::from_mins(15),
            fresh: Duration::from_mins(10),
        }
    }
}

impl Policy {
    /// Returns when the session ends if it is not used again: `ends_at <= now` has ended.
    pub fn ends_at(&self, session: &Session) -> Timestamp {
        if session.scope == Scope::Binding {
            return session.created_at + self.binding;
        }
        let end = (session.last_seen_at + self.idle).min(session.created_at + self.absolute);
        match self.require {
            Assurance::Binding | Assurance::Aal1 => end,
            Assurance::Aal2 => end.min(self.aal2_ends_at(session).unwrap_or(session.created_at)),
        }
    }

    /// Returns whether the session may still be used.
    pub fn is_live(&self, session: &Session, now: Timestamp) -> bool {
        session.ended_at.is_none() && now < self.ends_at(session)
    }

    /// A session not used since this instant has ended.
    pub fn idle_since(&self, now: Timestamp) -> Timestamp {
        now - self.idle
    }

    /// A session opened at this instant or before has ended.
    pub fn opened_since(&self, now: Timestamp) -> Timestamp {
        now - self.absolute
    }

    /// The assurance that the session still gives.
    pub fn assurance(&self, session: &Session, now: Timestamp) -> Assurance {
        if session.scope == Scope::Binding {
            return Assurance::Binding;
        }
        let is_strong = self.aal2_ends_at(session).is_some_and(|end| now < end);
        if is_strong { Assurance::Aal2 } else { Assurance::Aal1 }
    }

    /// Returns whether two factors have ceased to count and nobody has noted it.
    ///
    /// It must be noted before the session is used, or that use would bring them back.
    pub fn falls_back(&self, session: &Session, now: Timestamp) -> bool {
        self.aal2_ends_at(session).is_some_and(|end| end <= now)
    }

    /// Returns when two factors cease to count together; `None` where there are not two, or not any more.
    ///
    /// Each counts from its own last verification: verifying one anew does not prolong the other.
    fn aal2_ends_at(&self, session: &Session) -> Option<Timestamp> {
        let last = |knows: bool| {
            let of_kind = session.verifications().filter(|(method, _)| method.is_knowledge() == knows);
            of_kind.map(|(_, at)| at).max()
        };
        let older = last(true)?.min(last(false)?);
        let has_fallen = session.fell_back_at.is_some_and(|fell_back_at| older <= fell_back_at);
        (!has_fallen).then(|| (older + self.aal2_absolute).min(session.last_seen_at + self.aal2_idle))
    }

    /// Returns whether one of the methods was verified a short while ago.
    pub fn is_fresh(&self, session: &Session, methods: &[Method], now: Timestamp) -> bool {
        session.verifications().any(|(method, at)| methods.contains(&method) && now < at + self.fresh)
    }

    /// Returns whether use should be noted: a write every few minutes at most, fine enough for every end.
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
            scope: Scope::Full,
            carrier: Carrier::Token,
            generation: Generation(3),
            rotated_at: at(100),
            methods: Methods::new(&[Method::Sms, Method::Password]),
            auth_time: at(0),
            created_at: at(0),
            last_seen_at: at(100),
            fell_back_at: None,
            client: Client::default(),
            ended_at: None,
        }
    }

    /// Returns whether a session lives, and what it gives, on both sides of every boundary.
    #[test]
    fn a_session_lives_and_gives_what_the_table_says() {
        let short = Policy { idle: Duration::from_secs(50), absolute: Duration::from_mins(2), ..Policy::default() };
        let strict = Policy { require: Assurance::Aal2, ..Policy::default() };
        let (policy, two) = (Policy::default(), session());
        let one = Session { methods: Methods::new(&[Method::Sms]), ..two.clone() };
        let unused = Session { last_seen_at: at(10), ..two.clone() };
        let ended = Session { ended_at: Some(at(1)), ..two.clone() };
        let binding = Session { scope: Scope::Binding, last_seen_at: at(899), ..two.clone() };
        let (live, over) = (true, false);
        #[rustfmt::skip]
        let table = [
            ("used until its absolute end",          short,  &two,     119,    live, Assurance::Aal2),
            ("at its absolute end",                  short,  &two,     120,    over, Assurance::Aal2),
            ("just before its idle end",             short,  &unused,  59,     live, Assurance::Aal2),
            ("at its idle end",                      short,  &unused,  60,     over, Assurance::Aal2),
            ("ended by somebody",                    short,  &ended,   2,      over, Assurance::Aal2),
            ("two factors, used an hour ago less",   policy, &two,     3699,   live, Assurance::Aal2),
            ("two factors, used an hour ago",        policy, &two,     3700,   live, Assurance::Aal1),
            ("one factor",                           policy, &one,     101,    live, Assurance::Aal1),
            ("a day without use less",               policy, &two,     86_499, live, Assurance::Aal1),
            ("a day without use",                    policy, &two,     86_500, over, Assurance::Aal1),
            ("two required, an hour ago less",       strict, &two,     3699,   live, Assurance::Aal2),
            ("two required, an hour ago",            strict, &two,     3700,   over, Assurance::Aal1),
            ("two required, and there is one",       strict, &one,     1,      over, Assurance::Aal1),
            ("bound only, just before its end",      strict, &binding, 899,    live, Assurance::Binding),
            ("bound only, at its end, though used",  strict, &binding, 900,    over, Assurance::Binding),
        ];

        for (case, policy, session, second, is_live, assurance) in table {
            let judged = (policy.is_live(session, at(second)), policy.assurance(session, at(second)));
            assert_eq!(judged, (is_live, assurance), "{case}");
        }
    }

    #[test]
    fn a_session_that_fell_back_stays_so_though_it_is_used_again() {
        let policy = Policy::default();
        assert!(!policy.falls_back(&session(), at(3699)));
        assert!(policy.falls_back(&session(), at(3700)));

        let fallen = Session { fell_back_at: Some(at(3700)), last_seen_at: at(3700), ..session() };

        assert_eq!(policy.assurance(&fallen, at(3701)), Assurance::Aal1);
        assert!(!policy.falls_back(&fallen, at(9999)));
        assert_eq!(policy.assurance(&fallen.stepped_up(Method::Sms, at(3702)), at(3703)), Assurance::Aal1);
    }

    #[test]
    fn verifying_one_factor_anew_does_not_prolong_the_other() {
        let policy = Policy { aal2_absolute: Duration::from_secs(200), ..Policy::default() };
        let session = session().stepped_up(Method::Sms, at(150));

        assert_eq!(policy.assurance(&session, at(199)), Assurance::Aal2);
        assert_eq!(policy.assurance(&session, at(200)), Assurance::Aal1);
    }

    #[test]
    fn freshness_is_that_of_the_factor() {
        let policy = Policy::default();
        let session = session().stepped_up(Method::Sms, at(1000));

        assert!(policy.is_fresh(&session, &[Method::Sms], at(1599)));
        assert!(!policy.is_fresh(&session, &[Method::Sms], at(1600)));
        assert!(policy.is_fresh(&session, &[Method::Password], at(599)));
        assert!(!policy.is_fresh(&session, &[Method::Password], at(600)));
        assert!(!policy.is_fresh(&session, &[Method::Totp], at(1)));
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
