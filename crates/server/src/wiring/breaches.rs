use std::sync::Arc;

use doorward_app::breaches::Breaches;
use doorward_breaches_hibp::{HibpPasswords, HibpSettings};
use doorward_kernel::Clock;

use crate::settings::Settings;

/// Builds the look-up of breached passwords, where the operator has named one.
pub(super) fn breaches(settings: &Settings, clock: Arc<dyn Clock>) -> anyhow::Result<Breaches> {
    let password = &settings.password;
    let Some(url) = password.breach_url.clone() else { return Ok(Breaches::off()) };
    let known = HibpPasswords::new(HibpSettings { url, timeout: password.breach_timeout })?;
    Ok(Breaches::of(Arc::new(known), clock))
}
