use doorward_app::{
    clients::Clients, flow::Verification, introspection::Introspection, phone_login::PhoneLogin, profile::Profile,
    registration::Registration, sessions::Authentication, step_up::StepUp,
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
    /// Proves anew that the owner of a session is there.
    pub step_up: StepUp,
    /// Knows who is calling.
    pub authentication: Authentication,
    /// Knows resource servers.
    pub clients: Clients,
    /// Tells them of tokens.
    pub introspection: Introspection,
}
