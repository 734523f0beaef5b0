use std::collections::BTreeSet;

/// The schema of a database beside what this release knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Every migration, oldest first.
    pub migrations: Vec<Migration>,
    /// The version of the oldest migration that a release must know to work on it; `None` before it is migrated.
    pub floor: Option<String>,
}

/// A step of the schema's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its name, as in `20261130000002_create_users`; of one that a newer release has applied the version alone.
    pub name: String,
    /// Whether the database has it.
    pub is_applied: bool,
    /// Whether this release has it.
    pub is_known: bool,
}

impl Schema {
    /// Compares the names that this release knows with the versions that the database has.
    ///
    /// The version is what a name begins with, up to its first underscore.
    pub fn new(known: Vec<String>, applied: &BTreeSet<String>, floor: Option<String>) -> Self {
        let versions: BTreeSet<_> = known.iter().map(|name| version(name).to_owned()).collect();
        let newer = applied.difference(&versions).cloned();
        let newer = newer.map(|name| Migration { name, is_applied: true, is_known: false });
        let known = known.into_iter().map(|name| {
            let is_applied = applied.contains(version(&name));
            Migration { name, is_applied, is_known: true }
        });
        let mut migrations: Vec<_> = known.chain(newer).collect();
        migrations.sort_by(|one, other| one.name.cmp(&other.name));
        Self { migrations, floor }
    }

    /// Returns whether this release has a migration that the database lacks.
    pub fn lacks_any(&self) -> bool {
        self.migrations.iter().any(|migration| !migration.is_applied)
    }
}

fn version(name: &str) -> &str {
    name.split_once('_').map_or(name, |(version, _)| version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_that_only_one_side_has_stand_at_their_places() {
        let known = ["2_users", "1_keys", "4_flows"].map(str::to_owned).to_vec();
        let applied = ["1", "2", "3"].map(str::to_owned).into();

        let schema = Schema::new(known, &applied, None);

        let told = schema.migrations.iter().map(|step| (step.name.as_str(), step.is_applied, step.is_known));
        let expected = [("1_keys", true, true), ("2_users", true, true), ("3", true, false), ("4_flows", false, true)];
        assert_eq!(told.collect::<Vec<_>>(), expected);
        assert!(schema.lacks_any());
    }
}
