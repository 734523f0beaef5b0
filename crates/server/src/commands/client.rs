use std::io::{self, Write};

use anyhow::{Context, bail};
use clap::Subcommand;
use doorward_app::clients::{ChangeOutcome, ClientName, Clients};
use doorward_kernel::ClientId;
use serde_json::json;

use super::{
    operator::{open_clock, open_database},
    print, runtime,
};
use crate::{settings::Settings, wiring::clients};

/// The commands for resource servers.
#[derive(Clone, Debug, Subcommand)]
pub enum ClientAction {
    /// Register a resource server; its secret is shown this once.
    Add {
        /// Its name: letters, digits, dots, dashes and underscores.
        name: String,
    },
    /// List the resource servers.
    List,
    /// Give a resource server a new secret; the old one ends at once.
    Rotate {
        /// Its id.
        id: String,
    },
    /// Remove a resource server.
    Remove {
        /// Its id.
        id: String,
    },
}

/// Registers, lists and removes resource servers, and gives them new secrets.
pub fn client(settings: &Settings, action: ClientAction, as_json: bool) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        let database = open_database(settings).await?;
        let clients = clients(open_clock(&database).await?, &database.store());
        let done = run(&clients, action, as_json).await;
        database.close().await;
        done
    })
}

async fn run(clients: &Clients, action: ClientAction, as_json: bool) -> anyhow::Result<()> {
    match action {
        ClientAction::Add { name } => add(clients, &name, as_json).await,
        ClientAction::List => list(clients, as_json).await,
        ClientAction::Rotate { id } => rotate(clients, parse(&id)?, as_json).await,
        ClientAction::Remove { id } => remove(clients, parse(&id)?, as_json).await,
    }
}

async fn add(clients: &Clients, name: &str, as_json: bool) -> anyhow::Result<()> {
    let name = ClientName::parse(name).context("the name")?;
    let Some(registered) = clients.add(name.clone()).await? else { bail!("there is a client {name} already") };
    let (id, secret) = (registered.server.id, registered.secret.reveal());
    if as_json {
        return print(&json!({ "id": id.to_string(), "name": name.as_str(), "secret": secret }));
    }
    Ok(writeln!(io::stdout(), "id      {id}\nsecret  {secret}\nThe secret is shown this once.")?)
}

async fn list(clients: &Clients, as_json: bool) -> anyhow::Result<()> {
    let servers = clients.list().await?;
    if as_json {
        let servers: Vec<_> = servers
            .iter()
            .map(|server| {
                json!({
                    "id": server.id.to_string(),
                    "name": server.name.as_str(),
                    "created_at": server.created_at.to_string(),
                    "rotated_at": server.rotated_at.to_string(),
                })
            })
            .collect();
        return print(&json!({ "clients": servers }));
    }
    let mut out = io::stdout();
    for server in servers {
        writeln!(out, "{}  {}  {}", server.id, server.created_at, server.name)?;
    }
    Ok(())
}

async fn rotate(clients: &Clients, id: ClientId, as_json: bool) -> anyhow::Result<()> {
    let Some(secret) = clients.rotate(id).await? else { bail!("there is no client {id}") };
    if as_json {
        return print(&json!({ "id": id.to_string(), "secret": secret.reveal() }));
    }
    Ok(writeln!(
        io::stdout(),
        "secret  {}\nThe secret is shown this once; the old one is worth nothing.",
        secret.reveal()
    )?)
}

async fn remove(clients: &Clients, id: ClientId, as_json: bool) -> anyhow::Result<()> {
    match clients.remove(id).await? {
        ChangeOutcome::NotFound => bail!("there is no client {id}"),
        ChangeOutcome::Changed if as_json => print(&json!({ "id": id.to_string(), "removed": true })),
        ChangeOutcome::Changed => Ok(writeln!(io::stdout(), "removed {id}")?),
    }
}

fn parse(id: &str) -> anyhow::Result<ClientId> {
    ClientId::parse(id).with_context(|| format!("`{id}` is no id; `doorward client list` shows them"))
}
