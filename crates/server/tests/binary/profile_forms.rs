//! Forms of a profile that are posted whole: fields that did not change are no change.

use doorward_testkit::smtp_sink::Mail;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Client, PASSWORD, http, text, texted},
    doorward::{Doorward, Engine, World},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";

/// A member whose last login is too old for changes that need a fresh one.
struct Member {
    world: World,
    doorward: Doorward,
    client: Client,
    access: String,
}

impl Member {
    async fn of(engine: Engine) -> Self {
        let world = World::new(engine).await.with("step_up.fresh", "1s");
        let doorward = world.serve().await;
        let client = Client::of(&doorward);
        let access = text(&client.member(&world, EMAIL, PHONE).await, "access_token");
        // Whatever asks for a fresh verification tells when there is none any more.
        while client.post_as(&access, "/totp", &json!({})).await.status != StatusCode::FORBIDDEN {}
        Self { world, doorward, client, access }
    }

    async fn submit(&self, path: &str, form: &str) -> (StatusCode, Value) {
        let request = http().post(format!("{}{path}", self.doorward.url())).bearer_auth(&self.access);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form.to_owned());
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// The account as its owner sees it.
    async fn user(&self) -> Value {
        self.client.get_as(&self.access, "/me").await.body["user"].clone()
    }

    /// Returns the subjects of all mails and the number of SMS until now.
    async fn told(&self) -> (Vec<String>, usize) {
        self.client.login(PHONE, None).await;
        texted(&self.world, PHONE, 2).await;
        self.client.post("/forgot_password", &json!({ "email": EMAIL })).await;
        self.world.mail.wait_for_mail(|mail| mail.subject.ends_with("to set a new password")).await;
        let topic = |mail: Mail| mail.subject.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned();
        (self.world.mail.mails().into_iter().map(topic).collect(), self.world.sms.messages().len())
    }
}

/// The messages of a registration, a first login, a second one and a reset.
fn usual() -> (Vec<String>, usize) {
    let mails = [
        " is your Doorward code to confirm your address",
        "Doorward: Your phone number was confirmed",
        " is your Doorward code to set a new password",
    ];
    (mails.map(str::to_owned).to_vec(), 2)
}

async fn unchanged(engine: Engine) {
    let member = Member::of(engine).await;
    let before = member.user().await;
    let details = format!("first_name=Ada&last_name=Lovelace&password={PASSWORD}");

    for number in ["%2B14155552671", "+1+(415)+555-2671", "%2B1.415.555.2671%0D%0A"] {
        let (status, answer) = member.submit("/update_details", &format!("{details}&phone_number={number}")).await;
        assert_eq!((status, &answer), (StatusCode::OK, &json!({ "user": before })), "{number}");
    }
    for address in ["ada%40example.com", "+Ada%40EXAMPLE.com%0A"] {
        let form = format!("email={address}&new_password=&password={PASSWORD}");
        let (status, answer) = member.submit("/update", &form).await;
        assert_eq!((status, &answer), (StatusCode::OK, &json!({ "user": before })), "{address}");
    }

    assert_eq!(member.told().await, usual());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_form_posted_whole_and_unchanged_sends_nothing_and_asks_for_no_proof_on_postgres() {
    unchanged(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_form_posted_whole_and_unchanged_sends_nothing_and_asks_for_no_proof_on_sqlite() {
    unchanged(Engine::Sqlite).await;
}

async fn one_name_changed(engine: Engine) {
    let member = Member::of(engine).await;
    let form = |number: &str, password: &str| {
        format!("first_name=Augusta&last_name=Lovelace&phone_number={number}&password={password}")
    };

    // The current password is asked for all the same.
    let (status, refused) = member.submit("/update_details", &form("%2B14155552671", "not-the-password")).await;
    assert_eq!((status, &refused["code"]), (StatusCode::FORBIDDEN, &json!("password_incorrect")));
    assert_eq!(member.user().await["first_name"], json!("Ada"));
    let (status, answer) = member.submit("/update_details", &form("%2B14155552671", PASSWORD)).await;

    assert_eq!(status, StatusCode::OK, "{answer}");
    let user = member.user().await;
    assert_eq!(answer, json!({ "user": user }));
    let names = (&user["first_name"], &user["last_name"], &user["phone_number"], &user["phone_verified"]);
    assert_eq!(names, (&json!("Augusta"), &json!("Lovelace"), &json!(PHONE), &json!(true)));
    let renamed = "Doorward: Your name was changed";
    member.world.mail.wait_for_mail(|mail| mail.subject == renamed).await;
    let (mut mails, sms) = usual();
    mails.insert(2, renamed.to_owned());
    assert_eq!(member.told().await, (mails, sms));
    // Another number is a change, and nothing of the form counts without a fresh verification.
    let (status, refused) = member.submit("/update_details", &form("%2B14155552672", PASSWORD)).await;
    assert_eq!((status, &refused["code"]), (StatusCode::FORBIDDEN, &json!("step_up_required")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_form_with_one_name_changed_changes_that_name_alone_on_postgres() {
    one_name_changed(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_form_with_one_name_changed_changes_that_name_alone_on_sqlite() {
    one_name_changed(Engine::Sqlite).await;
}
