//! Locks: who waits for whom, lock time-outs and deadlocks.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail at once")]

mod support;

use doorward_app::{
    keys::KeyEpochs,
    logins::LoginOutcome,
    operator::Accounts,
    profile::{CompleteEmail, IdentifierOutcome},
};
use doorward_kernel::{AuditKind, StoreError};
use doorward_limit::{BucketKey, BucketKind, CheckKind, CheckSlot, Limit, LockoutPolicy, Take};
use doorward_otp::{Purpose, Step, Subject, Target};
use doorward_testkit::fixtures::{self, at, audit};
use doorward_user::UserStatus;
use support::{Fresh, client, somebody_waits};

/// A store whose statements wait for locks as long as a test takes.
fn patient(pool_size: usize) -> Fresh {
    Fresh::open_pool(pool_size, &["lock_timeout=60s", "statement_timeout=60s"])
}

#[tokio::test]
async fn a_login_locks_its_account_before_its_challenge() {
    let fresh = patient(4);
    let stores = support::stores(&fresh);
    let user = support::register_and_verify(&stores, 1).await;
    let challenge = fixtures::challenge(2);
    let challenge = doorward_otp::Challenge {
        target: Target::Phone(fixtures::phone(1)),
        subject: Subject::Account(user.id),
        ..challenge
    };
    stores.flows().start(fixtures::start(2, challenge.clone())).await.unwrap();
    let (holder, prober) = (client(&fresh.database).await, client(&fresh.database).await);
    holder.batch_execute("BEGIN; SELECT id FROM users FOR UPDATE").await.unwrap();

    let open = fixtures::open_session(2, &challenge, &user);
    let opening = tokio::spawn(async move { stores.logins().open(open).await });
    somebody_waits(&prober).await;
    let probe = prober.batch_execute("BEGIN; SELECT id FROM challenges FOR UPDATE NOWAIT; COMMIT").await;
    holder.batch_execute("ROLLBACK").await.unwrap();

    probe.unwrap();
    assert_eq!(opening.await.unwrap().unwrap(), LoginOutcome::Opened(user));
}

#[tokio::test]
async fn the_victim_of_a_deadlock_tries_again() {
    let fresh = patient(4);
    let stores = support::stores(&fresh);
    let user = support::register(&stores, 1).await;
    let target = Target::Email(fixtures::email(2));
    let challenge =
        fixtures::challenge_of(2, (Purpose::ChangeEmail, Step::EmailCode), target, Subject::Account(user.id));
    stores.flows().start(fixtures::start(2, challenge.clone())).await.unwrap();
    let (other, watcher) = (client(&fresh.database).await, client(&fresh.database).await);
    other.batch_execute("SET deadlock_timeout = '60s'; BEGIN; SELECT id FROM challenges FOR UPDATE").await.unwrap();
    let complete = CompleteEmail {
        challenge: challenge.id,
        user: user.id,
        session: None,
        email: fixtures::email(2),
        change: fixtures::email_change(2, &user, &fixtures::email(2)),
        notices: vec![],
        now: at(1),
        audit: audit(2, AuditKind::EmailChanged),
    };

    let completing = tokio::spawn(async move { stores.profiles().complete_email(complete).await });
    somebody_waits(&watcher).await;
    other.batch_execute("SELECT id FROM users FOR UPDATE; COMMIT").await.unwrap();

    assert!(matches!(completing.await.unwrap().unwrap(), IdentifierOutcome::Changed(_)));
}

#[tokio::test]
async fn a_lock_that_does_not_come_is_an_outage() {
    let fresh = Fresh::open_pool(4, &["lock_timeout=50ms"]);
    let user = support::register(&support::stores(&fresh), 1).await;
    let holder = client(&fresh.database).await;
    holder.batch_execute("BEGIN; SELECT id FROM users FOR UPDATE").await.unwrap();

    let closed = fresh.store.set_status(user.id, UserStatus::Disabled, at(1), audit(1, AuditKind::UserDisabled)).await;

    assert!(matches!(closed, Err(StoreError::Unavailable(_))), "{closed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_takes_at_once_one_whose_row_stays_locked_fails_alone() {
    let fresh = Fresh::open_pool(4, &["lock_timeout=50ms"]);
    let stores = support::stores(&fresh);
    let one = |n: u8| {
        let key = BucketKey { kind: BucketKind::SMS, subject: [n; 32] };
        Take::one(key, Limit::parse("5/1h").unwrap())
    };
    stores.buckets().take(vec![one(7)], at(0)).await.unwrap();
    let holder = client(&fresh.database).await;
    holder.batch_execute("BEGIN; SELECT kind FROM buckets FOR UPDATE").await.unwrap();

    let calls: Vec<_> = (0..32)
        .map(|n| {
            let (stores, takes) = (stores.clone(), vec![one(n)]);
            tokio::spawn(async move { stores.buckets().take(takes, at(0)).await })
        })
        .collect();
    let mut outcomes = Vec::new();
    for call in calls {
        outcomes.push(call.await.unwrap());
    }
    holder.batch_execute("ROLLBACK").await.unwrap();

    for (n, outcome) in outcomes.into_iter().enumerate() {
        assert_eq!(matches!(outcome, Err(StoreError::Unavailable(_))), n == 7, "take {n}: {outcome:?}");
    }
}

#[tokio::test]
async fn counts_of_checks_whose_exchange_fails_are_not_added() {
    let fresh = Fresh::open_pool(4, &["lock_timeout=50ms"]);
    let stores = support::stores(&fresh);
    let one = |second| CheckSlot { kind: CheckKind::Code, starts_at: at(second), failed: 1, total: 1 };
    stores.check_counts().exchange(vec![one(1)], at(1)).await.unwrap();
    let holder = client(&fresh.database).await;
    holder.batch_execute("BEGIN; SELECT kind FROM check_counts FOR UPDATE").await.unwrap();

    // The new slot is free, and the old one, which is to be deleted, is locked.
    let exchanged = stores.check_counts().exchange(vec![one(2)], at(2)).await;
    holder.batch_execute("ROLLBACK").await.unwrap();

    assert!(matches!(exchanged, Err(StoreError::Unavailable(_))), "{exchanged:?}");
    assert_eq!(stores.check_counts().exchange(vec![], at(1)).await.unwrap(), [one(1)]);
}

#[tokio::test]
async fn a_lock_on_a_whole_table_that_does_not_come_is_an_outage() {
    let fresh = Fresh::open_pool(4, &["lock_timeout=50ms"]);
    let user = support::register(&support::stores(&fresh), 1).await;
    let holder = client(&fresh.database).await;
    // The statement fails while it is read, and the error names its place in the text as that of a defect does.
    holder.batch_execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE").await.unwrap();

    let fresh_statement = support::stores(&fresh).users().find_by_email(&user.email).await;
    let closed = fresh.store.set_status(user.id, UserStatus::Disabled, at(1), audit(1, AuditKind::UserDisabled)).await;

    assert!(matches!(fresh_statement, Err(StoreError::Unavailable(_))), "{fresh_statement:?}");
    assert!(matches!(closed, Err(StoreError::Unavailable(_))), "{closed:?}");
}

#[tokio::test]
async fn a_pool_that_is_used_up_is_an_outage() {
    let fresh = patient(1);
    let user = support::register(&support::stores(&fresh), 1).await;
    let (holder, watcher) = (client(&fresh.database).await, client(&fresh.database).await);
    holder.batch_execute("BEGIN; SELECT id FROM users FOR UPDATE").await.unwrap();
    let store = fresh.store.clone();
    let closing = tokio::spawn(async move {
        store.set_status(user.id, UserStatus::Disabled, at(1), audit(1, AuditKind::UserDisabled)).await
    });
    somebody_waits(&watcher).await;

    let listed = fresh.store.list().await;
    holder.batch_execute("ROLLBACK").await.unwrap();

    assert!(matches!(listed, Err(StoreError::Unavailable(_))), "{listed:?}");
    closing.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_try_that_is_refused_writes_no_lockout_even_for_a_moment() {
    let fresh = patient(4);
    let stores = support::stores(&fresh);
    let buckets = stores.buckets();
    let of_kind = |kind, subject: u8| BucketKey { kind, subject: [subject; 32] };
    let used_up = Take::one(of_kind(BucketKind::IP_FAILURES, 1), Limit::parse("1/1d").unwrap());
    let once = LockoutPolicy { backoff_after: None, waits: &[], disable_after: 1 };
    let disabled = Take::one(of_kind(BucketKind::LOCKOUT, 2), once.into());
    buckets.take(vec![used_up.clone(), disabled.clone()], at(0)).await.unwrap();
    let no_lockouts = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql \
             AS 'BEGIN RAISE ''a lockout is written''; END'; \
         CREATE TRIGGER no_lockouts AFTER INSERT OR UPDATE ON buckets FOR EACH ROW WHEN (new.consecutive > 0) \
             EXECUTE FUNCTION refuse()";
    client(&fresh.database).await.batch_execute(no_lockouts).await.unwrap();

    for refusing in [used_up, disabled] {
        let tried = [1, 3].map(|subject| Take::one(of_kind(BucketKind::LOCKOUT, subject), once.into()));
        let outcome = buckets.take([tried.to_vec(), vec![refusing.clone()]].concat(), at(0)).await.unwrap();
        assert_eq!(outcome.refused(), [refusing.key]);
    }
}
