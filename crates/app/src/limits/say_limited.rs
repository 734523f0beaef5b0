/// Has errors with the variants `Limited` and `Store` tell what [`RateLimiter`](super::RateLimiter) refuses.
///
/// That is all a use case needs to be guarded: the variant, this line, and the take itself.
macro_rules! say_limited {
    ($($error:ident),+ $(,)?) => {$(
        impl From<$crate::limits::AdmitError> for $error {
            fn from(error: $crate::limits::AdmitError) -> Self {
                match error {
                    $crate::limits::AdmitError::Limited { retry_after } => Self::Limited { retry_after },
                    $crate::limits::AdmitError::Store(error) => Self::Store(error),
                }
            }
        }
    )+};
}

pub(crate) use say_limited;
