use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::RowTake;

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

/// The state of a call: what it has of what it asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TakeStep {
    /// All of it.
    All,
    /// Nothing: a row has too little, or too little for all that took on it together. It asks again by itself.
    Nothing,
}

/// Takes from buckets, for all that wait at once: each row once, with what they take from it in all.
pub(super) async fn take_buckets(
    connections: &Connections,
    calls: &[TakeCall],
) -> Result<Vec<Result<TakeStep, StoreError>>, Refusal> {
    let together = Together::of(calls.iter().map(|call| call.rows.as_slice()));
    // They are all taken when the last of them is.
    let now = calls.iter().map(|call| call.now).max().unwrap_or(Timestamp::from_micros(0));
    let taken = connections.take(&together.rows(), now).await?;
    let are_taken: Vec<_> =
        calls.iter().enumerate().map(|(place, call)| together.is_taken(place, &call.rows, &taken)).collect();
    // All is given back before anybody asks again, so that none is refused for another's sake.
    let refused = are_taken.iter().zip(calls).enumerate();
    let refused = refused.filter(|(place, (is_taken, _))| !**is_taken && together.has(*place));
    let refused: Vec<_> = refused.flat_map(|(_, (_, call))| &call.rows).copied().collect();
    let lost = connections.give_back_taken(&refused, &taken, now).await.err().map(|lost| shared(lost.into_error()));
    let outcome = |is_taken| match &lost {
        _ if is_taken => Ok(TakeStep::All),
        Some(error) => Err(error()),
        None => Ok(TakeStep::Nothing),
    };
    Ok(are_taken.into_iter().map(outcome).collect())
}
