use doorward_kernel::AuditKind;

use super::Stores;
use crate::fixtures::audit;

pub async fn what_is_recorded_is_kept_as_it_was_told(stores: &Stores) {
    let events = [audit(1, AuditKind::SmsBudgetWarning), audit(2, AuditKind::EmailBudgetWarning)];

    for event in events.clone() {
        stores.incidents.record(event).await.unwrap();
    }

    assert_eq!(stores.audit.events().await, events);
}
