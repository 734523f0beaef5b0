use std::{
    fmt, io,
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use doorward_user::HashError;
use tokio::sync::oneshot;

use crate::password::{HashParameters, bench::Bench, parameters::MEMORY_BUDGET_KIB, priority, queue::Queue};

/// By then a queue that was full, or too slow, is done.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// The limits of how much is hashed at once, and how much waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct PoolSize {
    pub(super) threads: usize,
    /// How many of the usual hashes may wait, or what takes as long.
    pub(super) queue: usize,
    pub(super) longest_wait: Duration,
}

impl PoolSize {
    pub(super) fn of_this_machine(parameters: HashParameters) -> Self {
        Self::of(thread::available_parallelism().map_or(1, usize::from), parameters)
    }

    /// A thread for each core, as far as memory goes; two seconds of work may wait.
    fn of(cores: usize, parameters: HashParameters) -> Self {
        let usual = HashParameters::default().memory_kib() as usize;
        let bucket = cores.saturating_mul(usual).max(MEMORY_BUDGET_KIB as usize);
        let affordable = bucket / parameters.memory_kib().max(1) as usize;
        Self { threads: cores.min(affordable).max(1), queue: 128, longest_wait: Duration::from_secs(2) }
    }
}

/// Threads that do nothing but hash, so that a flood of logins takes neither the memory
/// nor the threads of everything else. On Linux they step back where others want the core.
pub(super) struct Pool {
    queue: Arc<Queue<Job>>,
    threads: Vec<JoinHandle<()>>,
}

/// Does its work at the bench of a thread, unless it waited longer than that.
type Job = Box<dyn FnOnce(&mut Bench, Duration) + Send>;

impl Pool {
    pub(super) fn start(usual: HashParameters, size: PoolSize) -> io::Result<Self> {
        let mut pool = Self { queue: Arc::new(Queue::new(size.queue)), threads: Vec::new() };
        for _ in 0..size.threads {
            let queue = Arc::clone(&pool.queue);
            let work = move || {
                priority::lower();
                work(&queue, Bench::new(usual), size.longest_wait);
            };
            pool.threads.push(thread::Builder::new().name("password-hash".to_owned()).spawn(work)?);
        }
        Ok(pool)
    }

    /// Has the work done in its turn; it weighs as much as so many of the usual hashes.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        weight: usize,
        work: impl FnOnce(&mut Bench) -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let (answer, answered) = oneshot::channel();
        self.queue.push(job(answer, work), weight).map_err(|_| overloaded())?;
        answered.await.map_err(|error| HashError::Failed(error.into()))?
    }
}

impl Drop for Pool {
    /// Waits for the hashes that are being made: no password outlives the pool.
    fn drop(&mut self) {
        self.queue.close();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("threads", &self.threads.len()).finish_non_exhaustive()
    }
}

fn work(queue: &Queue<Job>, mut bench: Bench, longest_wait: Duration) {
    while let Some(job) = queue.pop() {
        job(&mut bench, longest_wait);
    }
}

fn job<T: Send + 'static>(
    answer: oneshot::Sender<Result<T, HashError>>,
    work: impl FnOnce(&mut Bench) -> T + Send + 'static,
) -> Job {
    let queued_at = Instant::now();
    Box::new(move |bench, longest_wait| {
        if answer.is_closed() {
            return;
        }
        let is_late = queued_at.elapsed() >= longest_wait;
        let result = if is_late { Err(overloaded()) } else { Ok(work(bench)) };
        // The caller may have gone meanwhile, and then nobody misses the answer.
        let _ = answer.send(result);
    })
}

fn overloaded() -> HashError {
    HashError::Overloaded { retry_after: RETRY_AFTER }
}

#[cfg(test)]
mod tests {
    use std::{pin::pin, sync::mpsc, task::Poll};

    use super::*;
    use crate::password::{Unit, Work};

    const LONG: Duration = Duration::from_hours(1);

    fn pool(threads: usize, queue: usize, longest_wait: Duration) -> Pool {
        Pool::start(HashParameters::for_tests(), PoolSize { threads, queue, longest_wait }).unwrap()
    }

    async fn hash(pool: &Pool) -> Result<(), HashError> {
        pool.run(1, |bench| bench.burn(Work::once(Unit::Bcrypt { cost: 4 }), b"correct horse")).await
    }

    fn is_overloaded(result: &Result<(), HashError>) -> bool {
        matches!(result, Err(HashError::Overloaded { retry_after: RETRY_AFTER }))
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        let (none, one) = (pool(0, 0, LONG), pool(0, 1, LONG));
        let mut waiting = pin!(hash(&one));

        let first = std::future::poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context))).await;

        assert!(first.is_pending());
        assert!(is_overloaded(&hash(&one).await));
        assert!(is_overloaded(&hash(&none).await));
    }

    #[tokio::test]
    async fn whoever_has_waited_too_long_is_refused_without_work() {
        let pool = pool(1, 1, Duration::ZERO);

        assert!(is_overloaded(&hash(&pool).await));
    }

    #[tokio::test]
    async fn many_callers_are_answered() {
        let pool = Arc::new(pool(2, 64, LONG));
        let callers: Vec<_> = (0..64)
            .map(|_| {
                let pool = Arc::clone(&pool);
                tokio::spawn(async move { hash(&pool).await })
            })
            .collect();

        for caller in callers {
            assert!(caller.await.unwrap().is_ok());
        }
    }

    #[tokio::test]
    async fn a_caller_that_has_gone_costs_no_work_and_no_thread() {
        let pool = pool(1, 2, LONG);
        let (answer, answered) = oneshot::channel();
        let (worked, work) = mpsc::channel();
        drop(answered);

        let gone = job(answer, move |_| worked.send(()));
        assert!(pool.queue.push(gone, 1).is_ok());

        assert!(hash(&pool).await.is_ok());
        assert!(work.recv().is_err());
    }

    #[test]
    fn every_core_hashes_with_the_usual_parameters() {
        for cores in [1, 2, 4, 64] {
            assert_eq!(PoolSize::of(cores, HashParameters::default()).threads, cores);
        }
    }

    #[test]
    fn memory_bounds_the_threads() {
        let threads = |cores, mebibytes: u32| {
            let parameters = HashParameters::bounded(mebibytes * 1024, 2, 1).unwrap();
            PoolSize::of(cores, parameters).threads
        };

        assert_eq!([threads(2, 256), threads(8, 128), threads(8, 64), threads(64, 38)], [1, 2, 4, 32]);
    }

    #[test]
    fn all_threads_have_ended_when_the_pool_is_dropped() {
        let pool = pool(3, 1, LONG);
        let queue = Arc::clone(&pool.queue);

        drop(pool);

        assert_eq!(Arc::strong_count(&queue), 1);
    }
}
