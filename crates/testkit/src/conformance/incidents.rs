use doorward_kernel::AuditKind;
use doorward_notifier::NoticeTemplate;

use super::Stores;
use crate::fixtures::{at, audit, email, notice, now};

cases![what_is_recorded_is_kept_as_it_was_told, a_notice_is_sent_with_its_event_or_neither_is_there,];

async fn what_is_recorded_is_kept_as_it_was_told(stores: &Stores) {
    let events = [audit(1, AuditKind::SmsBudgetWarning), audit(2, AuditKind::EmailBudgetWarning)];

    for event in events.clone() {
        stores.incidents().record(event, None).await.unwrap();
    }

    assert_eq!(stores.audit.events().await, events);
}

async fn a_notice_is_sent_with_its_event_or_neither_is_there(stores: &Stores) {
    let told = notice(1, NoticeTemplate::PasswordsTried, &email(1));
    let event = |n| audit(n, AuditKind::AuthenticatorWaiting);
    stores.incidents().record(event(1), Some(told.clone())).await.unwrap();

    let twice = stores.incidents().record(event(2), Some(told.clone())).await;

    assert!(twice.is_err());
    assert_eq!(stores.audit.events().await, [event(1)]);
    let claimed = stores.outbox().claim(now(), at(60), 9).await.unwrap();
    assert_eq!(claimed.into_iter().map(|claimed| claimed.message).collect::<Vec<_>>(), [told]);
}
