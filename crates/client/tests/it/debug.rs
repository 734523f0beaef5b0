//! What logs may hold: no token, no address, no number.

use doorward_client::Client;
use doorward_fixture::Doorward;

use crate::people::{EMAIL, PHONE, ada};

#[tokio::test]
async fn no_token_and_nothing_of_a_person_is_shown_in_logs() {
    let doorward = Doorward::start().await;
    let client = Client::new(doorward.url()).unwrap().with_device("dt_secret".to_owned());
    let flow = client.register(&ada()).await.unwrap();
    let registered = flow.verify_email(&doorward.code(EMAIL).await).await.unwrap();
    let login = registered.login(PHONE).await.unwrap();
    let signed_in = login.verify_code(&doorward.code(PHONE).await).await.unwrap();

    let shown = format!("{client:?} {flow:?} {registered:?} {login:?} {signed_in:?}");

    for secret in ["dt_", "fl_", EMAIL, PHONE, "Lovelace"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
