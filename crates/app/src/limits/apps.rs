use doorward_kernel::{SessionId, StoreError, Timestamp, UserId};
use doorward_limit::{BudgetKey, BudgetKind};
use doorward_otp::Challenge;

use super::{FailureTry, Lockouts, failures::Tried};

/// Who tries a code of an app, which decides the row that a wrong one counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AppCaller {
    /// A session: neither strangers nor other sessions can use up its row.
    Session(SessionId),
    /// A device that the owner has logged in with.
    Device,
    /// Anybody.
    Stranger,
}

impl AppCaller {
    /// Who goes on with the challenge.
    pub(crate) fn of(challenge: &Challenge) -> Self {
        match (challenge.session, challenge.known_device) {
            (Some(session), _) => Self::Session(session),
            (None, Some(_)) => Self::Device,
            (None, None) => Self::Stranger,
        }
    }
}

impl Lockouts {
    /// Counts a try at a code of the app that its owner bound at that instant.
    ///
    /// The instant is part of what the rows are named by, so an app that is bound anew has no
    /// failures behind it, whatever devices tried the one before; those rows are swept.
    pub(crate) async fn app_try(
        &self,
        (user, bound_at): (UserId, Timestamp),
        caller: AppCaller,
        now: Timestamp,
    ) -> Result<FailureTry, StoreError> {
        let app = format!("{user} {}", bound_at.as_micros());
        let key = |kind, subject: &str| BudgetKey::new(&*self.limiter.digests, kind, subject);
        let of_all = key(BudgetKind::TOTP_FAILURES, &app);
        let of_known = key(BudgetKind::TOTP_FAILURES_KNOWN, &app);
        let keys = match caller {
            AppCaller::Session(session) => {
                vec![key(BudgetKind::TOTP_FAILURES_KNOWN, &format!("{app} {session}")), of_known]
            }
            AppCaller::Device => vec![of_known, of_all],
            AppCaller::Stranger => vec![of_all],
        };
        self.count_try(Tried::App(user), keys, now).await
    }
}
