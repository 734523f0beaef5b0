//! Statements that Diesel's builder has no words for: several writes under one guard.

mod fragment;
mod statement;

pub(crate) use fragment::Sql;
pub(crate) use statement::Statement;
