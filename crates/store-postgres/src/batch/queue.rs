use std::{
    collections::{HashSet, VecDeque},
    panic::Location,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use doorward_kernel::StoreError;
use futures_util::future::BoxFuture;
use tokio::{runtime::Handle, sync::oneshot, time::sleep};
use tracing::Instrument as _;
use uuid::Uuid;

use super::{Permits, Refusal, shared};
use crate::span;

/// The most batches of a step that are under way at once: while the database does one, the next one is sent.
const UNDER_WAY: usize = 2;
/// The most calls of a batch: enough to share a commit, few enough to answer soon.
const LARGEST: usize = 64;
/// The most calls that wait; one more is refused.
const WAITING: usize = 4096;

/// The calls of one step, done in batches.
///
/// A call that finds nothing under way goes at once, unless its queue lingers. While two batches are under way, of this
/// step or of all that share its [permits](Permits), what comes waits, and goes together as soon as one of them has ended.
/// Each call gets its own outcome. Once it is sent, a call is done whether or not its caller still waits.
pub(crate) struct Batches<C, O>(Arc<Queue<C, O>>);

/// Does all calls, and gives the outcome of each in their order.
///
/// A call that fails its guard has an outcome that says so; an error is one of the whole batch.
type Run<C, O> = Box<dyn for<'c> Fn(&'c [C]) -> BoxFuture<'c, Result<Vec<O>, Refusal>> + Send + Sync>;

struct Queue<C, O> {
    run: Run<C, O>,
    /// What two calls of one batch must not share, as a statement changes a row once; `None` where they may.
    subject: fn(&C) -> Option<Uuid>,
    /// For how long the first call of a batch waits for others.
    linger: Duration,
    permits: Permits,
    runtime: Handle,
    state: Mutex<State<C, O>>,
}

struct State<C, O> {
    waiting: VecDeque<Waiting<C, O>>,
    leaders: usize,
}

struct Waiting<C, O> {
    call: C,
    answer: Answer<O>,
}

type Answer<O> = oneshot::Sender<Result<O, StoreError>>;

impl<C: Send + Sync + 'static, O: Send + 'static> Batches<C, O> {
    /// A queue whose batches are done on that runtime, whoever calls.
    pub(crate) fn new(
        runtime: &Handle,
        permits: &Permits,
        subject: fn(&C) -> Option<Uuid>,
        run: impl for<'c> Fn(&'c [C]) -> BoxFuture<'c, Result<Vec<O>, Refusal>> + Send + Sync + 'static,
    ) -> Self {
        Self::lingering(runtime, permits, Duration::ZERO, subject, run)
    }

    /// A queue of calls that nobody is in a hurry for: each waits so long for others.
    pub(crate) fn lingering(
        runtime: &Handle,
        permits: &Permits,
        linger: Duration,
        subject: fn(&C) -> Option<Uuid>,
        run: impl for<'c> Fn(&'c [C]) -> BoxFuture<'c, Result<Vec<O>, Refusal>> + Send + Sync + 'static,
    ) -> Self {
        let state = Mutex::new(State { waiting: VecDeque::new(), leaders: 0 });
        let (runtime, permits) = (runtime.clone(), permits.clone());
        Self(Arc::new(Queue { run: Box::new(run), subject, linger, permits, runtime, state }))
    }

    /// Does the step for one call, together with those that wait.
    #[track_caller]
    pub(crate) fn call(&self, call: C) -> impl Future<Output = Result<O, StoreError>> {
        self.wait(call).instrument(span::step(Location::caller()))
    }

    async fn wait(&self, call: C) -> Result<O, StoreError> {
        let (answer, outcome) = oneshot::channel();
        if self.0.join(Waiting { call, answer })? {
            let leader = Leader { queue: Arc::clone(&self.0), is_leading: true };
            self.0.runtime.spawn(lead(leader));
        }
        outcome.await.map_err(StoreError::unavailable)?
    }
}

impl<C: Send + Sync + 'static, O: Send + 'static> Queue<C, O> {
    /// Lets the call wait, and returns whether a leader is to be made for it.
    fn join(&self, call: Waiting<C, O>) -> Result<bool, StoreError> {
        let mut state = self.lock();
        if state.waiting.len() >= WAITING {
            return Err(StoreError::unavailable("too many calls wait for the database"));
        }
        state.waiting.push_back(call);
        let is_free = state.leaders < UNDER_WAY;
        if is_free {
            state.leaders += 1;
        }
        Ok(is_free)
    }

    /// Whether more calls would fit into the next batch.
    fn has_room(&self) -> bool {
        self.lock().waiting.len() < LARGEST
    }

    /// The calls to do next, or `None` where none waits: then there is a leader less.
    ///
    /// Those whose callers have gone are left out.
    fn next(&self) -> Option<Vec<Waiting<C, O>>> {
        let mut state = self.lock();
        let (mut batch, mut later) = (Vec::new(), VecDeque::new());
        let mut subjects = HashSet::new();
        while batch.len() < LARGEST
            && let Some(waiting) = state.waiting.pop_front()
        {
            if waiting.answer.is_closed() {
                continue;
            }
            match (self.subject)(&waiting.call) {
                Some(subject) if !subjects.insert(subject) => later.push_back(waiting),
                Some(_) | None => batch.push(waiting),
            }
        }
        later.append(&mut state.waiting);
        state.waiting = later;
        if batch.is_empty() {
            state.leaders -= 1;
            return None;
        }
        Some(batch)
    }

    async fn run(self: &Arc<Self>, batch: Vec<Waiting<C, O>>) {
        let (calls, answers): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|waiting| (waiting.call, waiting.answer)).unzip();
        match (self.run)(&calls).await {
            Ok(outcomes) => {
                for (answer, outcome) in answers.into_iter().zip(outcomes) {
                    // A caller that went away needs no answer.
                    let _ = answer.send(Ok(outcome));
                }
            }
            Err(Refusal::Undone(error)) if calls.len() > 1 => {
                tracing::debug!(calls = calls.len(), error = &error as &dyn std::error::Error, "a batch was refused");
                for (call, answer) in calls.into_iter().zip(answers) {
                    self.runtime.spawn(alone(Arc::clone(self), call, answer));
                }
            }
            Err(refusal) if calls.len() == 1 => {
                let answer = answers.into_iter().next();
                answer.map(|answer| answer.send(Err(refusal.into_error())));
            }
            Err(refusal) => {
                let error = shared(refusal.into_error());
                for answer in answers {
                    let _ = answer.send(Err(error()));
                }
            }
        }
    }
}

impl<C, O> Queue<C, O> {
    fn lock(&self) -> MutexGuard<'_, State<C, O>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does batches until none waits.
async fn lead<C: Send + Sync + 'static, O: Send + 'static>(mut leader: Leader<C, O>) {
    loop {
        if !leader.queue.linger.is_zero() && leader.queue.has_room() {
            sleep(leader.queue.linger).await;
        }
        // Taken before the calls are: what comes while it waits goes with them.
        let permit = leader.queue.permits.acquire().await;
        let Some(batch) = leader.queue.next() else { break };
        permit.during(leader.queue.run(batch)).await;
    }
    leader.is_leading = false;
}

/// Does a call by itself whose batch was refused, so that only the one that is at fault fails.
async fn alone<C, O>(queue: Arc<Queue<C, O>>, call: C, answer: Answer<O>) {
    let outcome = match (queue.run)(&[call]).await {
        Ok(outcomes) => outcomes.into_iter().next().ok_or_else(|| StoreError::failed("a call has no outcome")),
        Err(refusal) => Err(refusal.into_error()),
    };
    let _ = answer.send(outcome);
}

/// The caller that does the batches. One that is broken off, by a panic or by the end of its runtime, leaves nobody
/// waiting for ever: where it was the last one, who waits is told.
struct Leader<C, O> {
    queue: Arc<Queue<C, O>>,
    is_leading: bool,
}

impl<C, O> Drop for Leader<C, O> {
    fn drop(&mut self) {
        if !self.is_leading {
            return;
        }
        let mut state = self.queue.lock();
        state.leaders -= 1;
        if state.leaders == 0 {
            state.waiting.clear();
        }
    }
}
