//! The dependencies among the modules of the crate have no cycle.
//!
//! A feature that is named by one that it names cannot be read, moved or tested without it: what two of them need
//! lies in a third.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// The other modules that each module at the root of the crate names.
type Uses = BTreeMap<String, BTreeSet<String>>;

#[test]
fn features_do_not_name_each_other_in_circles() {
    let uses = uses_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));

    assert!(
        uses["flow"].contains("limits") && uses["claims"].contains("number_verification"),
        "too little is read: {uses:?}"
    );
    assert_eq!(circle_of(&uses), None);
}

#[test]
fn a_circle_is_found_behind_those_that_only_lead_to_it() {
    let sources = [
        ("a", "use crate::{\n    b::{One, Two},\n    c,\n};"),
        ("b", "fn of(c: crate::c::C) {}"),
        ("c", "use crate::d::D;"),
        ("d", "pub(crate) use super::super::b::B; // crate::a"),
    ];

    let uses = sources.map(|(name, source)| (name.to_owned(), named(source).into_iter().collect())).into();

    assert_eq!(circle_of(&uses), Some(vec!["b", "c", "d"]));
}

fn uses_of(root: &Path) -> Uses {
    let exported = exported(&fs::read_to_string(root.join("lib.rs")).unwrap());
    let mut uses = Uses::new();
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let sources = if path.is_dir() { files_of(&path) } else { vec![fs::read_to_string(&path).unwrap()] };
        let named = sources.iter().flat_map(|source| named(source));
        let modules = named.map(|head| exported.get(&head).cloned().unwrap_or(head)).filter(|used| *used != name);
        uses.insert(name.clone(), modules.collect());
    }
    uses.remove("lib");
    uses
}

fn files_of(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|file| fs::read_to_string(file).unwrap()).collect()
}

/// The modules of the items that the root of the crate exports itself.
fn exported(root: &str) -> BTreeMap<String, String> {
    let lines = root.lines().filter_map(|line| line.strip_prefix("pub use ")?.split_once("::"));
    let items = lines.flat_map(|(module, items)| heads(items).into_iter().map(|item| (item, module.to_owned())));
    items.collect()
}

/// Finds the first segment of each path from the root of the crate, comments aside.
fn named(source: &str) -> Vec<String> {
    let code: Vec<_> = source.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n").replace("super::super::", "crate::");
    code.split("crate::").skip(1).flat_map(heads).collect()
}

/// The first name of a path, or those of a group of paths.
fn heads(path: &str) -> Vec<String> {
    let is_of_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let first = |path: &str| path.trim_start().chars().take_while(|letter| is_of_name(*letter)).collect();
    let Some(group) = path.strip_prefix('{') else { return vec![first(path)] };
    let mut depth = 0;
    let mut is_between = |letter| {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        letter == ',' && depth == 0 || depth < 0
    };
    let end = group.find(';').unwrap_or(group.len());
    group[..end].split(&mut is_between).map(first).filter(|name: &String| !name.is_empty()).collect()
}

/// Modules of which each one names the next, and the last one the first.
fn circle_of(uses: &Uses) -> Option<Vec<&str>> {
    let mut rest: BTreeSet<_> = uses.keys().collect();
    while let Some(free) = rest.iter().copied().find(|module| uses[*module].iter().all(|used| !rest.contains(used))) {
        rest.remove(free);
    }
    let mut path: Vec<&str> = vec![rest.first()?];
    loop {
        let next = uses[*path.last()?].iter().find(|used| rest.contains(used))?;
        if let Some(start) = path.iter().position(|seen| seen == next) {
            return Some(path.split_off(start));
        }
        path.push(next);
    }
}
