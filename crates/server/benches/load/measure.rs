//! Clients that call again as soon as they are answered, or at a given rate.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{task::JoinSet, time::sleep_until};

use crate::random::Random;

/// Something that one client does, one time after the other.
pub(crate) trait Work: Send + 'static {
    fn once(&mut self) -> impl Future<Output = Outcome> + Send;
}

/// The outcome of one flow: how long the first of several calls took.
pub(crate) type Outcome = Result<Option<Duration>, Refused>;

/// The service had too much to do.
#[derive(Debug)]
pub(crate) struct Refused;

/// The time that a flow took, and its outcome.
pub(crate) type Time = (Duration, Outcome);

/// The times of many runs, the shortest first, and of all of them together.
pub(crate) struct Measured {
    wholes: Vec<Duration>,
    firsts: Vec<Duration>,
    refused: usize,
    time: Duration,
}

/// The median and the 99th percentile, in milliseconds.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

impl Measured {
    pub(crate) fn new(times: &[Time], time: Duration) -> Self {
        let done = times.iter().filter_map(|(whole, outcome)| Some((*whole, outcome.as_ref().ok()?)));
        let (mut wholes, firsts): (Vec<_>, Vec<_>) = done.unzip();
        let mut firsts: Vec<_> = firsts.into_iter().copied().flatten().collect();
        wholes.sort_unstable();
        firsts.sort_unstable();
        Self { refused: times.len() - wholes.len(), wholes, firsts, time }
    }

    /// Returns how often it was done.
    pub(crate) fn count(&self) -> usize {
        self.wholes.len()
    }

    /// Returns how often the service was overloaded.
    pub(crate) const fn refused(&self) -> usize {
        self.refused
    }

    /// Times per second.
    pub(crate) fn rate(&self) -> f64 {
        self.count() as f64 / self.time.as_secs_f64()
    }

    pub(crate) fn latency(&self) -> Latency {
        Latency::of(&self.wholes)
    }

    /// That of the first of several calls.
    pub(crate) fn first_latency(&self) -> Option<Latency> {
        (!self.firsts.is_empty()).then(|| Latency::of(&self.firsts))
    }
}

impl Latency {
    fn of(sorted: &[Duration]) -> Self {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length is one")]
        let place = |share: f64| (sorted.len().saturating_sub(1) as f64 * share) as usize;
        let at = |share: f64| sorted.get(place(share)).map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0);
        Self { p50: at(0.5), p99: at(0.99) }
    }
}

/// Has every client work over and over for that time: the load is as high as so many clients make it.
pub(crate) async fn measure<W: Work>(clients: Vec<W>, time: Duration) -> Measured {
    let begun = Instant::now();
    let mut running = JoinSet::new();
    for mut client in clients {
        running.spawn(async move {
            let mut times = Vec::new();
            while begun.elapsed() < time {
                let call = Instant::now();
                let outcome = client.once().await;
                times.push((call.elapsed(), outcome));
            }
            times
        });
    }
    Measured::new(&running.join_all().await.into_iter().flatten().collect::<Vec<_>>(), begun.elapsed())
}

/// Has clients work so many times a second on average, whatever the answers take, each time whoever is free.
///
/// They come without a pattern, as people do who know nothing of each other. Whom no client is free for waits, and
/// that counts as latency.
pub(crate) async fn measure_at<W: Work>(clients: Vec<W>, per_second: f64, time: Duration) -> Measured {
    let begun = Instant::now();
    let arrivals: Arc<[Instant]> = arrivals(per_second, time).into_iter().map(|after| begun + after).collect();
    let next = Arc::new(AtomicUsize::new(0));
    let mut running = JoinSet::new();
    for mut client in clients {
        let (arrivals, next) = (arrivals.clone(), next.clone());
        running.spawn(async move {
            let mut times = Vec::new();
            while let Some(arrival) = arrivals.get(next.fetch_add(1, Ordering::Relaxed)) {
                let mut call = *arrival;
                if Instant::now() < call {
                    sleep_until(call.into()).await;
                    // The timer's lateness, of up to a millisecond, is not the service's.
                    call = Instant::now();
                }
                let outcome = client.once().await;
                times.push((call.elapsed(), outcome));
            }
            times
        });
    }
    Measured::new(&running.join_all().await.into_iter().flatten().collect::<Vec<_>>(), begun.elapsed())
}

/// The instants of a Poisson process, from its begin.
fn arrivals(per_second: f64, time: Duration) -> Vec<Duration> {
    let mut random = Random::seeded(1);
    let mut gap = || Duration::from_secs_f64(-(1.0 - random.share()).ln() / per_second);
    let mut arrivals = vec![gap()];
    while arrivals[arrivals.len() - 1] < time {
        arrivals.push(arrivals[arrivals.len() - 1] + gap());
    }
    arrivals
}
