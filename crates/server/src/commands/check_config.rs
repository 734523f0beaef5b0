use std::io::{self, Write};

use crate::settings::Settings;

/// Prints the effective settings, with secrets redacted, and on standard error what they weaken.
pub fn check_config(settings: &Settings) -> anyhow::Result<()> {
    for (setting, warning) in settings.warnings() {
        writeln!(io::stderr(), "warning: {setting} {warning}")?;
    }
    Ok(io::stdout().write_all(settings.to_toml().as_bytes())?)
}
