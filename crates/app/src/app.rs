use std::sync::Arc;

use crate::{
    binding::Binding,
    claims::ClaimDrops,
    delivery::{Delivery, Reports},
    flow::Verification,
    introspection::Introspection,
    limits::{BufferedBuckets, Lockouts, RateLimiter},
    password_login::PasswordLogin,
    phone_login::PhoneLogin,
    profile::Profile,
    recovery::Recovery,
    registration::Registration,
    sessions::Authentication,
    step_up::StepUp,
    totp::Totp,
    undo::Undo,
};

/// The use cases, ready to be called; [`App::new`] makes them of their [parts](crate::Parts).
pub struct App {
    /// The steps common to all flows.
    pub verification: Verification,
    /// Makes accounts.
    pub registration: Registration,
    /// Logs in by number.
    pub phone_login: PhoneLogin,
    /// Logs in by password and second factor.
    pub password_login: PasswordLogin,
    /// Sets passwords anew.
    pub recovery: Recovery,
    /// Binds a number in place of a lost one.
    pub binding: Binding,
    /// Undoes changes of address and number.
    pub undo: Undo,
    /// Changes accounts for their owners.
    pub profile: Profile,
    /// Verifies anew that the owner of a session is there.
    pub step_up: StepUp,
    /// Sets up authenticator apps and recovery codes.
    pub totp: Totp,
    /// Authenticates the caller.
    pub authentication: Authentication,
    /// Registered resource servers, and introspection of tokens for them.
    pub introspection: Introspection,
    /// Sends what the outbox holds.
    pub delivery: Delivery,
    /// Takes what providers tell of it.
    pub reports: Reports,
    /// Drops claims of numbers that others have verified.
    pub claim_drops: ClaimDrops,
    /// The rate limiter.
    pub limiter: Arc<RateLimiter>,
    /// The lockouts of authenticators.
    pub lockouts: Lockouts,
    /// The buckets of this node, with refunds that are not written yet.
    pub buckets: Arc<BufferedBuckets>,
}
