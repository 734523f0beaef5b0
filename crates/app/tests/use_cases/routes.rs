//! Several providers of one channel: who is offered a message, and what becomes of it.

use std::{sync::Arc, time::Duration};

use doorward_app::{
    delivery::{Delivered, Delivery, OutboxAdmin, Provider, Reach, Reports, Route},
    limits::Caller,
};
use doorward_kernel::{Country, MessageId, Timestamp};
use doorward_notifier::{Claimed, DeliveryOutcome, EntryState, OutboxSignal, ReportOutcome, Scope, SendError};
use doorward_testkit::{fakes::RecordingNotifier, fixtures};

use crate::world::World;

/// Somebody who logs in by SMS, and two providers in a row.
struct TwoProviders {
    world: World,
    delivery: Delivery,
    first: Arc<RecordingNotifier>,
    second: Arc<RecordingNotifier>,
}

impl TwoProviders {
    async fn new() -> Self {
        let (first, second) = (Arc::new(RecordingNotifier::default()), Arc::new(RecordingNotifier::default()));
        let providers = [Provider::new("first", first.clone()), Provider::new("second", second.clone())];
        Self::of(Route::new(providers), first, second).await
    }

    async fn of(sms: Route, first: Arc<RecordingNotifier>, second: Arc<RecordingNotifier>) -> Self {
        let world = World::new();
        for n in 1..=3 {
            world.member(n).await;
        }
        world.deliver().await;
        let delivery = Delivery { phones: sms, ..world.delivery.clone() };
        Self { world, delivery, first, second }
    }

    /// A login by that member, whose code is offered to the providers.
    async fn login(&self, n: u32) -> Delivered {
        self.world.phone_login.start(fixtures::phone(n), None, &Caller::default()).await.unwrap();
        self.delivery.run_once().await.unwrap()
    }

    /// Counts how often each provider was offered a message.
    fn tries(&self) -> (usize, usize) {
        (self.first.tries(), self.second.tries())
    }
}

const SENT: Delivered = Delivered { claimed: 1, sent: 1 };
const UNSENT: Delivered = Delivered { claimed: 1, sent: 0 };

fn cannot(scope: Scope) -> SendError {
    SendError::provider_cannot(scope, "20003")
}

#[tokio::test]
async fn a_message_goes_to_the_first_provider_alone() {
    let route = TwoProviders::new().await;

    assert_eq!(route.login(1).await, SENT);

    assert_eq!(route.tries(), (1, 0));
}

#[tokio::test]
async fn what_one_provider_does_not_take_goes_at_once_to_the_next_one_under_the_same_id_with_the_same_code() {
    for error in [
        SendError::unavailable("no connection"),
        SendError::transient("busy"),
        SendError::failed("99999"),
        cannot(Scope::Everyone),
        cannot(Scope::Country),
    ] {
        let route = TwoProviders::new().await;
        route.first.fail_next(error);

        assert_eq!(route.login(1).await, SENT);

        let [offered] = <[_; 1]>::try_from(route.first.offered()).unwrap();
        let [sent] = <[_; 1]>::try_from(route.second.sent()).unwrap();
        assert_eq!(offered.id, sent.id);
        assert_eq!(RecordingNotifier::code_of(&offered), RecordingNotifier::code_of(&sent));
        assert!(RecordingNotifier::code_of(&sent).is_some());
    }
}

#[tokio::test]
async fn a_recipient_whom_nobody_reaches_is_not_offered_to_the_next_one() {
    let route = TwoProviders::new().await;
    route.first.fail_next(SendError::recipient_never("21610"));

    assert_eq!(route.login(1).await, UNSENT);

    assert_eq!(route.tries(), (1, 0));
    assert_eq!(route.second.sent().len(), 0);
    assert_eq!(route.login(2).await, SENT);
    assert_eq!(route.tries(), (2, 0));
}

#[tokio::test]
async fn a_message_that_nobody_takes_is_tried_again_and_tells_what_each_of_them_said() {
    let route = TwoProviders::new().await;
    route.first.fail_next(SendError::unavailable("no connection"));
    route.second.fail_next(SendError::failed("99999"));
    assert_eq!(route.login(1).await, UNSENT);

    let waiting = route.world.store.messages();
    let outbox_admin =
        OutboxAdmin { clock_and_ids: route.delivery.clock_and_ids.clone(), outbox: route.world.stores.store.clone() };
    let entry = outbox_admin.find(waiting[0].id).await.unwrap().unwrap();
    assert!(matches!(entry.state, EntryState::Waiting { .. }), "{entry:?}");
    assert_eq!(
        entry.failure.as_deref(),
        Some("first: the provider cannot be reached: no connection; second: the provider refused the message: 99999")
    );

    route.world.wait(2);
    assert_eq!(route.delivery.run_once().await.unwrap(), SENT);
    assert_eq!(route.tries(), (2, 1));
}

#[tokio::test]
async fn a_provider_that_does_not_send_for_us_is_left_alone_for_long_while_another_one_does() {
    let route = TwoProviders::new().await;
    route.first.fail_next(cannot(Scope::Everyone));

    for _ in 0..2 {
        assert_eq!(route.login(1).await, SENT);
        route.world.wait(150);
    }
    assert_eq!(route.tries(), (1, 2));

    assert_eq!(route.login(1).await, SENT);
    assert_eq!(route.tries(), (2, 2));
}

#[tokio::test]
async fn while_nobody_sends_for_us_one_is_still_asked_each_time() {
    let route = TwoProviders::new().await;
    for _ in 0..3 {
        route.second.fail_next(cannot(Scope::Everyone));
    }
    route.first.fail_next(cannot(Scope::Everyone));

    for n in 1..=3 {
        assert_eq!(route.login(n).await, UNSENT);
    }

    assert_eq!(route.tries(), (1, 3));
}

#[tokio::test]
async fn a_provider_that_says_when_to_come_back_is_left_alone_until_then() {
    let route = TwoProviders::new().await;
    let wait = Some(Duration::from_mins(1));
    route.first.fail_next(SendError::Transient { retry_after: wait, source: "too many".into() });

    assert_eq!(route.login(1).await, SENT);
    assert_eq!(route.login(2).await, SENT);
    assert_eq!(route.tries(), (1, 2));

    route.world.wait(60);
    assert_eq!(route.login(3).await, SENT);
    assert_eq!(route.tries(), (2, 2));
}

#[tokio::test]
async fn a_provider_is_offered_the_numbers_of_its_countries_alone() {
    let (first, second) = (Arc::new(RecordingNotifier::default()), Arc::new(RecordingNotifier::default()));
    let german = Provider::new("first", first.clone()).only_for(vec![Country::parse("DE").unwrap()]);
    let route = TwoProviders::of(Route::new([german, Provider::new("second", second.clone())]), first, second).await;

    assert_eq!(route.login(1).await, SENT);

    assert_eq!(route.tries(), (0, 1));
}

#[tokio::test]
async fn a_message_to_a_country_that_nobody_is_for_is_kept_for_an_operator() {
    let (first, second) = (Arc::new(RecordingNotifier::default()), Arc::new(RecordingNotifier::default()));
    let german = Provider::new("first", first.clone()).only_for(vec![Country::parse("DE").unwrap()]);
    let route = TwoProviders::of(Route::new([german]), first, second).await;

    assert_eq!(route.login(1).await, UNSENT);

    route.world.wait(60);
    assert_eq!(route.delivery.run_once().await.unwrap(), Delivered::default());
    assert_eq!((route.tries(), route.world.store.messages().len()), ((0, 0), 1));
}

fn reports(route: &TwoProviders) -> Reports {
    Reports { delivery: route.delivery.clone(), signal: Arc::new(NoSignal) }
}

struct NoSignal;

impl OutboxSignal for NoSignal {
    fn notify(&self) {}

    fn lease(&self, _: Timestamp) -> Option<Timestamp> {
        None
    }

    fn hand_over(&self, _: Claimed) {}
}

#[tokio::test]
async fn what_the_first_did_not_deliver_goes_to_the_next_one_once_with_the_same_code() {
    let (delivered, failed) = (DeliveryOutcome::Delivered, DeliveryOutcome::Failed);
    let route = TwoProviders::new().await;
    let reports = reports(&route);
    assert_eq!(route.login(1).await, SENT);
    let taken = route.first.sent().remove(0);
    let report = async |provider, outcome| reports.take(taken.id, provider, outcome, Reach::ByOthers).await.unwrap();

    assert_eq!(report("second", failed).await, ReportOutcome::Ignored, "it does not have it");
    assert_eq!(report("first", failed).await, ReportOutcome::SentAgain);
    assert_eq!(route.delivery.run_once().await.unwrap(), SENT);
    assert_eq!(report("first", delivered).await, ReportOutcome::Ignored);
    assert_eq!(report("second", failed).await, ReportOutcome::Noted, "there is nobody left");

    let again = route.second.sent().remove(0);
    assert_eq!((again.id, RecordingNotifier::code_of(&again)), (taken.id, RecordingNotifier::code_of(&taken)));
    assert_eq!(route.delivery.run_once().await.unwrap(), Delivered::default());
    assert_eq!(route.tries(), (1, 1));
}

#[tokio::test]
async fn what_nobody_delivers_or_nobody_needs_goes_to_no_other() {
    let route = TwoProviders::new().await;
    let reports = reports(&route);
    for n in 1..=2 {
        assert_eq!(route.login(n).await, SENT);
    }
    let [never, late] = <[_; 2]>::try_from(route.first.sent()).unwrap();
    let failed = DeliveryOutcome::Failed;

    assert_eq!(reports.take(never.id, "first", failed, Reach::ByOtherChannels).await.unwrap(), ReportOutcome::Noted);
    route.world.wait(300);
    assert_eq!(reports.take(late.id, "first", failed, Reach::ByOthers).await.unwrap(), ReportOutcome::Noted);
    let unknown = MessageId::from_bytes([9; 16]);
    assert_eq!(reports.take(unknown, "first", failed, Reach::ByOthers).await.unwrap(), ReportOutcome::Ignored);

    assert_eq!(route.delivery.run_once().await.unwrap(), Delivered::default());
    assert_eq!(route.tries(), (2, 0));
}
