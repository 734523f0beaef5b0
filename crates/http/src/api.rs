use doorward_app::{
    clients::Clients, flow::Verification, introspection::Introspection, phone_login::PhoneLogin, profile::Profile,
    registration::Registration, sessions::Authentication,
};

/// The use cases that the routes call.
#[derive(Clone)]
pub struct Api {
    /// What all flows share.
    pub verification: Verification,
    /// Makes accounts.
    pub registration: Registration,
    /// Logs in by number.
    pub phone_login: PhoneLogin,
    /// Changes accounts for their owners.
    pub profile: Profile,
    /// Knows who is calling.
    pub authentication: Authentication,
    /// Knows resource servers.
    pub clients: Clients,
    /// Tells them of tokens.
    pub introspection: Introspection,
}
