use async_trait::async_trait;

/// Learns of key epochs that other nodes have begun.
///
/// A token under an epoch that is not known here looks like any that we did not make, so before
/// one is refused, the epochs are reloaded.
#[async_trait]
pub trait EpochRefresh: Send + Sync {
    /// Reloads the epochs from the store, unless that was done a moment ago.
    ///
    /// Anybody can send forged tokens: they cost the store at most one query per second and node.
    async fn refresh(&self);
}

/// Opens a token with the loaded epochs; if that fails, reloads the epochs and tries once more.
pub(crate) async fn open_or_refresh<T>(epochs: &dyn EpochRefresh, open: impl Fn() -> Option<T> + Send) -> Option<T>
where
    T: Send,
{
    if let Some(opened) = open() {
        return Some(opened);
    }
    epochs.refresh().await;
    open()
}
