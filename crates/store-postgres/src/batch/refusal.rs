use std::sync::Arc;

use doorward_kernel::StoreError;

/// Why a batch came to no outcomes.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The database refused it and kept nothing: each call may be done again by itself.
    Undone(StoreError),
    /// Nobody knows what was kept, or nobody could be asked: every call fails.
    Unknown(StoreError),
}

/// The error of a batch, told to each of its calls.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the batch of the call failed")]
struct Shared(#[source] Arc<StoreError>);

impl Refusal {
    /// The error of a call that was alone.
    pub(crate) fn into_error(self) -> StoreError {
        match self {
            Self::Undone(error) | Self::Unknown(error) => error,
        }
    }
}

/// The error once for each call.
pub(crate) fn shared(error: StoreError) -> impl Fn() -> StoreError {
    let is_outage = matches!(error, StoreError::Unavailable(_));
    let shared = Shared(Arc::new(error));
    move || if is_outage { StoreError::unavailable(shared.clone()) } else { StoreError::failed(shared.clone()) }
}
