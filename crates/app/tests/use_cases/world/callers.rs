//! Callers, their logins by password, and limits that leave hosts and networks alone.

use std::net::{IpAddr, Ipv4Addr};

use doorward_app::{SignedIn, limits::Caller, password_login::PasswordAttempt};
use doorward_kernel::{Client, EmailAddress, Secret};
use doorward_limit::{Limit, Limits};
use doorward_otp::Target;
use doorward_session::{Carrier, SessionTokens};
use doorward_user::Password;

use super::World;

/// The defaults, but for the buckets of hosts and networks and for what waits in the short run.
pub(crate) fn of_identifiers() -> Limits {
    let off = || Limit::OFF;
    Limits {
        ip_credentials: off(),
        ip_failures: off(),
        ip_sends: off(),
        ip_registrations: off(),
        net_failures: off(),
        net_sends: off(),
        sms_rate: off(),
        email_rate: off(),
        ..Limits::default()
    }
}

/// A caller from an address and network of its own.
pub(crate) fn stranger(n: u32) -> Caller {
    Caller::at(IpAddr::V4(Ipv4Addr::from_bits(0x0b00_0000 + n * 0x100 + 1)))
}

/// A caller with a device that the account knows, another one each time.
pub(crate) fn device(world: &World, who: &SignedIn) -> Caller {
    let token = world.keys.device_token(who.user.device_owner()).reveal().clone();
    Caller { device: Some(Secret::new(token)), ..stranger(99) }
}

/// A login by address and password, in no flow.
pub(crate) fn by_password(email: EmailAddress, password: &str, caller: &Caller) -> PasswordAttempt {
    PasswordAttempt {
        identifier: Target::Email(email),
        password: Password::parse(password).unwrap(),
        flow: None,
        carrier: Carrier::Token,
        client: Client::default(),
        caller: caller.clone(),
    }
}
