//! The operator's commands for key epochs.

mod retire;
mod rotate;
mod status;

use clap::Subcommand;

use super::{
    operator::{open_database, open_existing_keys},
    runtime,
};
use crate::settings::Settings;

/// The commands for key epochs.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum KeysAction {
    /// List the epochs and what depends on them.
    Status,
    /// Publish a new epoch, which is used after keys.publish_ahead.
    Rotate {
        /// Use it at once.
        #[arg(long)]
        now: bool,
    },
    /// Accept nothing any more that was made under an epoch.
    Retire {
        /// The number of the epoch.
        epoch: i32,
        /// Retire it even while it is in use, when its keys may be known to others.
        #[arg(long)]
        emergency: bool,
        /// Do it, and do not only tell what it would end.
        #[arg(long)]
        yes: bool,
    },
}

/// Lists, adds and retires key epochs.
pub fn keys(settings: &Settings, action: KeysAction, as_json: bool) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        let database = open_database(settings).await?;
        let keys = open_existing_keys(settings, &database).await?;
        let done = match action {
            KeysAction::Status => status::status(&keys, as_json).await,
            KeysAction::Rotate { now } => rotate::rotate(&keys, now, as_json).await,
            KeysAction::Retire { epoch, emergency, yes } => {
                retire::Retire { epoch, is_emergency: emergency, is_confirmed: yes, as_json }.run(&keys).await
            }
        };
        database.close().await;
        done
    })
}
