//! Reading what a call takes: one body, two spellings, every fault named at once.
//!
//! A request type says what it takes by [`FromFields`]; [`Body`] does the rest.

mod extract;
mod fields;
mod form;
mod json;
mod media_type;
mod no_fields;
mod payload;
mod reader;
mod whole;

pub use extract::{Body, FromFields, UnknownFields, fields_of};
pub use fields::Fields;
pub use reader::Reader;

pub(crate) use extract::QueryParams;
pub(crate) use fields::Value;
pub(crate) use no_fields::NoFields;
pub(crate) use whole::WholeBody;
