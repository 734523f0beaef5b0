//! The two databases have the same history.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeSet, path::Path};

fn names(engine: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(engine);
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

#[test]
fn migrations_have_the_same_names_on_both_sides() {
    assert_eq!(names("postgres"), names("sqlite"));
}

#[test]
fn no_two_migrations_have_one_version() {
    let names = names("postgres");

    // Only one of them would be applied.
    let versions: BTreeSet<_> = names.iter().map(|name| name.split('_').next()).collect();

    assert_eq!(versions.len(), names.len(), "{names:?}");
}
