use std::time::Duration;

use doorward_client::Error;
use doorward_fixture::Doorward;

use crate::people::{PHONE, ending, member, signed_in};

#[tokio::test]
async fn an_access_token_is_renewed_before_it_ends() {
    let doorward = Doorward::start().await;
    let (client, session) = member(&doorward).await;
    let before = session.tokens().await;

    let kept = client.session(ending(&before, 0));
    kept.me().await.unwrap();
    let after = kept.tokens().await;

    assert_ne!(after.refresh_token, before.refresh_token);
    assert_eq!((&after.session_id, &after.device_token), (&before.session_id, &before.device_token));
}

#[tokio::test]
async fn one_that_is_good_for_a_while_stays() {
    let doorward = Doorward::start().await;
    let (_, session) = member(&doorward).await;
    let before = session.tokens().await;

    session.me().await.unwrap();

    assert_eq!(session.tokens().await, before);
}

#[tokio::test]
async fn one_that_the_service_refuses_is_renewed_once() {
    let doorward = Doorward::start().await;
    let (_, session) = member(&doorward).await;
    let before = session.tokens().await;

    // By its own clock the client has no reason to renew it.
    doorward.advance(Duration::from_mins(6));
    session.me().await.unwrap();

    assert_ne!(session.tokens().await.access_token, before.access_token);
}

#[tokio::test]
async fn calls_at_the_same_time_renew_it_once() {
    let doorward = Doorward::start().await;
    let (client, session) = member(&doorward).await;
    let session = client.session(ending(&session.tokens().await, 0));

    let (one, two, three) = tokio::join!(session.access_token(), session.access_token(), session.access_token());

    let one = one.unwrap();
    assert_eq!((two.unwrap(), three.unwrap()), (one.clone(), one));
}

#[tokio::test]
async fn no_other_path_is_taken_for_a_session() {
    let doorward = Doorward::start().await;
    let (client, session) = member(&doorward).await;
    let flow = client.login_by_phone(PHONE).await.unwrap();
    let other = signed_in(flow.verify_code(&doorward.code(PHONE).await).await.unwrap());

    for id in ["../sessions", "..", "", "?", "a/b"] {
        let refused = session.end(id).await.unwrap_err();
        assert!(matches!(refused, Error::SessionId), "{id}: {refused}");
    }

    other.me().await.unwrap();
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let doorward = Doorward::start().await;
    let (client, session) = member(&doorward).await;
    let known = client.with_device(session.tokens().await.device_token.unwrap());
    let flow = known.login_by_phone(PHONE).await.unwrap();
    let other = signed_in(flow.verify_code(&doorward.code(PHONE).await).await.unwrap());
    let (own, others) = (session.tokens().await.session_id, other.tokens().await.session_id);

    let listed = session.list().await.unwrap();
    session.end(&others).await.unwrap();

    let listed: Vec<_> = listed.into_iter().map(|session| (session.id, session.current)).collect();
    assert_eq!(listed.len(), 2);
    assert!(listed.contains(&(own, true)) && listed.contains(&(others, false)), "{listed:?}");
    assert!(other.me().await.unwrap_err().is("refresh_invalid"));
    session.logout().await.unwrap();
    assert!(session.me().await.is_err());
}
