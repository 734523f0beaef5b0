use doorward_kernel::{Client, Random, SessionId, Timestamp, UserId};
use doorward_otp::{Channel, Verified};
use doorward_session::{Carrier, Method, Methods, Session};

/// Builds the session of somebody who has just logged in.
pub(crate) fn new_session(
    random: &dyn Random,
    user: UserId,
    methods: Methods,
    carrier: Carrier,
    client: Client,
    now: Timestamp,
) -> Session {
    Session::open(SessionId::mint(now, random), user, carrier, methods, client, now)
}

/// Returns the AMR of a session: the methods verified earlier in the flow, and the last one.
///
/// A mailed code verifies an address and no person: it is no method.
pub(crate) fn methods_after(verified: &Verified, last: Method) -> Methods {
    let method = |channel: &Channel| match channel {
        Channel::Email => None,
        Channel::Sms | Channel::WhatsApp | Channel::Voice => Some(Method::Sms),
        Channel::Totp => Some(Method::Totp),
        Channel::Password => Some(Method::Password),
    };
    let methods: Vec<_> = verified.channels().iter().filter_map(method).chain([last]).collect();
    Methods::new(&methods)
}
