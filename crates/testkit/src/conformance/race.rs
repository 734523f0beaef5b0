use std::{future::Future, sync::Arc};

use tokio::{sync::Barrier, task::JoinSet};

use super::Stores;

/// The number of calls made at once.
pub(super) const CALLS: u32 = 32;
/// The number of times each race is run: a guard that holds once may have been lucky.
pub(super) const ROUNDS: u32 = 4;

/// Makes one call for each value, all at once, and gives what came of them in any order.
pub(super) async fn race<V, T, F>(
    stores: &Stores,
    values: impl IntoIterator<Item = V>,
    call: impl Fn(Stores, V) -> F,
) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let calls: Vec<_> = values.into_iter().map(|value| call(stores.clone(), value)).collect();
    let barrier = Arc::new(Barrier::new(calls.len()));
    let mut running = JoinSet::new();
    for call in calls {
        let barrier = barrier.clone();
        running.spawn(async move {
            barrier.wait().await;
            call.await
        });
    }
    running.join_all().await
}

/// Counts the outcomes that are that one.
pub(super) fn count<T: PartialEq>(outcomes: &[T], wanted: &T) -> usize {
    outcomes.iter().filter(|outcome| *outcome == wanted).count()
}
