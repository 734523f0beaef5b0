//! The words of SMS, a file for each language.

mod de;
mod en;
mod table;

pub(super) use table::Words;
