//! The cost of calls in the database: by the server's own books, and statement by statement.

mod books;
mod count;
mod flows;
mod limits;
mod title;

pub(crate) use count::is_of_a_call;
