use std::io::{self, Write};

use anyhow::Context;
use clap::Subcommand;
use doorward_app::operator::Operator;
use doorward_limit::SmsDestination;
use serde_json::json;

use super::{
    operator::{open_clock, open_database},
    print, runtime,
};
use crate::{settings::Settings, wiring};

/// The subcommands of `doorward sms`.
#[derive(Clone, Debug, Subcommand)]
pub enum SmsAction {
    /// Send no SMS until it is resumed, on every node from the next call on.
    Pause,
    /// Send SMS again.
    Resume,
    /// Tell whether SMS is paused, and since when.
    Status,
    /// Open what a conversion breaker has closed: a prefix of seven digits or a country, as in 1415555 or US.
    Reopen {
        /// The prefix or country.
        destination: String,
    },
}

/// Turns or tells the switch that stops all SMS, and opens prefixes and countries.
pub fn sms(settings: &Settings, action: SmsAction, as_json: bool) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        let database = open_database(settings).await?;
        let operator = wiring::operator(open_clock(&database).await?, &database.store());
        let done = run(&operator, action, as_json).await;
        database.close().await;
        done
    })
}

async fn run(operator: &Operator, action: SmsAction, as_json: bool) -> anyhow::Result<()> {
    match action {
        SmsAction::Pause => tell(operator, Some(operator.pause_sms().await?), as_json).await,
        SmsAction::Resume => tell(operator, Some(operator.resume_sms().await?), as_json).await,
        SmsAction::Status => tell(operator, None, as_json).await,
        SmsAction::Reopen { destination } => reopen(operator, &destination, as_json).await,
    }
}

async fn tell(operator: &Operator, turned: Option<bool>, as_json: bool) -> anyhow::Result<()> {
    let since = operator.sms_paused_since().await?;
    if as_json {
        let since = since.map(|since| since.to_string());
        return print(&match turned {
            None => json!({ "paused_since": since }),
            Some(outcome) => json!({ "paused_since": since, "changed": outcome }),
        });
    }
    let already = if turned == Some(false) { " already" } else { "" };
    let mut out = io::stdout();
    match since {
        Some(since) => writeln!(out, "SMS is paused{already}, since {since}")?,
        None => writeln!(out, "SMS is on{already}")?,
    }
    Ok(())
}

/// A destination that is reopened forgets its past, as one that was never sent to.
async fn reopen(operator: &Operator, destination: &str, as_json: bool) -> anyhow::Result<()> {
    let named = SmsDestination::parse(destination).with_context(|| {
        format!("`{destination}` is neither a prefix of seven digits like 1415555 nor a country like US")
    })?;
    let (kind, subject) = (named.kind(), named.subject().to_owned());
    let was_there = operator.reopen(named).await?;
    if as_json {
        return print(&json!({ kind: subject, "reopened": was_there }));
    }
    let already = if was_there { "" } else { " already" };
    Ok(writeln!(io::stdout(), "{kind} {subject} is open{already}")?)
}
