use anyhow::bail;
use doorward_app::operator::{Migration, Schema};

/// Refuses a database that is behind this release, or so far ahead that it does not work on it.
pub(super) fn check(schema: &Schema) -> anyhow::Result<()> {
    let names = |is_so: fn(&Migration) -> bool| -> Vec<&str> {
        schema.migrations.iter().filter(|step| is_so(step)).map(|step| step.name.as_str()).collect()
    };
    if schema.lacks_any() {
        let missing = names(|step| !step.is_applied).join(", ");
        bail!("the database lacks {missing}; run `doorward migrate` or set database.migrate = true");
    }
    let newest = names(|step| step.is_known).pop().unwrap_or_default();
    if let Some(floor) = schema.floor.as_deref().filter(|floor| newest < *floor) {
        bail!("a newer release has migrated the database: this one, which ends with {newest}, must know {floor}");
    }
    let newer = names(|step| !step.is_known).join(", ");
    if !newer.is_empty() {
        tracing::info!(migrations = newer, "a newer release has migrated the database, and this one still works on it");
    }
    Ok(())
}
