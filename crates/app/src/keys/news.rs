use async_trait::async_trait;

/// Learns of key epochs that other nodes have begun.
///
/// A token under an epoch that is not known here looks like any that we did not make, so before
/// one is refused, the epochs are looked at.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait EpochNews: Send + Sync {
    /// Takes the epochs as they are now, unless that was done a moment ago.
    ///
    /// Anybody can send garbage: it costs the store at most one look a second and node.
    async fn look(&self);
}

/// What opens with the keys that are known here, or else with those that a look brings.
pub(crate) async fn open_or_look<T>(news: &dyn EpochNews, open: impl Fn() -> Option<T> + Send) -> Option<T>
where
    T: Send,
{
    if let Some(opened) = open() {
        return Some(opened);
    }
    news.look().await;
    open()
}
