//! Verifies Doorward's access tokens offline, for the services that accept them.
//!
//! A [`Verifier`] fetches the issuer's public keys, keeps them, and judges tokens strictly; a
//! [`KeySet`] does the judging alone, without network or clock. Neither knows whether a session
//! has ended meanwhile: a token is good for its five minutes, and who must know sooner asks
//! `POST /token/introspect`.
//!
//! With the feature `actix`, a protected route is an argument:
//!
//! ```no_run
//! # #[cfg(feature = "actix")] mod demo {
//! use actix_web::{App, HttpServer, get, web};
//! use doorward_verifier::{Acr, Verifier, actix::{AccessToken, Rejection}};
//!
//! #[get("/orders")]
//! async fn orders(token: AccessToken) -> Result<String, Rejection> {
//!     token.require_acr(Acr::Aal2)?;
//!     Ok(format!("the orders of {}", token.claims().sub))
//! }
//!
//! # pub
//! async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//!     let verifier = Verifier::builder("https://login.example.com", "https://orders.example.com").build()?;
//!     let app = move || App::new().app_data(web::Data::new(verifier.clone())).service(orders);
//!     Ok(HttpServer::new(app).bind("127.0.0.1:8081")?.run().await?)
//! }
//! # }
//! ```
//!
//! Without it, `verifier.verify(token).await` gives the [`Claims`] or a [`VerifyError`].

mod acr;
#[cfg(feature = "actix")]
pub mod actix;
mod base64url;
mod builder;
mod cache;
mod claims;
mod error;
mod expectations;
#[cfg(feature = "http")]
mod http;
mod keys;
mod members;
mod presented;
mod source;
mod verifier;

pub use acr::Acr;
pub use builder::{BuildError, VerifierBuilder};
pub use claims::Claims;
pub use error::VerifyError;
pub use expectations::Expectations;
#[cfg(feature = "http")]
pub use http::{HttpJwks, HttpJwksError};
pub use keys::{KeySet, KeySetError};
pub use source::{JwksDocument, JwksError, JwksSource};
pub use verifier::Verifier;
