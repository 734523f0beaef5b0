use std::io::{self, Write};

use doorward_app::keys::EpochReport;
use serde_json::json;

use super::super::print;
use crate::wiring::Keys;

/// Lists the epochs and how many passwords and seeds are sealed under each.
pub(super) async fn status(keys: &Keys, as_json: bool) -> anyhow::Result<()> {
    let reports = keys.maintenance.report().await?;
    if as_json {
        let epochs: Vec<_> = reports.iter().map(|report| as_value(keys, report)).collect();
        return print(&json!({ "epochs": epochs }));
    }
    let mut out = io::stdout();
    for report in &reports {
        let EpochReport { epoch, state, sealed, seeds } = report;
        let kid = keys.ring.kid(epoch.id).unwrap_or_default();
        let (id, state, passwords) = (epoch.id.0, state.as_str(), sealed.accounts);
        write!(out, "{id}  {state:<7}  {kid}  from {}", epoch.not_before)?;
        if let Some(retired_at) = epoch.retired_at {
            write!(out, "  retired {retired_at}")?;
        }
        writeln!(out, "  passwords {passwords}  seeds {seeds}")?;
    }
    Ok(())
}

fn as_value(keys: &Keys, report: &EpochReport) -> serde_json::Value {
    let EpochReport { epoch, state, sealed, seeds } = report;
    json!({
        "epoch": epoch.id.0,
        "state": state.as_str(),
        "kid": keys.ring.kid(epoch.id),
        "not_before": epoch.not_before.to_string(),
        "retired_at": epoch.retired_at.map(|at| at.to_string()),
        "passwords": sealed.accounts,
        "registrations": sealed.registrations,
        "seeds": seeds,
    })
}
