use std::{fs, io::Write, net::SocketAddr, path::Path, sync::Arc};

use anyhow::Context;
use doorward_crypto::{OsRandom, RootSecret, SystemClock};
use serde_json::json;

use super::runtime;
use crate::{
    run::{Listeners, Service},
    settings::{self, DatabaseUrl, Settings},
    wiring::{Database, captured, open_keys},
};

/// The file in which dev keeps the root secret that it makes.
const ROOT_SECRET: &str = "root_secret";

/// Runs the whole service on this machine with nothing to configure.
///
/// Mail and SMS go to the inbox; database and keys live in the folder of the database.
pub fn dev(settings: Settings, ready_json: bool) -> anyhow::Result<()> {
    let listeners = Listeners::bind(&settings.http)?;
    let settings = settings.on_port(listeners.public.local_addr()?.port());
    let base = base_url(&settings);
    if ready_json {
        tell_ready(&base, listeners.ops.local_addr()?)?;
    }
    let folder = folder(&settings.database);
    make_private(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    runtime()?.block_on(async {
        let database = Database::open(&settings.database)?;
        database.prepare(settings.database.migrate).await?;
        let root = root_secret(&settings, &folder)?;
        let keys = open_keys(Arc::new(SystemClock::default()), root, &settings, &database.store()).await?;
        let (providers, inbox) = captured(&settings, &folder)?;
        if !ready_json {
            welcome(&base)?;
        }
        Service { settings, database, keys, providers, inbox: Some(inbox) }.run(listeners).await
    })
}

/// The folder in which dev keeps what it makes: beside the database.
pub(super) fn folder(database: &settings::Database) -> std::path::PathBuf {
    match &database.url {
        DatabaseUrl::Sqlite(path) => path.parent().filter(|folder| !folder.as_os_str().is_empty()),
        DatabaseUrl::Postgres(_) => None,
    }
    .unwrap_or(Path::new("doorward-data"))
    .to_owned()
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The settings' root secret, or one that is made once and kept beside the database.
fn root_secret(settings: &Settings, folder: &Path) -> anyhow::Result<RootSecret> {
    if let Some(secret) = &settings.keys.root_secret {
        return Ok(secret.clone());
    }
    let path = folder.join(ROOT_SECRET);
    if !path.exists() {
        write_private(&path, RootSecret::generate(&OsRandom).to_text().reveal())?;
    }
    kept_secret(folder)
}

/// The root secret that dev has made.
pub(super) fn kept_secret(folder: &Path) -> anyhow::Result<RootSecret> {
    let path = folder.join(ROOT_SECRET);
    let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    RootSecret::parse(&text).with_context(|| format!("{} is damaged", path.display()))
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

fn base_url(settings: &Settings) -> String {
    let url = settings.http.public_url.as_str().trim_end_matches('/');
    format!("{url}{}", settings.http.base_path)
}

/// Tells the addresses to the program that started it, in the first line; calls wait there until they are answered.
fn tell_ready(base: &str, ops: SocketAddr) -> std::io::Result<()> {
    let ready = json!({ "url": base, "inbox": format!("{base}/dev/inbox"), "ops": format!("http://{ops}") });
    let mut out = std::io::stdout();
    writeln!(out, "{ready}")?;
    out.flush()
}

fn welcome(base: &str) -> std::io::Result<()> {
    let person = r#"{"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com", "phone_number": "+14155552671", "password": "teal-otter-9-quarry-lamp"}"#;
    writeln!(
        std::io::stdout(),
        "Doorward runs on {base}\n\
         Inbox:  {base}/dev/inbox (mail and SMS are captured, nothing is sent)\n\
         Calls:  {base}/docs (to read and to try)\n\
         Try it: curl {base}/register --json '{person}'\n\
         Stop with Ctrl-C."
    )
}
