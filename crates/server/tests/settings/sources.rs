//! Where settings come from: defaults, file, environment, and files with secrets.

use std::fs;

use doorward_server::settings::{Profile, Settings, Sources};

use super::{SECRET, dev_with, environment, file, refused};

#[test]
fn a_file_that_is_no_toml_is_refused_without_showing_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "doorward.toml", "[keys]\nroot_secret = \"hunter2\n", 0o600);

    let sources = Sources { file: Some(path.into()), ..Sources::default() };
    let faults = Settings::load(Profile::Serve, &sources).unwrap_err();

    assert_eq!(faults.list().len(), 1, "nobody knows what else is missing: {faults}");
    assert!(faults.to_string().contains("line 2"), "{faults}");
    assert!(!faults.to_string().contains("hunter2"), "{faults}");
}

#[test]
fn a_file_that_was_asked_for_must_be_there() {
    let sources = Sources { file: Some("/nowhere/doorward.toml".into()), ..Sources::default() };

    assert_eq!(refused(Settings::load(Profile::Serve, &sources)), ["/nowhere/doorward.toml"]);
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "doorward.toml", "[otp]\ndigits = 7\nmax_sends = 2\nresend_after = ['5s']\n", 0o644);
    let sources = Sources { file: Some(path.into()), ..environment(&[("otp.digits", "8"), ("otp.max_sends", "")]) };

    let otp = Settings::load(Profile::Dev, &sources).unwrap().otp;

    assert_eq!((otp.digits, otp.max_sends, otp.max_attempts), (8, 2, 5));
    assert_eq!(otp.resend_after, [std::time::Duration::from_secs(5)]);
}

#[test]
fn a_secret_may_be_in_a_file_of_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let private = file(folder.path(), "private", &format!("{SECRET}\n"), 0o600);
    let shared = file(folder.path(), "shared", SECRET, 0o644);
    let missing = folder.path().join("missing");
    let given_as = |path: &str| dev_with(&[("keys.root_secret_file", path)]);

    assert!(given_as(&private).unwrap().keys.root_secret.is_some());
    assert_eq!(refused(given_as(&shared)), ["keys.root_secret_file", "keys.root_secret"]);
    assert_eq!(refused(given_as(missing.to_str().unwrap())), ["keys.root_secret_file", "keys.root_secret"]);
    let in_its_place = given_as(SECRET).unwrap_err().to_string();
    assert!(!in_its_place.contains(SECRET), "{in_its_place}");
    let twice = dev_with(&[("keys.root_secret_file", &private), ("keys.root_secret", SECRET)]);
    assert_eq!(refused(twice), ["keys.root_secret_file"]);
}

#[test]
fn a_secret_that_root_gives_a_group_or_that_is_mounted_may_be_read_by_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "secret", SECRET, 0o440);
    let is_roots = std::os::unix::fs::MetadataExt::uid(&fs::metadata(&path).unwrap()) == 0;
    let writable = file(folder.path(), "writable", SECRET, 0o660);
    let given_as = |path: &str| dev_with(&[("keys.root_secret_file", path)]);

    assert_eq!(given_as(&path).is_ok(), is_roots);
    assert_eq!(refused(given_as(&writable)), ["keys.root_secret_file", "keys.root_secret"]);
    // A file system in memory, as secrets of containers are mounted.
    if let Ok(memory) = tempfile::tempdir_in("/dev/shm") {
        assert!(given_as(&file(memory.path(), "mounted", SECRET, 0o444)).is_ok());
        assert!(given_as(&file(memory.path(), "writable", SECRET, 0o446)).is_err());
    }
}

#[test]
fn secrets_in_a_settings_file_that_others_read_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let load = |text: &str, mode| {
        let file = Some(file(folder.path(), &format!("{mode:o}-{}.toml", text.len()), text, mode).into());
        Settings::load(Profile::Dev, &Sources { file, ..Sources::default() })
    };
    let secret = format!("[keys]\nroot_secret = '{SECRET}'\n");
    let password = "[database]\nurl = 'postgres://ada:hunter2@localhost/doorward'\n";

    assert_eq!(refused(load(&secret, 0o644)), ["keys.root_secret"]);
    assert_eq!(refused(load(password, 0o644)), ["database.url"]);
    assert!(load(&secret, 0o600).is_ok());
    assert!(load("[database]\nurl = 'postgres://ada@localhost/doorward'\n", 0o644).is_ok());
}
