use std::{sync::Arc, time::Duration};

use doorward_kernel::StoreError;
use tokio::{
    runtime::Handle,
    sync::{
        mpsc::{UnboundedReceiver, unbounded_channel},
        oneshot,
    },
    task::{JoinHandle, yield_now},
    time::Instant,
};
use uuid::Uuid;

use super::{Batches, Permits, Refusal};

type Outcomes = Result<Vec<u32>, Refusal>;

/// A batch that was sent and waits for its outcomes.
struct Sent {
    calls: Vec<u32>,
    reply: oneshot::Sender<Outcomes>,
}

impl Sent {
    /// Ten times of each call.
    fn succeed(self) {
        let outcomes = self.calls.iter().map(|call| call * 10).collect();
        self.reply.send(Ok(outcomes)).unwrap();
    }

    fn refuse(self) {
        self.reply.send(Err(Refusal::Undone(StoreError::failed("a value is refused")))).unwrap();
    }
}

struct Scene {
    batches: Arc<Batches<u32, u32>>,
    sent: UnboundedReceiver<Sent>,
}

fn scene() -> Scene {
    scene_of(&permits(), Duration::ZERO)
}

/// Permits for two batches.
fn permits() -> Permits {
    Permits::of_pool(16)
}

/// A database whose answers the test gives; calls of one tens digit share a subject.
fn scene_of(permits: &Permits, linger: Duration) -> Scene {
    let (sender, sent) = unbounded_channel();
    let subject = |call: &u32| (*call >= 10).then(|| Uuid::from_u128(u128::from(call / 10)));
    let batches = Batches::lingering(&Handle::current(), permits, linger, subject, move |calls: &[u32]| {
        let (reply, outcomes) = oneshot::channel();
        sender.send(Sent { calls: calls.to_vec(), reply }).unwrap();
        Box::pin(async { outcomes.await.expect("the test broke the batch off") })
    });
    Scene { batches: Arc::new(batches), sent }
}

impl Scene {
    /// Makes a call, and ends once it waits or is on its way.
    async fn call(&self, call: u32) -> JoinHandle<Result<u32, StoreError>> {
        let batches = self.batches.clone();
        let calling = tokio::spawn(async move { batches.call(call).await });
        // The runtime of a test has one thread, so whatever can run does before this goes on.
        for _ in 0..8 {
            yield_now().await;
        }
        calling
    }

    async fn next(&mut self) -> Sent {
        self.sent.recv().await.unwrap()
    }

    /// Two batches under way, so that whatever comes waits.
    async fn busy(&mut self) -> [Sent; 2] {
        drop((self.call(1).await, self.call(2).await));
        [self.next().await, self.next().await]
    }
}

#[tokio::test]
async fn a_lone_call_goes_at_once() {
    let mut scene = scene();

    let calling = scene.call(1).await;
    let sent = scene.next().await;

    assert_eq!(sent.calls, [1]);
    sent.succeed();
    assert_eq!(calling.await.unwrap().unwrap(), 10);
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_in_no_hurry_go_together() {
    let mut scene = scene_of(&permits(), Duration::from_secs(1));
    let callings = [scene.call(1).await, scene.call(2).await, scene.call(3).await];
    assert!(scene.sent.is_empty(), "the first did not wait");

    let sent = scene.next().await;

    assert_eq!(sent.calls, [1, 2, 3]);
    sent.succeed();
    for (calling, outcome) in callings.into_iter().zip([10, 20, 30]) {
        assert_eq!(calling.await.unwrap().unwrap(), outcome);
    }
}

#[tokio::test]
async fn what_comes_while_two_batches_are_under_way_goes_together_and_each_gets_its_own() {
    let mut scene = scene();
    let [first, second] = scene.busy().await;

    let callings = [scene.call(3).await, scene.call(4).await, scene.call(5).await];
    assert!(scene.sent.is_empty(), "a third batch is under way");
    first.succeed();
    let third = scene.next().await;

    assert_eq!((second.calls, &*third.calls), (vec![2], &[3, 4, 5][..]));
    third.succeed();
    for (calling, outcome) in callings.into_iter().zip([30, 40, 50]) {
        assert_eq!(calling.await.unwrap().unwrap(), outcome);
    }
}

#[tokio::test(start_paused = true)]
async fn what_comes_while_batches_of_another_step_are_under_way_goes_together_too() {
    let permits = permits();
    let (mut other, mut scene) = (scene_of(&permits, Duration::ZERO), scene_of(&permits, Duration::ZERO));
    let [first, _second] = other.busy().await;

    let callings = [scene.call(3).await, scene.call(4).await];
    assert!(scene.sent.is_empty(), "a third batch is under way");
    let asked_at = Instant::now();
    first.succeed();
    let third = scene.next().await;

    // The clock moves once all wait: nobody waited for a batch that takes long.
    assert_eq!((&*third.calls, asked_at.elapsed()), (&[3, 4][..], Duration::ZERO));
    third.succeed();
    for (calling, outcome) in callings.into_iter().zip([30, 40]) {
        assert_eq!(calling.await.unwrap().unwrap(), outcome);
    }
}

#[tokio::test(start_paused = true)]
async fn batches_that_take_long_hold_up_no_other_step() {
    let permits = permits();
    let (mut slow, mut scene) = (scene_of(&permits, Duration::ZERO), scene_of(&permits, Duration::ZERO));
    let [_first, _second] = slow.busy().await;
    let calling = scene.call(3).await;
    assert!(scene.sent.is_empty(), "a third batch is under way");

    scene.next().await.succeed();

    assert_eq!(calling.await.unwrap().unwrap(), 30);
}

#[tokio::test]
async fn calls_of_one_subject_are_never_in_one_batch() {
    let mut scene = scene();
    let [first, second] = scene.busy().await;
    let callings = [scene.call(31).await, scene.call(32).await, scene.call(41).await];

    first.succeed();
    let third = scene.next().await;
    second.succeed();
    let fourth = scene.next().await;

    assert_eq!((&*third.calls, &*fourth.calls), (&[31, 41][..], &[32][..]));
    third.succeed();
    fourth.succeed();
    for (calling, outcome) in callings.into_iter().zip([310, 320, 410]) {
        assert_eq!(calling.await.unwrap().unwrap(), outcome);
    }
}

#[tokio::test]
async fn a_refused_batch_is_done_again_one_by_one_and_one_call_alone_fails() {
    let mut scene = scene();
    let [first, _second] = scene.busy().await;
    let callings = [scene.call(3).await, scene.call(4).await, scene.call(5).await];
    first.succeed();

    scene.next().await.refuse();
    for _ in 0..3 {
        let alone = scene.next().await;
        assert_eq!(alone.calls.len(), 1);
        if alone.calls == [4] { alone.refuse() } else { alone.succeed() }
    }

    let [third, fourth, fifth] = callings;
    assert_eq!(third.await.unwrap().unwrap(), 30);
    assert!(matches!(fourth.await.unwrap(), Err(StoreError::Failed(_))));
    assert_eq!(fifth.await.unwrap().unwrap(), 50);
}

#[tokio::test]
async fn a_batch_of_which_nobody_knows_is_not_done_again() {
    let mut scene = scene();
    let [first, _second] = scene.busy().await;
    let callings = [scene.call(3).await, scene.call(4).await];
    first.succeed();

    let unknown = Refusal::Unknown(StoreError::unavailable("the connection is gone"));
    scene.next().await.reply.send(Err(unknown)).unwrap();

    for calling in callings {
        assert!(matches!(calling.await.unwrap(), Err(StoreError::Unavailable(_))));
    }
    assert!(scene.sent.is_empty());
}

#[tokio::test]
async fn who_hangs_up_before_the_batch_is_left_out_and_disturbs_nobody() {
    let mut scene = scene();
    let [first, _second] = scene.busy().await;
    let (gone, calling) = (scene.call(3).await, scene.call(4).await);

    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    first.succeed();
    let sent = scene.next().await;

    assert_eq!(sent.calls, [4]);
    sent.succeed();
    assert_eq!(calling.await.unwrap().unwrap(), 40);
}

#[tokio::test]
async fn who_hangs_up_while_the_batch_is_under_way_disturbs_nobody() {
    let mut scene = scene();
    let [first, _second] = scene.busy().await;
    let (gone, calling) = (scene.call(3).await, scene.call(4).await);
    first.succeed();
    let sent = scene.next().await;

    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());

    assert_eq!(sent.calls, [3, 4]);
    sent.succeed();
    assert_eq!(calling.await.unwrap().unwrap(), 40);
}

#[tokio::test]
async fn after_batches_that_were_broken_off_calls_go_on() {
    let mut scene = scene();
    let [first, second] = scene.busy().await;
    let waiting = scene.call(3).await;

    drop((first, second));

    assert!(matches!(waiting.await.unwrap(), Err(StoreError::Unavailable(_))));
    let calling = scene.call(4).await;
    scene.next().await.succeed();
    assert_eq!(calling.await.unwrap().unwrap(), 40);
}
