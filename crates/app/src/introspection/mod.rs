//! What resource servers may ask and do about tokens (RFC 7662, RFC 7009).

mod admission;
mod token;
mod use_case;

pub use token::{Introspected, TokenKind};
pub use use_case::Introspection;
