//! Statements that ports combine in one transaction: functions over one connection, which never commit.

pub(crate) mod audit;
pub(crate) mod authenticators;
pub(crate) mod buckets;
pub(crate) mod challenges;
pub(crate) mod changes;
pub(crate) mod messages;
pub(crate) mod pending_authenticators;
pub(crate) mod pending_numbers;
pub(crate) mod phone_ownership;
pub(crate) mod purge;
pub(crate) mod sessions;
pub(crate) mod takes;
pub(crate) mod users;
