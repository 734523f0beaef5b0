//! The operator's use cases for accounts.

use std::{fs, process::Output};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Client, mailed, text, texted},
    doorward::{Engine, World},
};

/// Hashes that other systems made of one password: by bcrypt, Werkzeug (two), Django (two), passlib, WordPress (two)
/// and Firebase.
const HASHES: [&str; 9] = [
    "$2b$04$N2TNQ0pcdBN553gLQeYRaeOA2vPbuHV6AXoj.1PqCP4YZlF4kk2de",
    "scrypt:1024:8:1$U9blvQRY9zLsCQul$1489c9fd4de2aaa97029bdb4a171efadee4e34b55531dcc9c7e8953690e933f3644c17d48bf31b73a0fbf3179f6d3819ba3d19d63c13b13baebf1fbe9acab4ee",
    "pbkdf2:sha256:1000$uM736s9IaTgCXv5b$dc52a36de4e052718679c199e23be723fba8051c4599bf21f506e2b854fa6405",
    "pbkdf2_sha256$1000$aomlsmNzwDfoZ4thiYn6Pw$4/YDYxw3smnlATKoyTin6FW6D8k7xnRtg9GoWMdUvqA=",
    "bcrypt_sha256$$2b$04$xEk/DvVvIf2An/Htmp9zQegf4CFiOYqkyngs0GIol1yZ02a9fbXZO",
    "$bcrypt-sha256$v=2,t=2b,r=4$MNUZxGRbstX6lRO6bu52LO$ifPQ7M2eJQ81YuMcjIi6l3ExlS/ME/S",
    "$wp$2y$04$f5r8bmptcVJ2HDYp490KoOgXeXuYM.3U6arU2R8x18QvxVjiVT8xe",
    "$P$6ta0nfofcyYB0ka1zvcdu5XpoE8gfz.",
    "$fbscrypt$v=1,n=10,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$vQibveBq3PMBQy8hUpLTiiYvBoJNsSbxjCcWRxc908dxKWx/Mppc2YL+hdNJrn9JdO0/eLJRBmQ6Ttg7sOtquQ==",
];
const OLD_PASSWORD: &str = "correct horse battery staple";

fn email(n: usize) -> String {
    format!("person{n}@example.com")
}

fn phone(n: usize) -> String {
    format!("+1415555{:04}", 2600 + n)
}

fn line(n: usize) -> Value {
    json!({
        "email": email(n), "phone_number": phone(n), "first_name": "Ada", "last_name": "Lovelace",
        "password_hash": HASHES[n % HASHES.len()], "email_verified": true, "created_at": "2020-02-03T04:05:06Z",
    })
}

fn write(world: &World, lines: &[Value]) -> String {
    let path = world.folder.path().join("people.jsonl");
    fs::write(&path, lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")).unwrap();
    path.to_str().unwrap().to_owned()
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

async fn imported_people_log_in(engine: Engine) {
    let world = World::new(engine).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let file = write(&world, &(0..HASHES.len()).map(line).collect::<Vec<_>>());

    let report = world.ask(&["user", "import", &file]);

    assert_eq!(report, json!({ "dry_run": false, "imported": 9, "already_there": 0, "refused": 0 }));
    for n in 0..HASHES.len() {
        // Nobody has verified the number here, so the code by SMS is followed by the password.
        let flow = client.login(&phone(n), None).await;
        let step = client.enter(&flow, &texted(&world, &phone(n), 1).await).await;
        assert_eq!((step.status, &step.body["channel"]), (StatusCode::ACCEPTED, &json!("password")), "{n}");
        let flow = text(&step.body, "flow_token");
        let log_in = |password: &str| json!({ "email": email(n), "password": password, "flow_token": flow });
        let denied = client.post("/login", &log_in("not the password")).await;
        assert_eq!(denied.status, StatusCode::UNAUTHORIZED, "{n}");
        let tokens = client.post("/login", &log_in(OLD_PASSWORD)).await;
        assert_eq!(tokens.status, StatusCode::OK, "{n}: {tokens:?}");
        assert_eq!(tokens.body["user"]["created_at"], json!("2020-02-03T04:05:06Z"));
    }
    fs::remove_file(file).unwrap();
    let dump = world.dump();
    for hash in HASHES {
        assert!(!dump.contains(hash), "{hash} is in the database");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_other_systems_log_in_with_their_passwords_on_postgres() {
    imported_people_log_in(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_other_systems_log_in_with_their_passwords_on_sqlite() {
    imported_people_log_in(Engine::Sqlite).await;
}

/// The bcrypt hash of `pässwörd-Ω-9` with the dots as characters of their own.
const OF_COMBINING: &str = "$2b$04$1cSLIAbE5FPUluJLXjs1JOpPAvAd/5nlcNGb39PkQeqP4v.JuYdOK";

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_was_hashed_in_another_spelling_logs_in_as_it_is_typed() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let mut line = line(1);
    (line["password_hash"], line["phone_verified"]) = (json!(OF_COMBINING), json!(true));
    world.ask(&["user", "import", &write(&world, &[line])]);

    let log_in = |password: &str| json!({ "email": email(1), "password": password });
    let [composed, combining] = ["p\u{e4}sswo\u{308}rd-\u{3a9}-8", "pa\u{308}sswo\u{308}rd-\u{3a9}-8"].map(log_in);
    assert_eq!(client.post("/login", &composed).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(client.post("/login", &combining).await.status, StatusCode::UNAUTHORIZED);
    let right = client.post("/login", &log_in("pa\u{308}sswo\u{308}rd-\u{3a9}-9")).await;

    assert_eq!((right.status, &right.body["next"]), (StatusCode::ACCEPTED, &json!("otp_verification")), "{right:?}");
}

async fn people_without_a_password(engine: Engine) {
    const NEW: &str = "brass-heron-4-paper-moon";
    let world = World::new(engine).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let mut lines = [1, 2].map(line);
    (lines[0]["password_hash"], lines[0]["phone_verified"]) = (json!(null), json!(true));
    lines[1].as_object_mut().unwrap().remove("password_hash");
    world.ask(&["user", "import", &write(&world, &lines)]);

    // Whose number is verified logs in by it alone; no password is right, as for an address without account.
    let access = text(&client.again(&world, &phone(1), 1).await, "access_token");
    let mut denials = Vec::new();
    for (n, password) in [(1, "!"), (1, OLD_PASSWORD), (2, OLD_PASSWORD), (77, OLD_PASSWORD)] {
        let denied = client.post("/login", &json!({ "email": email(n), "password": password })).await;
        denials.push((denied.status, denied.body["code"].clone(), denied.body["detail"].clone()));
    }
    assert!(denials.iter().all(|denied| *denied == denials[3] && denied.0 == StatusCode::UNAUTHORIZED), "{denials:?}");
    let change = json!({ "email": "new@example.com", "password": OLD_PASSWORD });
    let denied = client.post_as(&access, "/update", &change).await;
    assert_eq!((denied.status, &denied.body["code"]), (StatusCode::FORBIDDEN, &json!("password_incorrect")));
    // The others set a password first.
    let flow = text(&client.post("/forgot_password", &json!({ "email": email(2) })).await.body, "flow_token");
    let otp = mailed(&world, &email(2)).await;
    let reset = client.post("/reset_password", &json!({ "flow_token": flow, "otp": otp, "new_password": NEW })).await;
    assert_eq!(reset.status, StatusCode::OK, "{reset:?}");
    let flow = client.login(&phone(2), None).await;
    let step = client.enter(&flow, &texted(&world, &phone(2), 1).await).await;
    let flow = text(&step.body, "flow_token");
    let tokens = client.post("/login", &json!({ "email": email(2), "password": NEW, "flow_token": flow })).await;
    assert_eq!(tokens.status, StatusCode::OK, "{tokens:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_without_a_password_log_in_by_phone_or_set_one_on_postgres() {
    people_without_a_password(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_without_a_password_log_in_by_phone_or_set_one_on_sqlite() {
    people_without_a_password(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_names_bad_lines_takes_the_others_and_may_be_started_again() {
    let world = World::new(Engine::Postgres).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    client.member(&world, &email(7), &phone(8)).await;
    let verified = |n: usize| {
        let mut line = line(n);
        line["phone_verified"] = json!(true);
        line
    };
    let mut unverified = line(2);
    unverified["email_verified"] = json!(false);
    let mut lines: Vec<_> = (1000..1600).map(line).collect();
    for line in &mut lines {
        line["phone_number"] = json!(null);
    }
    let mut same_number = verified(9);
    same_number["phone_number"] = json!(phone(1));
    lines.extend([
        verified(1),
        unverified,
        json!({ "email": "nonsense", "role": "admin" }),
        verified(1),
        line(7),
        verified(8),
        same_number,
    ]);
    let file = write(&world, &lines);

    let preview = world.operate(&["user", "import", &file, "--dry-run", "--json"]);
    let nobody = world.ask(&["user", "find", &email(1)]);
    let first = world.operate(&["user", "import", &file, "--json"]);
    let second = world.operate(&["user", "import", &file, "--json"]);

    for output in [&preview, &first, &second] {
        assert_eq!(output.status.code(), Some(1), "{}", told(output));
    }
    let report = |output: &Output| serde_json::from_slice::<Value>(&output.stdout).unwrap();
    let expected = |dry: bool, made: u32, before: u32| json!({ "dry_run": dry, "imported": made, "already_there": before, "refused": 6 });
    assert_eq!(report(&preview), expected(true, 601, 0));
    assert_eq!(nobody, json!({ "users": [] }));
    assert_eq!(report(&first), expected(false, 601, 0));
    assert_eq!(report(&second), expected(false, 0, 601));
    let told = told(&first);
    for fault in [
        "line 602: email_verified must be true",
        "line 603: email must be",
        "role is not known",
        "line 604: email is that of line 601, too; phone_number was verified on line 601, too",
        "line 605: email is that of another account",
        "line 606: phone_number is verified for another account",
        "line 607: phone_number was verified on line 601, too",
        "6 lines were refused",
    ] {
        assert!(told.contains(fault), "{fault} is missing in {told}");
    }
    assert!(!told.contains("$2b$") && !told.contains("scrypt:"), "{told}");
    let user = world.ask(&["user", "show", &email(1)]);
    assert_eq!((&user["phone_verified"], &user["status"]), (&json!(true), &json!("active")));
    let plain = world.operate(&["user", "import", &file]);
    let sums =
        [&plain.stdout, &plain.stderr].map(|out| String::from_utf8_lossy(out).matches("already there: 601").count());
    assert_eq!(sums, [1, 0]);
    // A number that was verified there logs in at once.
    let flow = client.login(&phone(1), None).await;
    assert_eq!(client.enter(&flow, &texted(&world, &phone(1), 1).await).await.status, StatusCode::OK);
}

async fn closed_opened_and_deleted(engine: Engine) {
    let world = World::new(engine).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let tokens = client.member(&world, &email(1), &phone(1)).await;
    let access = text(&tokens, "access_token");
    let id = text(&tokens["user"], "id");
    let is_signed_in = async |access: &str| client.get_as(access, "/me").await.status == StatusCode::OK;
    let log_in = async |n| {
        let flow = client.login(&phone(1), None).await;
        text(&client.enter(&flow, &texted(&world, &phone(1), n).await).await.body, "access_token")
    };

    for name in [&id, &email(1), &phone(1)] {
        assert_eq!(world.ask(&["user", "show", name])["id"], json!(id), "{name}");
        assert_eq!(world.ask(&["user", "find", name])["users"][0]["email"], json!(email(1)), "{name}");
    }
    assert_eq!(world.ask(&["user", "sign-out", &email(1)]), json!({ "id": id, "sessions_ended": 1 }));
    assert!(!is_signed_in(&access).await);
    let access = log_in(2).await;
    assert!(is_signed_in(&access).await);

    let disabled = world.ask(&["user", "disable", &phone(1)]);
    assert_eq!(disabled, json!({ "id": id, "status": "disabled", "changed": true }));
    assert_eq!(world.ask(&["user", "disable", &id])["changed"], json!(false));
    assert!(!is_signed_in(&access).await);
    world.ask(&["user", "enable", &id]);
    assert!(!is_signed_in(&access).await, "signed out for good");
    let access = log_in(3).await;

    assert_eq!(world.ask(&["user", "delete", &id]), json!({ "id": id, "deleted": true }));
    assert!(!is_signed_in(&access).await);
    assert!(world.dump().contains("user.deleted"));
    let gone = world.operate(&["user", "show", &id]);
    assert_eq!(gone.status.code(), Some(1));
    assert!(told(&gone).contains("there is no such account"));
    assert!(told(&world.operate(&["user", "show", "nonsense"])).contains("names no account"));
    // The address is free again.
    let before = mailed(&world, &email(1)).await;
    let flow = client.register(&email(1), &phone(1)).await;
    let is_new = |mail: &doorward_testkit::smtp_sink::Mail| mail.code().is_some_and(|code| code != before);
    let code = world.mail.wait_for_mail(is_new).await.code().unwrap();
    assert_eq!(client.verify_email(&flow, &code).await.status, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_found_closed_opened_and_deleted_on_postgres() {
    closed_opened_and_deleted(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_found_closed_opened_and_deleted_on_sqlite() {
    closed_opened_and_deleted(Engine::Sqlite).await;
}
