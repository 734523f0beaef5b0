use doorward_kernel::{StoreError, Timestamp, UserId};
use doorward_limit::{BudgetKey, CountedTry, FailureVerdict};
use doorward_otp::Target;

use super::{Lockouts, refusals::count_unread};

/// What is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tried {
    /// The password of the account of that name, if there is one.
    Password(Target),
    /// The password of an account, in its session.
    OwnPassword(UserId),
    /// The app of an account.
    App(UserId),
}

/// A try at a password or a code of an app, counted as a failure before anything was compared.
#[derive(Clone, Debug)]
pub(crate) struct FailureTry {
    /// At what.
    pub(super) tried: Tried,
    /// The rows it went through; it was counted in the last one, if that is open.
    pub(super) rows: Vec<(BudgetKey, CountedTry)>,
}

/// How a try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TryEnd {
    /// It was right.
    Right,
    /// It was wrong.
    Wrong,
    /// It was not compared, or came too late, so it tells nothing.
    Unread,
}

impl TryEnd {
    /// The end of a try that was compared.
    pub(crate) const fn of(is_right: bool) -> Self {
        if is_right { Self::Right } else { Self::Wrong }
    }
}

impl FailureTry {
    /// A try that is counted in no row.
    pub(super) const fn uncounted(tried: Tried) -> Self {
        Self { tried, rows: Vec::new() }
    }

    /// Whether right and wrong are told apart; a try in no row is not.
    pub(crate) fn is_looked_at(&self) -> bool {
        self.rows.last().is_some_and(|(_, counted)| counted.is_open())
    }
}

impl Lockouts {
    /// Counts a try in the first of these rows that is not disabled, unless that one waits.
    ///
    /// A device that has failed too often is none, and counts as any stranger.
    pub(super) async fn count_try(
        &self,
        tried: Tried,
        keys: Vec<BudgetKey>,
        now: Timestamp,
    ) -> Result<FailureTry, StoreError> {
        let mut tried = FailureTry::uncounted(tried);
        for key in keys {
            let counted = self.failure_rows.count(key, (*self.failures).clone(), now).await?;
            tried.rows.push((key, counted));
            if counted.verdict != FailureVerdict::Disabled {
                break;
            }
        }
        tried.rows.last().inspect(|(_, counted)| count_unread(counted.verdict));
        Ok(tried)
    }

    /// Ends the rows that a right try went through, records what a wrong one did, and puts back one that tells nothing.
    pub(crate) async fn end_try(&self, tried: FailureTry, end: TryEnd, now: Timestamp) -> Result<(), StoreError> {
        match end {
            TryEnd::Right if tried.is_looked_at() => {
                self.failure_rows.clear(tried.rows.iter().map(|(key, _)| *key).collect()).await
            }
            TryEnd::Unread => {
                for (key, counted) in tried.rows {
                    self.failure_rows.put_back(key, counted).await?;
                }
                Ok(())
            }
            TryEnd::Wrong => {
                self.was_failure_of(&tried, now).await;
                Ok(())
            }
            TryEnd::Right => Ok(()),
        }
    }
}
