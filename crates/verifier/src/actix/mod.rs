//! A token as an argument of an actix-web handler.

mod access_token;
mod rejection;

pub use access_token::AccessToken;
pub use rejection::Rejection;
