use doorward_kernel::{Client, SessionId, Timestamp, UserId};

use crate::{Generation, Method, Methods};

/// A login that lasts: whose it is, how it was verified, how it is carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Names the session (`sid`).
    pub id: SessionId,
    /// The user it belongs to.
    pub user: UserId,
    /// The calls it is good for.
    pub scope: Scope,
    /// How its client holds it.
    pub carrier: Carrier,
    /// The generation of the one refresh token that is good now.
    pub generation: Generation,
    /// When the generation last moved on.
    pub rotated_at: Timestamp,
    /// How its owner was verified.
    pub methods: Methods,
    /// When its owner was last verified.
    pub auth_time: Timestamp,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used, exact to a few minutes.
    pub last_seen_at: Timestamp,
    /// When it last fell back to `aal1`: what was verified until then counts as one factor.
    pub fell_back_at: Option<Timestamp>,
    /// The client's data that the session stores.
    pub client: Client,
    /// When it was ended; `None` while nobody has.
    pub ended_at: Option<Timestamp>,
}

impl Session {
    /// A session that is opened now by those methods.
    pub const fn open(
        id: SessionId,
        user: UserId,
        carrier: Carrier,
        methods: Methods,
        client: Client,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            user,
            scope: Scope::Full,
            carrier,
            generation: Generation(0),
            rotated_at: now,
            methods,
            auth_time: now,
            created_at: now,
            last_seen_at: now,
            fell_back_at: None,
            client,
            ended_at: None,
        }
    }

    /// Each of its methods with when it was last verified.
    pub fn verifications(&self) -> impl Iterator<Item = (Method, Timestamp)> {
        self.methods.verifications(self.created_at)
    }

    /// The same session once its owner has been verified anew; its refresh token is spent.
    #[must_use]
    pub fn stepped_up(self, method: Method, now: Timestamp) -> Self {
        Self {
            generation: self.generation.next(),
            rotated_at: now,
            methods: self.methods.verified(method, now),
            auth_time: now,
            last_seen_at: self.last_seen_at.max(now),
            ..self
        }
    }
}

/// The scope of a session: the calls it is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All that its user may do.
    Full,
    /// Binding a number or an authenticator in place of a lost one, and nothing else.
    Binding,
}

impl Scope {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Binding => "binding",
        }
    }

    /// Reads the stable name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Full, Self::Binding].into_iter().find(|scope| scope.as_str() == text)
    }
}

/// Whether a client keeps its session in a cookie or as tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// In a session cookie.
    Cookie,
    /// In access and refresh tokens.
    Token,
}

impl Carrier {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::Token => "token",
        }
    }

    /// Reads the stable name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Cookie, Self::Token].into_iter().find(|carrier| carrier.as_str() == text)
    }
}
