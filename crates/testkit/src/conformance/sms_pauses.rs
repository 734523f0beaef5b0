use doorward_kernel::AuditKind;

use super::{
    Stores,
    race::{CALLS, ROUNDS, count, race},
};
use crate::fixtures::{at, audit};

cases![
    sms_is_not_paused_at_first,
    a_pause_is_kept_and_recorded,
    a_second_pause_changes_nothing,
    a_resumption_is_recorded_once,
    of_many_who_turn_it_at_once_one_has_changed_it,
];

async fn pause(stores: &Stores, n: u32) -> bool {
    stores.conversion_breakers().pause(at(n.into()), audit(n, AuditKind::SmsStopped)).await.unwrap()
}

async fn resume(stores: &Stores, n: u32) -> bool {
    stores.conversion_breakers().resume(audit(n, AuditKind::SmsResumed)).await.unwrap()
}

async fn recorded(stores: &Stores, kind: AuditKind) -> usize {
    stores.audit.events().await.iter().filter(|event| event.kind == kind).count()
}

async fn sms_is_not_paused_at_first(stores: &Stores) {
    assert_eq!(stores.conversion_breakers().paused_since().await.unwrap(), None);
    assert!(!resume(stores, 1).await);
    assert_eq!(recorded(stores, AuditKind::SmsResumed).await, 0);
}

async fn a_pause_is_kept_and_recorded(stores: &Stores) {
    let outcome = pause(stores, 1).await;

    assert!(outcome);
    assert_eq!(stores.conversion_breakers().paused_since().await.unwrap(), Some(at(1)));
    assert_eq!(stores.audit.events().await, [audit(1, AuditKind::SmsStopped)]);
}

async fn a_second_pause_changes_nothing(stores: &Stores) {
    pause(stores, 1).await;

    assert!(!pause(stores, 2).await);
    assert_eq!(stores.conversion_breakers().paused_since().await.unwrap(), Some(at(1)));
    assert_eq!(recorded(stores, AuditKind::SmsStopped).await, 1);
}

async fn a_resumption_is_recorded_once(stores: &Stores) {
    pause(stores, 1).await;

    assert_eq!((resume(stores, 2).await, resume(stores, 3).await), (true, false));
    assert_eq!(stores.conversion_breakers().paused_since().await.unwrap(), None);
    assert_eq!(recorded(stores, AuditKind::SmsResumed).await, 1);
}

async fn of_many_who_turn_it_at_once_one_has_changed_it(stores: &Stores) {
    for round in 0..ROUNDS {
        let first = round * 2 * CALLS + 1;

        let paused = race(stores, first..first + CALLS, |stores, n| async move { pause(&stores, n).await }).await;
        let resumed =
            race(stores, first + CALLS..first + 2 * CALLS, |stores, n| async move { resume(&stores, n).await }).await;

        let changed = [&paused, &resumed].map(|outcomes| count(outcomes, &true));
        assert_eq!(changed, [1, 1], "round {round}");
    }
}
