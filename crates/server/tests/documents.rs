//! The documents as a site: every page stands in the contents, every link leads somewhere, and lists are whole.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use doorward_kernel::AuditKind;
use doorward_notifier::NoticeTemplate;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).unwrap()
}

/// Every page under a folder, in order.
fn pages(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found = entries.flat_map(|path| if path.is_dir() { pages(&path) } else { [path].into() });
    found.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect()
}

/// The lines of a page that are not code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// The targets of a page's links and pictures.
fn links(text: &str) -> Vec<String> {
    let of_line = |line: &str| {
        // What stands between backquotes is no link.
        let line: String = line.split('`').step_by(2).collect();
        let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        targets.map(|(target, _)| target.to_owned()).collect::<Vec<_>>()
    };
    prose(text).flat_map(of_line).collect()
}

/// The anchors of a page's headings, as GitHub and mdBook make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut met = BTreeMap::<String, usize>::new();
    let headings =
        prose(text).filter_map(|line| line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#')));
    headings
        .map(|heading| {
            let heading = heading.trim().to_lowercase().replace(' ', "-");
            let anchor: String = heading.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect();
            let count = met.entry(anchor.clone()).or_default();
            *count += 1;
            if *count == 1 { anchor } else { format!("{anchor}-{}", *count - 1) }
        })
        .collect()
}

#[test]
fn every_page_stands_in_the_contents_once() {
    let docs = root().join("docs");
    let mut listed = links(&page("SUMMARY.md"));
    listed.sort();

    let found = pages(&docs).into_iter().map(|path| path.strip_prefix(&docs).unwrap().to_str().unwrap().to_owned());
    let mut found: Vec<String> = found.filter(|name| name != "SUMMARY.md").collect();
    found.sort();

    assert_eq!(listed, found);
}

#[test]
fn every_link_leads_to_a_page_and_a_heading_of_it() {
    let docs = root().join("docs");
    let mut broken = Vec::new();
    for path in pages(&docs).into_iter().chain([root().join("README.md")]) {
        let text = fs::read_to_string(&path).unwrap();
        for link in links(&text).into_iter().filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            let found = target.canonicalize().ok();
            // The site has the documents and nothing else of the repository.
            let is_there = found.as_ref().is_some_and(|target| target == &path || target.starts_with(&docs));
            let has_anchor = || anchor.is_empty() || anchors(&fs::read_to_string(&target).unwrap()).contains(anchor);
            if !is_there || !has_anchor() {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }

    assert!(broken.is_empty(), "{broken:#?}");
}

/// What stands between the first backquotes of each row of a page's tables.
fn first_cells(text: &str) -> BTreeSet<String> {
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| row.split('`').nth(1).unwrap().to_owned()).collect()
}

#[test]
fn the_page_of_calls_lists_those_of_the_openapi_document_and_no_other() {
    let document: Value = serde_json::from_str(&doorward_http::openapi_json().unwrap()).unwrap();

    let paths = document["paths"].as_object().unwrap().iter();
    let calls = paths.flat_map(|(path, calls)| {
        calls.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
    });

    assert_eq!(first_cells(&page("api.md")), calls.collect());
}

#[test]
fn the_page_of_events_lists_every_kind_and_no_other() {
    let kinds: BTreeSet<String> = AuditKind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect();

    assert_eq!(first_cells(&page("events.md")), kinds);
}

#[test]
fn the_page_of_notices_lists_every_one_and_no_other() {
    let listed = first_cells(&page("notices.md"));

    let known = NoticeTemplate::ALL.iter().filter_map(|template| template.as_str().strip_prefix("notice."));
    assert_eq!(listed, known.map(str::to_owned).collect());
}
