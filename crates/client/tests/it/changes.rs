use doorward_client::{Details, Login, PhoneChange, StepUp, Updated};
use doorward_fixture::Doorward;

use crate::people::{EMAIL, NEW_PASSWORD, PASSWORD, PHONE, member};

#[tokio::test]
async fn names_and_password_change_at_once() {
    let doorward = Doorward::start().await;
    let (_, session) = member(&doorward).await;

    let names = Details { first_name: Some("Augusta"), ..Details::default() };
    let renamed = session.change_names(PASSWORD, names).await.unwrap();
    session.change_password(PASSWORD, NEW_PASSWORD).await.unwrap();

    assert_eq!((renamed.first_name.as_str(), renamed.last_name.as_deref()), ("Augusta", Some("Lovelace")));
    assert!(session.change_password(PASSWORD, NEW_PASSWORD).await.unwrap_err().is("password_incorrect"));
}

#[tokio::test]
async fn an_address_changes_once_its_code_is_right() {
    let doorward = Doorward::start().await;
    let (_, session) = member(&doorward).await;

    let own = session.change_email(PASSWORD, EMAIL).await.unwrap();
    let changed = session.change_email(PASSWORD, "augusta@example.com").await.unwrap();

    assert!(matches!(own, Updated::Done(_)), "{own:?}");
    let Updated::Verify(flow) = changed else { panic!("{changed:?}") };
    assert_eq!(session.me().await.unwrap().email, EMAIL);
    let user = flow.verify_email(&doorward.code("augusta@example.com").await).await.unwrap();
    assert_eq!(user.email, "augusta@example.com");
}

#[tokio::test]
async fn a_number_changes_once_its_code_is_right() {
    let doorward = Doorward::start().await;
    let (_, session) = member(&doorward).await;

    let changed = session.change_phone(PASSWORD, "+14155552673").await.unwrap();

    let Updated::Verify(flow) = changed else { panic!("{changed:?}") };
    let changed = flow.verify_code(&doorward.code("+14155552673").await).await.unwrap();
    let PhoneChange::Changed(user) = changed else { panic!("{changed:?}") };
    assert_eq!(user.phone_number.as_deref(), Some("+14155552673"));
    assert_eq!(session.me().await.unwrap(), user);
}

#[tokio::test]
async fn a_number_that_takes_the_place_of_a_lost_one_says_when() {
    let doorward = Doorward::start().await;
    let (client, _) = member(&doorward).await;
    let login = client.login_by_password(EMAIL, PASSWORD).await.unwrap();
    let Login::Code(flow) = login else { panic!("{login:?}") };
    let flow = flow.ask_by_mail().await.unwrap();
    let session = flow.verify_email(&doorward.code(EMAIL).await).await.unwrap();

    let changed = session.change_phone(PASSWORD, "+14155552673").await.unwrap();

    let Updated::Verify(flow) = changed else { panic!("{changed:?}") };
    let changed = flow.verify_code(&doorward.code("+14155552673").await).await.unwrap();
    let PhoneChange::Pending { user, takes_effect_at } = changed else { panic!("{changed:?}") };
    assert_eq!(user.phone_number.as_deref(), Some(PHONE));
    assert!(takes_effect_at > user.updated_at, "{takes_effect_at}");
}

#[tokio::test]
async fn a_step_up_renews_the_session() {
    let doorward = Doorward::start().await;
    let (_, session) = member(&doorward).await;
    let before = session.tokens().await;

    let asked = session.step_up().await.unwrap();
    let StepUp::Code(flow) = asked else { panic!("{asked:?}") };
    flow.verify_code(&doorward.code(PHONE).await).await.unwrap();

    let after = session.tokens().await;
    assert_eq!(after.session_id, before.session_id);
    assert_ne!(after.access_token, before.access_token);
    session.me().await.unwrap();
}
