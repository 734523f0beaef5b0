//! No case of the suite is written and never run.

use std::{collections::BTreeSet, fs, path::Path};

fn words_after<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(start));
    lines.filter_map(|line| line.split(['(', ',', ' ']).next()).collect()
}

#[test]
fn every_case_is_in_the_list() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/conformance");
    let list = fs::read_to_string(folder.join("cases.rs")).unwrap();
    let mut listed = BTreeSet::new();
    let mut port = "";
    for line in list.lines().map(str::trim) {
        if let Some(name) = line.strip_suffix(" {") {
            port = name;
        } else if let Some(case) = line.strip_suffix(',') {
            listed.insert(format!("{port}::{case}"));
        }
    }

    let mut written = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let port = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        written.extend(words_after(&text, "pub async fn ").iter().map(|case| format!("{port}::{case}")));
    }

    assert_eq!(written, listed);
}
