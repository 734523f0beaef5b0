//! A client of Doorward: flows as types, and sessions that renew themselves.
//!
//! [`Client`] starts flows. A [`Flow`] has the one method that takes it on, and what that returns is the next step, so
//! that no other can be called. [`Session`] calls in the name of its user; it renews its access token before it ends.
//!
//! Where an answer is lost, reads are asked for again, and so is a refresh: within `session.refresh_leeway` Doorward gives
//! the same tokens again. That is relied on to be the ten seconds that it is by default; with less of it, a refresh whose
//! answer is lost can end the session. Nothing else is repeated: it might send a message, count a wrong code or act twice.
//!
//! While somebody attacks the service, it may ask for a puzzle before it starts a flow: the client solves it, which takes a
//! second of one core, and starts the flow all the same.
//!
//! ```
//! use doorward_client::{Client, Login, Registration};
//! # use doorward_fixture::Doorward;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), doorward_client::Error> {
//! # let doorward = Doorward::start().await;
//! # let url = doorward.url();
//! let client = Client::new(url)?;
//! let flow = client
//!     .register(&Registration {
//!         first_name: "Ada",
//!         last_name: None,
//!         email: "ada@example.com",
//!         phone_number: "+14155552671",
//!         password: "teal-otter-9-quarry-lamp",
//!         locale: Some("en"),
//!     })
//!     .await?;
//!
//! // The person types the code of the mail, then that of the SMS.
//! # let code = doorward.code("ada@example.com").await;
//! let registered = flow.verify_email(&code).await?;
//! let flow = registered.login("+14155552671").await?;
//! # let code = doorward.code("+14155552671").await;
//! let Login::SignedIn(session) = flow.verify_code(&code).await? else { panic!("an account of today has no second factor") };
//!
//! assert_eq!(session.me().await?.first_name, "Ada");
//! session.logout().await?;
//! # Ok(())
//! # }
//! ```

mod answers;
mod authenticator;
mod client;
mod error;
mod flow;
mod http;
mod login;
mod profile;
mod puzzle;
mod recovery;
mod registration;
mod session;
mod step_up;
mod tokens;

pub use answers::{Channel, Factor, FlowInfo, OwnSession, ShownFlow, User};
pub use authenticator::{AuthenticatorKey, AuthenticatorSetup, Bound, RecoveryCodes};
pub use client::Client;
pub use error::{Error, FieldError, Problem, Puzzle};
pub use flow::{Flow, SendsCode, SendsToNumber};
pub use login::{EnterPassword, Login, LoginAuthenticator, LoginCode, LoginFactor, MailedCode};
pub use profile::{Details, NewEmail, NewPhone, PhoneChange, Updated};
pub use recovery::{PasswordReset, Reset, ResetAuthenticator};
pub use registration::{Registered, Registration, VerifyEmail};
pub use session::Session;
pub use step_up::{StepUp, StepUpAuthenticator, StepUpCode};
pub use tokens::Tokens;
