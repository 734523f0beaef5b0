use std::{
    error::Error,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use doorward_kernel::Clock;
use doorward_user::{BreachError, BreachedPasswords, NewPassword, PasswordFault};

use super::outages::Outages;

/// Looks new passwords up in known breaches, if a provider is configured.
///
/// A password that cannot be looked up is accepted, and a warning in the log counts them.
/// Logins are not looked up.
#[derive(Clone)]
pub struct Breaches(Option<Known>);

#[derive(Clone)]
struct Known {
    passwords: Arc<dyn BreachedPasswords>,
    clock: Arc<dyn Clock>,
    outages: Arc<Mutex<Outages>>,
}

impl Breaches {
    /// Nothing is looked up.
    pub const fn off() -> Self {
        Self(None)
    }

    /// Looks up in these.
    pub fn of(passwords: Arc<dyn BreachedPasswords>, clock: Arc<dyn Clock>) -> Self {
        Self(Some(Known { passwords, clock, outages: Arc::default() }))
    }

    /// Refuses a password that is known to have been in a breach.
    ///
    /// It may take seconds: nothing that was read before the call is to be trusted after it.
    pub(crate) async fn judge(&self, new: &NewPassword) -> Result<(), PasswordFault> {
        let Some(known) = &self.0 else { return Ok(()) };
        if known.contain(new).await { Err(PasswordFault::Breached) } else { Ok(()) }
    }
}

impl Known {
    async fn contain(&self, new: &NewPassword) -> bool {
        if !self.outages().may_ask(self.clock.now()) {
            self.taken_unseen(None);
            return false;
        }
        match self.passwords.contains(new.as_password()).await {
            Ok(is_breached) => {
                self.outages().ended();
                is_breached
            }
            Err(error) => {
                self.outages().failed(self.clock.now());
                self.taken_unseen(Some(&error));
                false
            }
        }
    }

    fn taken_unseen(&self, error: Option<&BreachError>) {
        let Some(count) = self.outages().taken_unseen(self.clock.now()) else { return };
        let error = error.map(|error| error as &dyn Error);
        tracing::warn!(error, passwords = count, "new passwords were taken without a look-up in breaches");
    }

    fn outages(&self) -> MutexGuard<'_, Outages> {
        self.outages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Breaches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Breaches(on)" } else { "Breaches(off)" })
    }
}
