use anyhow::bail;

/// The schema of a database beside what this release knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schema {
    /// Every migration, oldest first.
    pub(crate) migrations: Vec<Migration>,
    /// The version of the oldest migration that a release must know to work on it.
    pub(crate) floor: Option<String>,
}

/// A step of the schema's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Migration {
    /// Its name; of one that a newer release has applied the version alone.
    pub(crate) name: String,
    /// Whether the database has it.
    pub(crate) is_applied: bool,
    /// Whether this release has it.
    pub(crate) is_known: bool,
}

impl Schema {
    /// Returns whether this release has a migration that the database lacks.
    pub(crate) fn lacks_any(&self) -> bool {
        self.migrations.iter().any(|step| !step.is_applied)
    }

    /// Refuses a database that is behind this release, or so far ahead that it does not work on it.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        if self.lacks_any() {
            let missing = self.names(|step| !step.is_applied).join(", ");
            bail!("the database lacks {missing}; run `doorward migrate` or set database.migrate = true");
        }
        let newest = self.names(|step| step.is_known).pop().unwrap_or_default();
        if let Some(floor) = self.floor.as_deref().filter(|floor| newest < *floor) {
            bail!("a newer release has migrated the database: this one, which ends with {newest}, must know {floor}");
        }
        let newer = self.names(|step| !step.is_known).join(", ");
        if !newer.is_empty() {
            tracing::info!(
                migrations = newer,
                "a newer release has migrated the database, and this one still works on it"
            );
        }
        Ok(())
    }

    fn names(&self, is_so: fn(&Migration) -> bool) -> Vec<&str> {
        self.migrations.iter().filter(|step| is_so(step)).map(|step| step.name.as_str()).collect()
    }
}
