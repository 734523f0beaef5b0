use std::io::{self, Write};

use crate::settings::Settings;

/// Prints the effective settings, with secrets redacted.
pub fn check_config(settings: &Settings) -> anyhow::Result<()> {
    Ok(io::stdout().write_all(settings.to_toml().as_bytes())?)
}
