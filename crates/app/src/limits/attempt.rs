use doorward_kernel::Timestamp;
use doorward_otp::{Challenge, Purpose, Step};
use doorward_user::User;

use super::{AdmitError, CallKind, Caller, FlowLock, Lockouts, TriedBy, Try};

/// A try at an open challenge, counted against every limit before anything is compared.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The challenge.
    pub challenge: Challenge,
    /// The account whose it is, where both were found in one look.
    pub(crate) account: Option<User>,
    /// The try it was counted in.
    pub(crate) counted: Try,
    /// Keeps other tries at the flow waiting; none where it was found by other means.
    #[expect(dead_code, reason = "it is held, and never read")]
    lock: Option<FlowLock>,
}

impl Lockouts {
    /// Counts a try; a challenge without a code takes from its caller's limits alone, and what it asks for takes more.
    pub(crate) async fn attempt(
        &self,
        (challenge, account): (Challenge, Option<User>),
        lock: Option<FlowLock>,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Attempt, AdmitError> {
        let of_caller = self.limiter.takes_of_call(caller, challenge.known_device, CallKind::Check);
        let (tried, by) = self.tried(&challenge, account.as_ref(), now).unzip();
        let by = by.unwrap_or(TriedBy::Stranger);
        let counts_in_a_row = challenge.purpose == Purpose::Login && challenge.step == Step::PhoneCode;
        let of_tried = |by| {
            let Some(tried) = &tried else { return Vec::new() };
            let in_a_row = if counts_in_a_row { self.in_a_row(tried, by) } else { Vec::new() };
            [self.of_day(tried, by), in_a_row].concat()
        };
        let mut counted = Try { tried: tried.clone(), of_caller: of_caller.clone(), ..Try::default() };
        self.count(&mut counted, &of_caller, of_tried, by, now).await?;
        Ok(Attempt { challenge, account, counted, lock })
    }
}
