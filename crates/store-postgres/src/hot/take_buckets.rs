use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{RowTake, TakeOutcome};

use crate::{
    batch::{Refusal, shared},
    steps::takes::Together,
    store::Connections,
};

/// The takes of a call: all are admitted or none.
#[derive(Clone, Debug)]
pub(crate) struct TakeCall {
    /// The rows, each at least one unit.
    pub(crate) rows: Vec<RowTake>,
    pub(crate) now: Timestamp,
}

/// Takes from buckets, for all that wait at once: each row once, with what they take from it in all.
///
/// `None` is a call that has nothing: a row has too little, or too little for all that took from it together. It asks
/// again by itself.
pub(super) async fn take_buckets(
    connections: &Connections,
    calls: &[TakeCall],
) -> Result<Vec<Result<Option<TakeOutcome>, StoreError>>, Refusal> {
    let together = Together::of(calls.iter().map(|call| call.rows.as_slice()));
    // They are all taken when the last of them is.
    let now = calls.iter().map(|call| call.now).max().unwrap_or(Timestamp::from_micros(0));
    let taken = connections.take(&together.rows(), now).await?;
    let outcomes: Vec<_> =
        calls.iter().enumerate().map(|(place, call)| together.outcome(place, &call.rows, &taken)).collect();
    // All is given back before anybody asks again, so that none is refused for another's sake.
    let refused = outcomes.iter().zip(calls).enumerate();
    let refused = refused.filter(|(place, (outcome, _))| outcome.is_none() && together.has(*place));
    let refused: Vec<_> = refused.flat_map(|(_, (_, call))| &call.rows).copied().collect();
    let lost = connections.give_back_taken(&refused, &taken, now).await.err().map(|lost| shared(lost.into_error()));
    let outcome = |outcome: Option<TakeOutcome>| match (&lost, outcome) {
        (Some(error), None) => Err(error()),
        (_, outcome) => Ok(outcome),
    };
    Ok(outcomes.into_iter().map(outcome).collect())
}
