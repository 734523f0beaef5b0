use std::io::{self, Write};

use anyhow::bail;
use doorward_app::keys::{Begin, RotationError};
use serde_json::json;

use super::super::print;
use crate::wiring::Keys;

/// Adds an epoch.
pub(super) async fn rotate(keys: &Keys, now: bool, as_json: bool) -> anyhow::Result<()> {
    let epoch = match keys.rotation.rotate(if now { Begin::Now } else { Begin::Published }).await {
        Ok(epoch) => epoch,
        Err(RotationError::Published(next)) => {
            bail!("epoch {} is published already and is used from {} on", next.id.0, next.not_before)
        }
        Err(RotationError::Store(error)) => return Err(error.into()),
    };
    let (id, not_before) = (epoch.id, epoch.not_before);
    keys.ring.reload(keys.rotation.epochs.list().await?)?;
    let kid = keys.ring.kid(id);
    if as_json {
        return print(&json!({ "epoch": id.0, "kid": kid, "not_before": not_before.to_string() }));
    }
    Ok(writeln!(io::stdout(), "epoch {} is published and used from {not_before} on", id.0)?)
}
