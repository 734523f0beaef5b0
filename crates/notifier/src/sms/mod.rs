//! The text of an SMS: one segment, without a link and without anything a person typed.
//!
//! The last line of a code is `@host #code`, by which browsers offer it to that host alone (WICG,
//! origin-bound one-time codes).

mod render;
mod segment;

pub use render::{SmsText, SmsTextError};
