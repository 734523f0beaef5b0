//! The operator's commands for waiting and dead messages.

mod view;

use std::io::{self, Write};

use anyhow::{Context, bail};
use clap::Subcommand;
use doorward_app::delivery::{Listing, OutboxAdmin, Scope};
use doorward_kernel::MessageId;
use doorward_notifier::{RetriedDead, RetryOutcome};
use serde_json::json;

use super::{
    operator::{open_clock, open_database},
    print, runtime,
};
use crate::{settings::Settings, wiring::outbox_admin};

/// The outbox commands.
#[derive(Clone, Debug, Subcommand)]
pub enum OutboxAction {
    /// List messages: the dead, latest first, then those that wait, first due first.
    List {
        /// Only those that are dead.
        #[arg(long)]
        dead: bool,
        /// How many at most.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
    /// Show a message; never its code, which is nowhere.
    Show {
        /// Its id.
        id: String,
    },
    /// Have a dead message tried again, or all of them.
    Retry {
        /// Its id.
        #[arg(required_unless_present = "dead")]
        id: Option<String>,
        /// Every dead message.
        #[arg(long, conflicts_with = "id")]
        dead: bool,
    },
}

/// Lists, shows and retries messages.
pub fn outbox(settings: &Settings, action: OutboxAction, as_json: bool) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        let database = open_database(settings).await?;
        let outbox_admin = outbox_admin(open_clock(&database).await?, &database.store());
        let done = run(&outbox_admin, action, as_json).await;
        database.close().await;
        done
    })
}

async fn run(outbox_admin: &OutboxAdmin, action: OutboxAction, as_json: bool) -> anyhow::Result<()> {
    match action {
        OutboxAction::List { dead, limit } => {
            let scope = if dead { Scope::Dead } else { Scope::Everything };
            list(&outbox_admin.list(scope, limit).await?, as_json)
        }
        OutboxAction::Show { id } => show(outbox_admin, parse(&id)?, as_json).await,
        OutboxAction::Retry { id: Some(id), .. } => retry(outbox_admin, parse(&id)?, as_json).await,
        OutboxAction::Retry { id: None, .. } => retry_dead(outbox_admin, as_json).await,
    }
}

fn list(listing: &Listing, as_json: bool) -> anyhow::Result<()> {
    let Listing { entries, is_more } = listing;
    if as_json {
        let messages: Vec<_> = entries.iter().map(view::json).collect();
        return print(&json!({ "messages": messages, "more": is_more }));
    }
    let mut out = io::stdout();
    for entry in entries {
        writeln!(out, "{}", view::line(entry))?;
    }
    if *is_more {
        writeln!(io::stderr(), "There are more; `--limit` shows up to 1000.")?;
    }
    Ok(())
}

async fn show(outbox_admin: &OutboxAdmin, id: MessageId, as_json: bool) -> anyhow::Result<()> {
    let Some(entry) = outbox_admin.find(id).await? else { bail!(gone(id)) };
    if as_json { print(&view::json(&entry)) } else { Ok(writeln!(io::stdout(), "{}", view::lines(&entry))?) }
}

async fn retry(outbox_admin: &OutboxAdmin, id: MessageId, as_json: bool) -> anyhow::Result<()> {
    match outbox_admin.retry(id).await? {
        RetryOutcome::Retried if as_json => print(&json!({ "id": id.to_string(), "retried": true })),
        RetryOutcome::Retried => Ok(writeln!(io::stdout(), "{id} is due again")?),
        RetryOutcome::NotDead => bail!("message {id} is not dead: it was sent, or is tried when it is due"),
        RetryOutcome::Expired => bail!(
            "message {id} has expired and cannot be retried: its code or key is worth nothing any more; whoever \
             needs a code asks for a new one"
        ),
        RetryOutcome::NotFound => bail!(gone(id)),
    }
}

async fn retry_dead(outbox_admin: &OutboxAdmin, as_json: bool) -> anyhow::Result<()> {
    let RetriedDead { retried, expired } = outbox_admin.retry_dead().await?;
    if as_json {
        return print(&json!({ "retried": retried, "expired": expired }));
    }
    let mut out = io::stdout();
    writeln!(out, "messages that are due again: {retried}")?;
    if expired > 0 {
        writeln!(out, "messages that have expired and stay dead: {expired}")?;
    }
    Ok(())
}

fn parse(id: &str) -> anyhow::Result<MessageId> {
    MessageId::parse(id).with_context(|| format!("`{id}` is no id; `doorward outbox list` shows them"))
}

fn gone(id: MessageId) -> String {
    format!("there is no message {id} in the outbox; a notice leaves it once it was sent")
}
