use std::{
    error::Error,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use super::{
    CacheTimes,
    state::{Freshness, State},
};
use crate::{JwksDocument, JwksError, JwksSource, KeySet, VerifyError, keys::Thumbprint};

/// The timeout of a fetch.
const FETCH_LIMIT: Duration = Duration::from_secs(10);

/// The keys of one issuer, shared by all who verify.
///
/// However many callers wait, one fetch is under way at a time, in a task of its own, so a caller
/// who goes away takes nothing from the others.
pub(crate) struct KeyCache {
    source: Box<dyn JwksSource>,
    state: Mutex<State>,
}

impl KeyCache {
    pub(crate) fn new(source: Box<dyn JwksSource>, times: CacheTimes) -> Self {
        Self { source, state: Mutex::new(State::new(times)) }
    }

    /// The keys to verify with: fetched if there are none, renewed in the background when they age.
    pub(crate) async fn keys(self: &Arc<Self>) -> Result<Arc<KeySet>, VerifyError> {
        let fetch = match self.keys_or_fetch(Instant::now()) {
            Ok(keys) => return Ok(keys),
            Err(fetch) => fetch,
        };
        if let Some(fetch) = fetch {
            ended(fetch).await;
        }
        let now = Instant::now();
        let state = self.lock();
        let unavailable = || VerifyError::Unavailable { retry_after: state.pause(now) };
        state.usable(now).ok_or_else(unavailable)
    }

    /// Newer keys than those in which `kid` was not found, if there are any.
    ///
    /// Fetches for a name at most once a minute, and at most once per interval for all of them.
    pub(crate) async fn newer_keys(self: &Arc<Self>, kid: Thumbprint, seen: &Arc<KeySet>) -> Option<Arc<KeySet>> {
        let is_newer = |keys: &Arc<KeySet>| !Arc::ptr_eq(keys, seen);
        let fetch = {
            let now = Instant::now();
            let mut state = self.lock();
            if let Some(keys) = state.usable(now).filter(is_newer) {
                return Some(keys);
            }
            if state.unknown.has(kid, now) {
                return None;
            }
            self.fetch(&mut state, now)?
        };
        ended(fetch).await;

        let now = Instant::now();
        let mut state = self.lock();
        let keys = state.usable(now).filter(is_newer);
        if !state.has_failed() && keys.as_ref().is_some_and(|keys| !keys.has(kid)) {
            state.unknown.insert(kid, now);
        }
        keys
    }

    /// Keys that can be used at once, or the fetch to wait for, if one may be made now.
    fn keys_or_fetch(self: &Arc<Self>, now: Instant) -> Result<Arc<KeySet>, Option<watch::Receiver<()>>> {
        let mut state = self.lock();
        match state.freshness(now) {
            Freshness::Fresh(keys) => Ok(keys),
            Freshness::Ageing(keys) => {
                self.fetch(&mut state, now);
                Ok(keys)
            }
            Freshness::Old(_) | Freshness::Missing => Err(self.fetch(&mut state, now)),
        }
    }

    /// Joins the fetch under way or begins one; `None` while it is too early for the next.
    fn fetch(self: &Arc<Self>, state: &mut State, now: Instant) -> Option<watch::Receiver<()>> {
        if let Some(fetch) = state.in_flight() {
            return Some(fetch);
        }
        if !state.pause(now).is_zero() {
            return None;
        }
        let (done, waiting) = state.begin(now);
        let cache = Arc::clone(self);
        tokio::spawn(async move {
            let answer = timeout(FETCH_LIMIT, cache.source.fetch()).await.unwrap_or(Err(JwksError::TimedOut));
            cache.settle(answer);
            drop(done);
        });
        Some(waiting)
    }

    fn settle(&self, answer: Result<JwksDocument, JwksError>) {
        let read =
            answer.and_then(|document| Ok((KeySet::parse(&document.body)?, CacheTimes::max_age(document.max_age))));
        let mut state = self.lock();
        match read {
            Ok((keys, max_age)) => state.succeed(keys, max_age, Instant::now()),
            Err(error) => {
                state.fail();
                tracing::warn!(error = &error as &dyn Error, "the issuer's keys could not be fetched");
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until the fetch has ended, well or badly.
async fn ended(mut fetch: watch::Receiver<()>) {
    while fetch.changed().await.is_ok() {}
}
