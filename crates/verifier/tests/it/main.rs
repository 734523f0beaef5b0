//! The verifier, judged from outside.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "A fixture that cannot be made fails its test, and the extractor asks the real clock."
)]

mod corpus;
mod extractor;
mod http_jwks;
mod issuer;
mod key_cache;
mod key_set;
