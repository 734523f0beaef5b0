use async_trait::async_trait;
use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::RowDraw;
use uuid::Uuid;

use crate::{
    batch::{Many, Refusal, shared},
    steps::takes::Together,
    store::Connections,
};

/// What a call draws on budgets, all or nothing.
#[derive(Clone, Debug)]
pub(crate) struct Take {
    /// The rows, each at least one unit.
    pub(crate) rows: Vec<RowDraw>,
    pub(crate) now: Timestamp,
}

/// What a call has of what it asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taking {
    /// All of it.
    All,
    /// Nothing: a row has too little, or too little for all that drew on it together. It asks again by itself.
    Nothing,
}

/// Draws on budgets, for all that wait at once: each row once, with what they draw on it in all.
pub(crate) struct TakeBudgets(pub(super) Connections);

#[async_trait]
impl Many for TakeBudgets {
    type Call = Take;
    type Outcome = Result<Taking, StoreError>;

    /// Calls that draw on one row draw on it together.
    fn subject(&self, _: &Take) -> Option<Uuid> {
        None
    }

    async fn run(&self, calls: &[Take]) -> Result<Vec<Self::Outcome>, Refusal> {
        let together = Together::of(calls.iter().map(|call| call.rows.as_slice()));
        // They are all drawn when the last of them is.
        let now = calls.iter().map(|call| call.now).max().unwrap_or(Timestamp::from_micros(0));
        let taken = self.0.take(&together.rows(), now).await?;
        let are_taken: Vec<_> =
            calls.iter().enumerate().map(|(place, call)| together.is_taken(place, &call.rows, &taken)).collect();
        // All is given back before anybody asks again, so that none is refused for another's sake.
        let refused = are_taken.iter().zip(calls).enumerate();
        let refused = refused.filter(|(place, (is_taken, _))| !**is_taken && together.has(*place));
        let refused: Vec<_> = refused.flat_map(|(_, (_, call))| &call.rows).copied().collect();
        let lost = self.0.give_back_taken(&refused, &taken, now).await.err().map(|lost| shared(lost.into_error()));
        let outcome = |is_taken| match &lost {
            _ if is_taken => Ok(Taking::All),
            Some(error) => Err(error()),
            None => Ok(Taking::Nothing),
        };
        Ok(are_taken.into_iter().map(outcome).collect())
    }
}
