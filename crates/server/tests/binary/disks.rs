//! A SQLite database on a disk that is full, and on one that takes no writes.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use reqwest::StatusCode;
use serde_json::json;

use crate::{
    client::{Client, text, texted, wrong},
    doorward::{Doorward, Engine, World},
    outages::is_unavailable,
    programs,
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";

async fn world() -> World {
    let world = World::new(Engine::Sqlite).await.with("database.url", "sqlite://data/doorward.db");
    fs::create_dir(world.folder.path().join("data")).unwrap();
    world
}

/// The command that starts a node after those of a shell, in which it alone sees what is mounted on `data`.
fn serving_after(world: &World, mounting: &str) -> Option<Command> {
    let unshare = programs::find("unshare")?;
    let apart = |shell: &str| {
        let mut command = Command::new(&unshare);
        command.current_dir(world.folder.path()).args(["--map-root-user", "--mount", "sh", "-c", shell]);
        command
    };
    let is_allowed = apart("mount -t tmpfs none data").output().unwrap().status.success();
    programs::or_untested(is_allowed.then_some(()), "this user may not mount anything, not even for itself")?;
    let mut command = apart(&format!("{mounting} && exec \"$0\" serve"));
    command.arg(world.serving().get_program());
    Some(world.within(command))
}

/// Fills the disk that the node has to itself to the last byte; gives the file that does.
fn fill(world: &World, node: &Doorward) -> PathBuf {
    let folder = world.folder.path().join("data/filler");
    let file = Path::new(&format!("/proc/{}/root", node.pid())).join(folder.strip_prefix("/").unwrap());
    let mut filler = File::create(&file).unwrap();
    for size in [4096, 1] {
        while filler.write_all(&vec![0; size]).is_ok() {}
    }
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_nothing_is_promised_and_nothing_is_lost() {
    let world = world().await;
    let Some(command) = serving_after(&world, "mount -t tmpfs -o size=8m none data") else { return };
    let node = Doorward::start(command).await;
    let client = Client::of(&node);
    let tokens = client.member(&world, EMAIL, PHONE).await;
    let flow = client.login(PHONE, None).await;
    let code = texted(&world, PHONE, 2).await;
    assert_eq!(client.enter(&flow, &wrong(&code)).await.body["attempts_left"], 4);

    let before = client.get(&format!("{}/readyz", node.ops())).await;
    let filler = fill(&world, &node);
    let full = client.get(&format!("{}/readyz", node.ops())).await;
    let refused = [
        client.enter(&flow, &code).await,
        client.enter(&flow, &wrong(&code)).await,
        client.post("/login", &json!({ "phone_number": PHONE })).await,
        client.post("/login", &json!({ "email": EMAIL })).await,
    ];
    let read = client.get_as(&text(&tokens, "access_token"), "/me").await;
    fs::remove_file(filler).unwrap();
    let after = client.get(&format!("{}/readyz", node.ops())).await;
    let counted = client.enter(&flow, &wrong(&code)).await;
    let entered = client.enter(&flow, &code).await;

    assert_eq!([before, full, after], [StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE, StatusCode::OK]);
    assert!(refused.iter().all(is_unavailable), "{refused:?}");
    assert!(node.log().contains("database or disk is full"), "{}", node.log());
    assert_eq!(read.status, StatusCode::OK, "{read:?}");
    assert_eq!(
        (&counted.body["attempts_left"], entered.status),
        (&json!(3), StatusCode::OK),
        "{counted:?} {entered:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_takes_no_writes_is_refused_by_its_path_and_its_reason() {
    let world = world().await;
    let mounting = "mount -t tmpfs none data && \"$0\" migrate && mount -o remount,ro data";
    let Some(mut command) = serving_after(&world, mounting) else { return };

    let output = command.output().unwrap();

    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    assert!(!output.status.success(), "{told}");
    assert!(told.contains("data/doorward.db cannot be opened") && told.contains("Read-only file system"), "{told}");
}
