//! Sessions: lifetime, renewal, and the access tokens for other services.
//!
//! Refresh tokens are not stored. A token names its session and a generation; renewing moves
//! the generation on by one, so a token of an older generation betrays that it was copied.
//!
//! ```
//! use doorward_session::{Methods, Method};
//!
//! let methods = Methods::new(&[Method::Sms, Method::Password]);
//! assert_eq!(methods.amr(), ["sms", "pwd", "mfa"]);
//! assert_eq!(methods.assurance().as_str(), "aal2");
//! ```

mod access_token;
mod client_secrets;
mod methods;
mod policy;
mod session;
mod tokens;

pub use access_token::{AccessClaims, JsonWebKey, SignError, TokenSigner};
pub use client_secrets::{ClientDigest, ClientSecrets};
pub use methods::{Assurance, Method, Methods};
pub use policy::{Policy, Refresh};
pub use session::{Carrier, Scope, Session};
pub use tokens::{Generation, SessionTokens};

#[cfg(feature = "mock")]
pub use access_token::MockTokenSigner;
