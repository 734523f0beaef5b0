use doorward_kernel::AuditEvents;
use doorward_limit::{Buckets, CheckCounts, ConversionBreakers};
use doorward_notifier::{Deliveries, Outbox};
use doorward_user::Users;

use crate::{
    binding::Bindings,
    claims::Claims,
    clients::ResourceServers,
    flow::Flows,
    keys::KeyEpochs,
    limits::Incidents,
    logins::Logins,
    operator::Accounts,
    profile::Profiles,
    registration::Registrations,
    sessions::Sessions,
    totp::{Authenticators, PendingAuthenticators},
    undo::Undos,
};

/// Declares [`Store`] over its ports, and a method that gives each of them alone.
macro_rules! store {
    ($($name:ident: $Port:ident,)*) => {
        /// Every port that a database offers.
        ///
        /// An `Arc<dyn Store>` is handed on as one; where a single port is wanted, it coerces to that.
        pub trait Store: $($Port +)* {}

        impl<S: $($Port +)*> Store for S {}

        impl dyn Store {
            $(
                #[doc = concat!("The port [`", stringify!($Port), "`].")]
                pub fn $name(&self) -> &dyn $Port {
                    self
                }
            )*
        }
    };
}

store! {
    users: Users,
    sessions: Sessions,
    outbox: Outbox,
    deliveries: Deliveries,
    key_epochs: KeyEpochs,
    flows: Flows,
    registrations: Registrations,
    logins: Logins,
    profiles: Profiles,
    accounts: Accounts,
    resource_servers: ResourceServers,
    undos: Undos,
    claims: Claims,
    bindings: Bindings,
    buckets: Buckets,
    conversion_breakers: ConversionBreakers,
    check_counts: CheckCounts,
    incidents: Incidents,
    authenticators: Authenticators,
    pending_authenticators: PendingAuthenticators,
    audit_events: AuditEvents,
}
