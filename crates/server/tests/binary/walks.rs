//! The commands of the README and of the documents are run as they stand there, on another port.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use doorward_testkit::postgres::TestDatabase;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Client, text},
    doorward::{Doorward, Engine, ROOT, World},
    programs,
};

const README: &str = include_str!("../../../../README.md");
const QUICK_START: &str = include_str!("../../../../docs/quick-start.md");
const PRODUCTION: &str = include_str!("../../../../docs/production.md");
const BACKUPS: &str = include_str!("../../../../docs/backups.md");
const MOVING: &str = include_str!("../../../../docs/moving.md");
const COMPOSE: &str = include_str!("../../../../docker-compose.yml");
const KUBERNETES: &str = include_str!("../../../../deploy/kubernetes/settings.yaml");
const PROGRAM: &str = env!("CARGO_BIN_EXE_doorward");

/// The block of code that follows a mark in a page.
fn block(page: &'static str, mark: &str) -> &'static str {
    let (_, rest) = page.split_once(&format!("<!-- walk: {mark} -->\n```")).unwrap();
    let (_, rest) = rest.split_once('\n').unwrap();
    rest.split_once("```").unwrap().0
}

fn run(script: &str, folder: &Path, variables: &[(&str, &str)]) -> Output {
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", script]).current_dir(folder).envs(variables.iter().copied());
    bash.output().unwrap()
}

/// What the commands print, which have to succeed.
fn told(script: &str, folder: &Path, variables: &[(&str, &str)]) -> String {
    let output = run(script, folder, variables);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a walk of curl against a service of its own.
async fn walk(page: &'static str, mark: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let doorward = Doorward::dev(folder.path()).await;
    told(&block(page, mark).replace("http://localhost:8080", doorward.url()), folder.path(), &[])
}

#[tokio::test]
async fn the_shortest_walk_ends_in_a_profile_with_a_verified_number() {
    let text = walk(README, "shortest").await;

    let (_, profile) = text.rsplit_once(r#"{"user":"#).unwrap();
    assert!(profile.contains(r#""email":"mary@example.com""#), "{profile}");
    assert!(profile.contains(r#""phone_verified":true"#), "{profile}");
}

#[tokio::test]
async fn the_six_calls_lead_from_nothing_to_a_logged_in_profile() {
    let text = walk(QUICK_START, "tokens").await;

    assert!(text.contains(r#""first_name":"Augusta""#), "{text}");
    assert!(text.contains(r#""phone_verified":true"#), "{text}");
}

#[tokio::test]
async fn the_same_with_a_cookie_jar_and_forms() {
    let text = walk(QUICK_START, "cookies").await;

    assert!(text.contains(r#""email":"grace@example.com""#), "{text}");
    assert!(text.contains(r#""refresh_token":null"#), "{text}");
}

/// The settings are judged, with their secrets in a folder of the test.
fn are_enough(settings: &str, secrets_at: &str, public_url: &str) {
    let folder = tempfile::tempdir().unwrap();
    let secrets = [
        ("database_url", "postgres://doorward:hunter2@db.example.com/doorward?sslmode=verify-full"),
        ("root_secret", ROOT),
        ("smtp_url", "smtps://doorward:hunter2@mail.example.com"),
        ("twilio_token", "twilio-auth-token-of-the-test"),
        ("twilio_auth_token", "twilio-auth-token-of-the-test"),
    ];
    for (name, secret) in secrets {
        let path = folder.path().join(name);
        fs::write(&path, secret).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let settings = settings.replace(secrets_at, folder.path().to_str().unwrap());
    fs::write(folder.path().join("doorward.toml"), settings).unwrap();

    let text = told(&format!("{PROGRAM} check-config"), folder.path(), &[]);

    assert!(text.contains(&format!("public_url = \"{public_url}")), "{text}");
}

#[test]
fn the_settings_for_production_are_enough() {
    are_enough(block(PRODUCTION, "production"), "/etc/doorward", "https://auth.example.com");
}

#[test]
fn the_settings_of_the_manifests_for_kubernetes_are_enough() {
    let (_, settings) = KUBERNETES.split_once("doorward.toml: |\n").unwrap();

    are_enough(&settings.replace("\n    ", "\n"), "/run/secrets/doorward", "https://auth.example.com");
}

#[test]
fn the_settings_of_compose_are_enough() {
    let environment = COMPOSE.lines().filter_map(|line| line.strip_prefix("      DOORWARD__")?.split_once(": "));
    let settings = environment.map(|(name, value)| {
        let value = match value.strip_prefix("${").map_or(value, |variable| variable.split(':').next().unwrap()) {
            "TWILIO_ACCOUNT_SID" => "AC00000000000000000000000000000000",
            "TWILIO_FROM" => "+14155550000",
            "SMS_ALLOWED_COUNTRIES" => "[\"US\"]",
            value => value.trim_matches('"'),
        };
        let (section, key) = name.split_once("__").unwrap();
        let value = if value.starts_with('[') || value == "true" { value.to_owned() } else { format!("{value:?}") };
        format!("{}.{} = {value}\n", section.to_lowercase(), key.to_lowercase())
    });

    are_enough(&settings.collect::<String>(), "/run/secrets", "http://localhost:8080");
}

/// Runs a recipe of the page; every line that it makes is taken.
fn imports(recipe: &str, folder: &Path, variables: &[(&str, &str)], people: usize) {
    told(recipe, folder, variables);
    let settings = [("DOORWARD__DATABASE__URL", "sqlite://doorward.db"), ("DOORWARD__KEYS__ROOT_SECRET", ROOT)];

    told(&format!("{PROGRAM} migrate"), folder, &settings);
    let import = format!("{PROGRAM} user import --dry-run --json people.jsonl");
    let report: Value = serde_json::from_str(&told(&import, folder, &settings)).unwrap();

    assert_eq!(report, json!({ "dry_run": true, "imported": people, "already_there": 0, "refused": 0 }));
}

#[test]
fn people_come_from_firebase() {
    let Some(_) = programs::find("jq") else { return };
    let folder = tempfile::tempdir().unwrap();
    let export = json!({ "users": [
        { "localId": "1", "email": "ada@example.com", "emailVerified": true, "displayName": "Ada King Lovelace",
          "passwordHash": "vQibveBq3PMBQy8hUpLTiiYvBoJNsSbxjCcWRxc908dxKWx/Mppc2YL+hdNJrn9JdO0/eLJRBmQ6Ttg7sOtquQ==",
          "salt": "42xEC+ixf3L2lw==", "createdAt": "1486324524000", "phoneNumber": "+14155552671" },
        { "localId": "2", "email": "grace@example.com", "emailVerified": true, "displayName": "Grace",
          "createdAt": "1486324524000" },
    ] });
    fs::write(folder.path().join("users.json"), export.to_string()).unwrap();
    // The page leaves out the secret of the project.
    let key = "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==";

    imports(&block(MOVING, "firebase").replace("sk=…", &format!("sk={key}")), folder.path(), &[], 2);
}

#[test]
fn people_come_from_auth0() {
    let Some(_) = programs::find("jq") else { return };
    let folder = tempfile::tempdir().unwrap();
    let users = [
        json!({ "user_id": "auth0|1", "email": "ada@example.com", "email_verified": true, "given_name": "Ada",
          "family_name": "Lovelace", "created_at": "2020-02-03T04:05:06.789Z" }),
        json!({ "user_id": "auth0|2", "email": "grace@example.com", "email_verified": true, "name": "Grace Hopper",
          "created_at": "2020-02-03T04:05:06.789Z", "phone_number": "+14155552671", "phone_verified": true }),
        json!({ "user_id": "auth0|3", "email": "nobody@example.com", "email_verified": false, "name": "nobody" }),
    ];
    let hash = json!({ "_id": { "$oid": "1" }, "email": "ada@example.com", "email_verified": true,
        "passwordHash": "$2b$04$N2TNQ0pcdBN553gLQeYRaeOA2vPbuHV6AXoj.1PqCP4YZlF4kk2de" });
    fs::write(folder.path().join("users.json"), users.map(|user| user.to_string()).join("\n")).unwrap();
    fs::write(folder.path().join("hashes.json"), hash.to_string()).unwrap();

    imports(block(MOVING, "auth0"), folder.path(), &[], 2);
}

#[test]
fn people_come_from_django() {
    let Some(_) = programs::find("psql") else { return };
    let (folder, django) = (tempfile::tempdir().unwrap(), TestDatabase::create(None));
    django.execute(
        "CREATE TABLE auth_user (id int, username text, first_name text, last_name text, email text, password text,
             is_active bool, date_joined timestamptz);
         CREATE TABLE account_emailaddress (user_id int, email text, verified bool);
         INSERT INTO auth_user VALUES
             (1, 'ada', '', '', 'ada@example.com',
              'pbkdf2_sha256$1000$aomlsmNzwDfoZ4thiYn6Pw$4/YDYxw3smnlATKoyTin6FW6D8k7xnRtg9GoWMdUvqA=', true, now()),
             (2, 'grace', 'Grace', 'Hopper', 'grace@example.com', '!unusable', true, '2020-02-03T04:05:06Z'),
             (3, 'nobody', '', '', 'nobody@example.com', '!', true, now());
         INSERT INTO account_emailaddress VALUES
             (1, 'ada@example.com', true), (2, 'grace@example.com', true), (3, 'nobody@example.com', false)",
    );

    imports(block(MOVING, "django"), folder.path(), &[("DJANGO_URL", django.url())], 2);
}

#[test]
fn people_come_from_laravel() {
    let Some(_) = programs::find("psql") else { return };
    let (folder, laravel) = (tempfile::tempdir().unwrap(), TestDatabase::create(None));
    laravel.execute(
        "CREATE TABLE users (id int, name text, email text, email_verified_at timestamp, password text,
             created_at timestamp);
         INSERT INTO users VALUES
             (1, 'Ada King Lovelace', 'ada@example.com', now(),
              '$2y$04$N2TNQ0pcdBN553gLQeYRaeOA2vPbuHV6AXoj.1PqCP4YZlF4kk2de', '2020-02-03 04:05:06'),
             (2, 'Grace', 'grace@example.com', now(), NULL, now()),
             (3, 'Nobody', 'nobody@example.com', NULL, NULL, now())",
    );

    imports(block(MOVING, "laravel"), folder.path(), &[("LARAVEL_URL", laravel.url())], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_postgres_comes_back_without_its_sessions() {
    let (Some(_), Some(_)) = (programs::find("pg_dump"), programs::find("psql")) else { return };
    let (world, restored) = (World::new(Engine::Postgres).await, TestDatabase::create(None));
    let node = world.serve().await;
    let tokens = Client::of(&node).member(&world, "ada@example.com", "+14155552671").await;
    let folder = tempfile::tempdir().unwrap();

    told(block(BACKUPS, "backup postgres"), folder.path(), &[("DATABASE_URL", world.postgres().url())]);
    told(block(BACKUPS, "restore postgres"), folder.path(), &[("RESTORED_URL", restored.url())]);

    let world = world.with("database.url", restored.url()).with("database.migrate", "false");
    let node = world.serve().await;
    let bearer = text(&tokens, "access_token");
    assert_eq!(Client::of(&node).get_as(&bearer, "/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.ask(&["user", "show", "ada@example.com"])["phone_number"], json!("+14155552671"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_sqlite_comes_back_without_its_sessions() {
    let Some(_) = programs::find("sqlite3") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut doorward = Doorward::dev(folder.path()).await;
    let walk = |page, mark, doorward: &Doorward| {
        told(&block(page, mark).replace("http://localhost:8080", doorward.url()), folder.path(), &[])
    };
    walk(QUICK_START, "tokens", &doorward);

    told(block(BACKUPS, "backup sqlite"), folder.path(), &[]);
    walk(QUICK_START, "cookies", &doorward);
    doorward.terminate();
    told(block(BACKUPS, "restore sqlite"), folder.path(), &[]);

    let found = |email: &str| run(&format!("{PROGRAM} user show {email}"), folder.path(), &[]).status.success();
    assert!(found("ada@example.com") && !found("grace@example.com"));
    let open = "sqlite3 doorward-data/doorward.db 'SELECT count(*) FROM sessions WHERE ended_at IS NULL'";
    assert_eq!(told(open, folder.path(), &[]), "0\n");
}
