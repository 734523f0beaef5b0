//! The words of SMS and calls, a file for each language.

mod de;
mod en;
mod es;
mod fr;
mod hi;
mod it;
mod ja;
mod pl;
mod pt;
mod ru;
mod table;
mod tr;
mod uk;
mod zh;

pub(crate) use table::Words;
