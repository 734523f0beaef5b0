//! The allowed dependencies of each crate. An edge that is not in the table fails the build's tests, so a new
//! one is a decision: it changes this table in the same commit, and the commit says why.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// The dependencies that each crate may have in the code that ships: ours first, then others'.
const ALLOWED: &[(&str, &[&str], &[&str])] = &[
    (
        "kernel",
        &[],
        &[
            "async-trait",
            "icu_properties",
            "idna",
            "ipnet",
            "jiff",
            "mockall",
            "rlibphonenumber",
            "thiserror",
            "uuid",
            "zeroize",
        ],
    ),
    (
        "user",
        &["kernel"],
        &["async-trait", "icu_properties", "mockall", "passwords", "thiserror", "unicode-normalization"],
    ),
    ("otp", &["kernel"], &["base32", "png", "qrcodegen", "subtle", "thiserror", "totp-rs"]),
    ("limit", &["kernel"], &["async-trait", "data-encoding", "mockall", "subtle", "thiserror"]),
    ("session", &["kernel"], &["mockall", "thiserror"]),
    ("notifier", &["kernel"], &["async-trait", "mockall", "thiserror"]),
    (
        "verifier",
        &[],
        &[
            "actix-web",
            "async-trait",
            "aws-lc-rs",
            "base64",
            "reqwest",
            "rustls",
            "serde",
            "serde_json",
            "thiserror",
            "tokio",
            "tracing",
        ],
    ),
    ("client", &[], &["aws-lc-rs", "reqwest", "rustls", "serde", "serde_json", "thiserror", "tokio"]),
    (
        "app",
        &["kernel", "user", "otp", "limit", "session", "notifier"],
        &["async-trait", "futures-util", "metrics", "mockall", "thiserror", "tracing"],
    ),
];

/// Crates that only their adapter may use.
const FENCED: &[(&str, &[&str])] = &[
    ("actix-web", &["http", "verifier"]),
    ("diesel", &["store-postgres", "store-sqlite"]),
    ("diesel-async", &["store-postgres"]),
    ("lettre", &["notifier-smtp"]),
    ("reqwest", &["breaches-hibp", "client", "fixture", "notifier-http", "notifier-twilio", "traces-otlp", "verifier"]),
    ("argon2", &["crypto"]),
    ("bcrypt", &["crypto"]),
    ("md-5", &["crypto"]),
    ("scrypt", &["crypto"]),
    ("aws-lc-rs", &["client", "crypto", "verifier"]),
    ("config", &["server"]),
    ("clap", &["server"]),
    ("opentelemetry", &["traces-otlp"]),
    ("anyhow", &["server"]),
    ("metrics", &["app", "http", "server", "traces-otlp"]),
    ("metrics-exporter-prometheus", &["server"]),
];

fn packages() -> BTreeMap<String, Package> {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let name = |package: &Package| package.name.strip_prefix("doorward-").unwrap_or(&package.name).to_owned();
    metadata.packages.into_iter().map(|package| (name(&package), package)).collect()
}

/// The normal dependencies of a package, ours without their prefix, and others'.
fn dependencies(package: &Package) -> (BTreeSet<String>, BTreeSet<String>) {
    let normal = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
    let (ours, others): (Vec<_>, Vec<_>) = normal.partition(|dependency| dependency.path.is_some());
    let ours = ours.iter().map(|dependency| dependency.name.trim_start_matches("doorward-").to_owned());
    (ours.collect(), others.iter().map(|dependency| dependency.name.clone()).collect())
}

#[test]
fn the_domain_and_the_use_cases_depend_on_nothing_else() {
    let packages = packages();

    for (name, ours_allowed, others_allowed) in ALLOWED {
        let (ours, others) = dependencies(&packages[*name]);

        assert!(ours.iter().all(|used| ours_allowed.contains(&used.as_str())), "{name} uses {ours:?}");
        assert!(others.iter().all(|used| others_allowed.contains(&used.as_str())), "{name} uses {others:?}");
    }
}

#[test]
fn heavy_libraries_stay_behind_their_adapters() {
    for (name, package) in packages() {
        let (_, others) = dependencies(&package);
        for (library, owners) in FENCED {
            assert!(
                !others.contains(*library) || owners.contains(&name.as_str()) || name == "testkit",
                "{name} uses {library}"
            );
        }
    }
}

#[test]
fn adapters_know_the_use_cases_and_never_each_other() {
    let adapters = [
        "crypto",
        "store-postgres",
        "store-sqlite",
        "notifier-smtp",
        "notifier-twilio",
        "notifier-http",
        "breaches-hibp",
        "http",
    ];
    let packages = packages();

    for adapter in adapters {
        let (ours, _) = dependencies(&packages[adapter]);

        assert!(ours.iter().all(|used| !adapters.contains(&used.as_str())), "{adapter} uses {ours:?}");
    }
}

#[test]
fn the_testkit_and_mocks_are_for_tests_only() {
    // The fixture is the testkit for the tests of other services.
    for (name, package) in packages().into_iter().filter(|(name, _)| name != "fixture") {
        let normal = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);

        for dependency in normal {
            assert_ne!(dependency.name, "doorward-testkit", "{name} ships the testkit");
            assert_ne!(dependency.name, "doorward-fixture", "{name} ships the fixture");
            assert!(!dependency.features.iter().any(|feature| feature == "mock"), "{name} ships mocks");
            assert!(dependency.name != "mockall" || dependency.optional, "{name} ships mockall");
        }
    }
}

/// A span that is named for another method, or missing, shows a trace that never was.
#[test]
fn every_use_case_has_a_span_of_its_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../app/src");
    for path in sources(&folder) {
        let within = path.strip_prefix(&folder).unwrap();
        let feature = Path::new(within.components().next().unwrap().as_os_str()).file_stem().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let mut before = "";
        for line in text.lines().map(str::trim) {
            if let Some(method) = line.strip_prefix("pub async fn ") {
                let action = method.split(['(', '<']).next().unwrap();
                let span = format!(r#"#[tracing::instrument(level = "debug", name = "{feature}.{action}", skip_all)]"#);
                assert_eq!(before, span, "{}", path.display());
            }
            before = line;
        }
    }
}

/// The source files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = |path: PathBuf| if path.is_dir() { sources(&path) } else { vec![path] };
    paths.flat_map(below).filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}
