//! The operator's use cases for accounts.

mod account;
mod import;
mod view;

use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;
use doorward_app::operator::UserQuery;

pub use self::account::AccountAction;
use super::{
    operator::{open_clock, open_database},
    print, runtime,
};
use crate::{settings::Settings, wiring::operator};

/// The commands for accounts.
#[derive(Clone, Debug, Subcommand)]
pub enum UserAction {
    /// About one account.
    #[command(flatten)]
    Account(AccountAction),
    /// Take accounts over from another system, with their password hashes.
    Import {
        /// A file of JSON, an account a line.
        file: PathBuf,
        /// Tell what would be done, and do nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

/// Finds, shows, closes, opens, signs out, deletes and imports accounts.
pub fn user(settings: &Settings, action: UserAction, as_json: bool) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        let database = open_database(settings).await?;
        let done = match action {
            UserAction::Account(action) => {
                let query = query(settings, action.user())?;
                let accounts = operator(open_clock(&database).await?, &database.store());
                account::run(&accounts, &action, &query, as_json).await
            }
            UserAction::Import { file, dry_run: true } => import::preview(settings, &database, &file, as_json).await,
            UserAction::Import { file, dry_run: false } => import::import(settings, &database, &file, as_json).await,
        };
        database.close().await;
        done
    })
}

fn query(settings: &Settings, text: &str) -> anyhow::Result<UserQuery> {
    UserQuery::parse(text, settings.phone.default_region).with_context(|| format!("`{text}` names no account"))
}
