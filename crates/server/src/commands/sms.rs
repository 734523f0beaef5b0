use std::io::{self, Write};

use anyhow::Context;
use clap::Subcommand;
use doorward_app::limits::SmsControl;
use doorward_limit::SmsDestination;
use serde_json::json;

use super::{
    operator::{open_clock, open_database},
    print, runtime,
};
use crate::{settings::Settings, wiring::sms_control};

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
        let control = sms_control(open_clock(&database).await?, &database.store());
        let done = run(&control, action, as_json).await;
        database.close().await;
        done
    })
}

async fn run(control: &SmsControl, action: SmsAction, as_json: bool) -> anyhow::Result<()> {
    match action {
        SmsAction::Pause => tell(control, Some(control.pause().await?), as_json).await,
        SmsAction::Resume => tell(control, Some(control.resume().await?), as_json).await,
        SmsAction::Status => tell(control, None, as_json).await,
        SmsAction::Reopen { destination } => reopen(control, &destination, as_json).await,
    }
}

async fn tell(control: &SmsControl, turned: Option<bool>, as_json: bool) -> anyhow::Result<()> {
    let since = control.paused_since().await?;
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
async fn reopen(control: &SmsControl, destination: &str, as_json: bool) -> anyhow::Result<()> {
    let named = SmsDestination::parse(destination).with_context(|| {
        format!("`{destination}` is neither a prefix of seven digits like 1415555 nor a country like US")
    })?;
    let (kind, subject) = (named.kind.as_str(), named.subject.clone());
    let was_there = control.reopen(named).await?;
    if as_json {
        return print(&json!({ kind: subject, "reopened": was_there }));
    }
    let already = if was_there { "" } else { " already" };
    Ok(writeln!(io::stdout(), "{kind} {subject} is open{already}")?)
}
