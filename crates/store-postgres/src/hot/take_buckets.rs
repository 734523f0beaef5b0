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
    let taken = connections.take(&together.rows(), &together.calls(), now).await?;
    let outcomes: Vec<_> = (0..calls.len()).map(|place| together.outcome(place, &taken)).collect();
    // All is given back before anybody asks again, so that none is refused for another's sake.
    let refused = outcomes.iter().enumerate().filter(|(_, outcome)| outcome.is_none());
    let refused: Vec<_> = refused.filter_map(|(place, _)| together.call(place)).flatten().copied().collect();
    let lost = connections.give_back_taken(&refused, &taken, now).await.err().map(|lost| shared(lost.into_error()));
    let outcome = |outcome: Option<TakeOutcome>| match (&lost, outcome) {
        (Some(error), None) => Err(error()),
        (_, outcome) => Ok(outcome),
    };
    Ok(outcomes.into_iter().map(outcome).collect())
}
