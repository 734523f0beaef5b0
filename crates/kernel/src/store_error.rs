use std::error::Error;

type Source = Box<dyn Error + Send + Sync>;

/// Why a store could not do its step at all; lost races are outcomes, not errors.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store cannot be reached or is overloaded; trying again later may help.
    #[error("the store is unavailable")]
    Unavailable(#[source] Source),
    /// The store answered something it never should.
    #[error("the store failed")]
    Failed(#[source] Source),
}

impl StoreError {
    /// Wraps the reason why the store cannot be reached.
    pub fn unavailable(source: impl Into<Source>) -> Self {
        Self::Unavailable(source.into())
    }

    /// Wraps the reason why the store failed.
    pub fn failed(source: impl Into<Source>) -> Self {
        Self::Failed(source.into())
    }
}
