use doorward_client::{Client, Login, Registration, Session, Tokens};
use doorward_fixture::Doorward;
use serde_json::json;

pub(crate) const EMAIL: &str = "ada@example.com";
pub(crate) const PHONE: &str = "+14155552671";
pub(crate) const PASSWORD: &str = "teal-otter-9-quarry-lamp";
pub(crate) const NEW_PASSWORD: &str = "amber-finch-4-harbour-quill";

pub(crate) fn ada() -> Registration<'static> {
    Registration {
        first_name: "Ada",
        last_name: Some("Lovelace"),
        email: EMAIL,
        phone_number: PHONE,
        password: PASSWORD,
        locale: None,
    }
}

/// Somebody who has registered and logged in through the client.
pub(crate) async fn member(doorward: &Doorward) -> (Client, Session) {
    let client = Client::new(doorward.url()).unwrap();
    let flow = client.register(&ada()).await.unwrap();
    let registered = flow.verify_email(&doorward.code(EMAIL).await).await.unwrap();
    let flow = registered.login(PHONE).await.unwrap();
    let login = flow.verify_code(&doorward.code(PHONE).await).await.unwrap();
    (client, signed_in(login))
}

pub(crate) fn signed_in(login: Login) -> Session {
    let Login::SignedIn(session) = login else { panic!("{login:?}") };
    session
}

/// The tokens, with an access token that ends at that time.
pub(crate) fn ending(tokens: &Tokens, expires_at: u64) -> Tokens {
    let mut kept = serde_json::to_value(tokens).unwrap();
    kept["expires_at"] = json!(expires_at);
    serde_json::from_value(kept).unwrap()
}
