use std::time::Duration;

use actix_web::{
    dev::Payload,
    error::PayloadError,
    http::header::{CONTENT_LENGTH, HeaderMap},
};
use doorward_kernel::Secret;
use futures_util::StreamExt as _;

use crate::Problem;

/// Reads a body of at most `limit` bytes that arrives within `timeout`.
pub(super) async fn read(
    payload: Payload,
    headers: &HeaderMap,
    limit: usize,
    timeout: Duration,
) -> Result<BodyBytes, Problem> {
    if announced(headers).is_some_and(|length| length > limit) {
        return Err(Problem::payload_too_large(limit));
    }
    tokio::time::timeout(timeout, collect(payload, limit)).await.map_err(|_| Problem::request_timeout())?
}

/// The bytes of a body, wiped when dropped, as they may hold a password.
pub(super) struct BodyBytes(Secret<Vec<u8>>);

impl std::ops::Deref for BodyBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.reveal()
    }
}

async fn collect(mut payload: Payload, limit: usize) -> Result<BodyBytes, Problem> {
    // Made at its full size, so that growing leaves no copies behind.
    let mut bytes = Vec::with_capacity(limit);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(broken)?;
        if chunk.len() > limit - bytes.len() {
            return Err(Problem::payload_too_large(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(BodyBytes(Secret::new(bytes)))
}

fn broken(_: PayloadError) -> Problem {
    Problem::malformed("the body ended too early")
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
