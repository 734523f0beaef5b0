use std::{
    io::{self, Write},
    sync::Arc,
};

use doorward_app::{
    Moment,
    limits::{SmsSwitch, SwitchOutcome},
};
use doorward_crypto::{OsRandom, SystemClock};
use doorward_limit::{Tripwires, Wire, WireKind};

use super::runtime;
use crate::{settings::Settings, wiring::Database};

/// What an operator wants of SMS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SmsAction {
    /// Stop all SMS, on every node.
    Pause,
    /// Let SMS go on.
    Resume,
    /// Tell whether SMS is paused.
    Status,
    /// Open the prefix or country that a tripwire has closed.
    Reopen(String),
}

/// Turns or tells the switch that stops all SMS; it counts from the next call on.
pub fn sms(settings: &Settings, action: SmsAction) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        let database = Database::open(&settings.database)?;
        let ports = database.ports();
        let told = match action {
            SmsAction::Reopen(name) => reopen(&*ports.tripwires(), name).await,
            SmsAction::Pause | SmsAction::Resume | SmsAction::Status => tell(&*ports.sms_switch(), &action).await,
        };
        database.close().await;
        Ok(writeln!(io::stdout(), "{}", told?)?)
    })
}

/// A wire that is reopened forgets its past, as one that was never sent to.
async fn reopen(tripwires: &dyn Tripwires, subject: String) -> anyhow::Result<String> {
    let is_prefix = subject.bytes().all(|byte| byte.is_ascii_digit());
    let kind = if is_prefix { WireKind::Prefix } else { WireKind::Country };
    let told = format!("{} {subject} is open", kind.as_str());
    let was_there = tripwires.reopen(Wire { kind, subject }).await?;
    Ok(if was_there { told } else { format!("{told} already") })
}

async fn tell(switch: &dyn SmsSwitch, action: &SmsAction) -> anyhow::Result<String> {
    let moment = Moment { clock: Arc::new(SystemClock::default()), random: Arc::new(OsRandom) };
    let outcome = match action {
        SmsAction::Pause => switch.pause(moment.clock.now(), moment.sms_stopped()).await?,
        SmsAction::Resume => switch.resume(moment.sms_resumed()).await?,
        SmsAction::Status | SmsAction::Reopen(_) => SwitchOutcome::Unchanged,
    };
    let already = if *action != SmsAction::Status && outcome == SwitchOutcome::Unchanged { " already" } else { "" };
    Ok(match switch.paused_since().await? {
        Some(since) => format!("SMS is paused{already}, since {since}"),
        None => format!("SMS is on{already}"),
    })
}
