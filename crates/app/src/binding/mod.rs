//! The way back for who has lost the number or authenticator: bind a new one, verified by
//! password and address, and objected to by whoever holds the old one.

mod mail_step;
mod pending_numbers;
mod store;
mod use_case;

pub(crate) use mail_step::{held_back, mail_step};
pub use store::{
    ApplyNumber, ApplyOutcome, Bindings, OpenBinding, OpenBindingOutcome, PendingNumber, ScheduleNumber,
    ScheduleOutcome,
};
pub use use_case::{Binding, Bound};
