//! The way back for who has lost the number or authenticator: bind a new one, verified by
//! password and address, and objected to by whoever holds the old one.

mod held;
mod held_apps;
mod mail_step;
mod store;
mod use_case;

pub use held_apps::{BeginHeld, Due, HeldApp, HeldApps, HoldApp, TakeApp};
pub(crate) use mail_step::{held_back, mail_step};
pub use store::{
    Bindings, CallOff, EffectOutcome, HeldNumber, HoldNumber, HoldOutcome, OpenBinding, OpenBindingOutcome, TakeEffect,
};
pub use use_case::{Binding, Bound};

#[cfg(feature = "mock")]
pub use {held_apps::MockHeldApps, store::MockBindings};
