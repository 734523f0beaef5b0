//! Token introspection and revocation for resource servers (RFC 7662, RFC 7009).

mod admission;
mod token;
mod use_case;

pub use token::{Introspected, TokenKind};
pub use use_case::Introspection;
