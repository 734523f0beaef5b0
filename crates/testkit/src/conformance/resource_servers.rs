//! Resource servers and their secrets.

use doorward_app::clients::{AddOutcome, ChangeOutcome, ResourceServer};
use doorward_kernel::{AuditEvent, AuditKind};

use super::{
    Stores,
    race::{CALLS, ROUNDS, count, race},
    scene::is_recorded,
};
use crate::fixtures::{at, audit, client_digest, resource_server};

cases![
    what_was_never_registered_is_unknown,
    what_is_registered_reads_back,
    a_name_is_given_once,
    of_many_that_want_one_name_at_once_one_gets_it,
    a_new_secret_takes_the_place_of_the_old,
    an_unknown_one_gets_no_secret,
    what_is_removed_is_unknown_and_its_name_is_free,
    of_many_removals_at_once_one_is_done,
    no_secret_brings_a_removed_one_back,
];

fn added(n: u32) -> AuditEvent {
    audit(n, AuditKind::ClientAdded)
}

/// Registers resource server `n` with digest 1.
async fn add(stores: &Stores, n: u32) -> ResourceServer {
    let outcome = stores.resource_servers().add(resource_server(n), client_digest(1), added(n)).await.unwrap();
    assert_eq!(outcome, AddOutcome::Added);
    resource_server(n)
}

async fn what_was_never_registered_is_unknown(stores: &Stores) {
    assert_eq!(stores.resource_servers().list().await.unwrap(), []);
    assert_eq!(stores.resource_servers().digest(resource_server(1).id).await.unwrap(), None);
}

async fn what_is_registered_reads_back(stores: &Stores) {
    let (two, one) = (add(stores, 2).await, add(stores, 1).await);

    assert_eq!(stores.resource_servers().list().await.unwrap(), [one.clone(), two]);
    assert_eq!(stores.resource_servers().digest(one.id).await.unwrap(), Some(client_digest(1)));
    assert!(is_recorded(stores, &added(1)).await);
}

async fn a_name_is_given_once(stores: &Stores) {
    let one = add(stores, 1).await;
    let second = ResourceServer { name: one.name.clone(), ..resource_server(2) };

    let outcome = stores.resource_servers().add(second, client_digest(2), added(2)).await.unwrap();

    assert_eq!(outcome, AddOutcome::NameTaken);
    assert_eq!(stores.resource_servers().list().await.unwrap(), [one]);
    assert!(!is_recorded(stores, &added(2)).await);
}

async fn of_many_that_want_one_name_at_once_one_gets_it(stores: &Stores) {
    for round in 1..=ROUNDS {
        let name = resource_server(round).name;
        let calls = (0..CALLS).map(|i| {
            let n = round * 1_000 + i;
            (ResourceServer { name: name.clone(), ..resource_server(n) }, added(n))
        });

        let outcomes = race(stores, calls, |stores, (server, audit)| async move {
            stores.resource_servers().add(server, client_digest(1), audit).await.unwrap()
        })
        .await;

        assert_eq!(count(&outcomes, &AddOutcome::Added), 1);
    }
}

async fn a_new_secret_takes_the_place_of_the_old(stores: &Stores) {
    let one = add(stores, 1).await;
    let event = audit(1, AuditKind::ClientRotated);

    let outcome = stores.resource_servers().rotate(one.id, client_digest(2), at(60), event.clone()).await.unwrap();

    assert_eq!(outcome, ChangeOutcome::Changed);
    assert_eq!(stores.resource_servers().digest(one.id).await.unwrap(), Some(client_digest(2)));
    assert_eq!(stores.resource_servers().list().await.unwrap(), [ResourceServer { rotated_at: at(60), ..one }]);
    assert!(is_recorded(stores, &event).await);
}

async fn an_unknown_one_gets_no_secret(stores: &Stores) {
    let event = audit(1, AuditKind::ClientRotated);

    let outcome =
        stores.resource_servers().rotate(resource_server(1).id, client_digest(2), at(1), event.clone()).await.unwrap();

    assert_eq!(outcome, ChangeOutcome::NotFound);
    assert!(!is_recorded(stores, &event).await);
}

async fn what_is_removed_is_unknown_and_its_name_is_free(stores: &Stores) {
    let one = add(stores, 1).await;
    let event = audit(1, AuditKind::ClientRemoved);

    let outcome = stores.resource_servers().remove(one.id, event.clone()).await.unwrap();

    assert_eq!(outcome, ChangeOutcome::Changed);
    assert_eq!(stores.resource_servers().digest(one.id).await.unwrap(), None);
    assert!(is_recorded(stores, &event).await);
    let again = ResourceServer { name: one.name, ..resource_server(2) };
    let outcome = stores.resource_servers().add(again, client_digest(1), added(2)).await.unwrap();
    assert_eq!(outcome, AddOutcome::Added);
}

async fn of_many_removals_at_once_one_is_done(stores: &Stores) {
    for round in 1..=ROUNDS {
        let one = add(stores, round).await;
        let events = (0..CALLS).map(|i| audit(round * 1_000 + i, AuditKind::ClientRemoved));

        let outcomes = race(stores, events, |stores, event| async move {
            stores.resource_servers().remove(one.id, event).await.unwrap()
        })
        .await;

        assert_eq!(count(&outcomes, &ChangeOutcome::Changed), 1);
    }
}

async fn no_secret_brings_a_removed_one_back(stores: &Stores) {
    for round in 1..=ROUNDS {
        let one = add(stores, round).await;
        let calls = (0..CALLS).map(|i| round * 1_000 + i);

        race(stores, calls, |stores, n| async move {
            let servers = stores.resource_servers();
            if n % 2 == 0 {
                servers.remove(one.id, audit(n, AuditKind::ClientRemoved)).await.unwrap()
            } else {
                servers.rotate(one.id, client_digest(2), at(1), audit(n, AuditKind::ClientRotated)).await.unwrap()
            }
        })
        .await;

        assert_eq!(stores.resource_servers().digest(one.id).await.unwrap(), None);
    }
}
