//! Valid values to build tests from. The same number gives the same value, another one an unequal one.
//!
//! ```
//! use doorward_testkit::fixtures;
//!
//! assert_eq!(fixtures::user(1).email, fixtures::email(1));
//! assert_ne!(fixtures::phone(1), fixtures::phone(2));
//! ```

mod accounts;
mod authenticators;
mod changes;
mod clients;
mod flows;
mod messages;
mod registrations;
mod sessions;
mod time;

pub use accounts::{email, names, only_name, phone, set_password, user, user_id, verified_user, verifier};
pub use authenticators::{
    begin_totp, confirm_totp, recovery_digest, remove_totp, replace_recovery, sealed_seed, spent_recovery, spent_step,
};
pub use changes::{email_change, phone_change};
pub use clients::{client_digest, resource_server};
pub use flows::{challenge, challenge_of, start};
pub use messages::{audit, code_message, message, notice};
pub use registrations::{complete_registration, draft, start_registration};
pub use sessions::{new_device, number_verification, open_session, session, session_cap};
pub use time::{at, id, now};
