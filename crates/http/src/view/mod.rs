//! Response bodies: the public counterparts of domain types.
//!
//! Instants are RFC 3339 in UTC; members that do not apply are `null`.

mod done;
mod flow;
mod introspection;
mod keys;
mod registered;
mod session;
mod texts;
mod tokens;
mod totp;
mod user;
mod verified;

pub use done::Done;
pub(crate) use flow::flow_token;
pub use flow::{FlowView, ShownFlowView};
pub use introspection::IntrospectionView;
pub use keys::{KeySetView, KeyView};
pub use registered::RegisteredView;
pub use session::{SessionView, SessionsAnswer};
pub(crate) use texts::{CarrierText, SendChannelText};
pub use tokens::TokensView;
pub use totp::{PendingView, RecoveryCodesView, TotpSetupView};
pub use user::{UserAnswer, UserView};
pub use verified::{PendingNumberView, VerifiedAddressView, VerifiedView};
