//! The operator's own name, color and templates.

use std::{fs, path::Path};

use super::{dev_with, serve_with};

fn write(folder: &Path, files: &[(&str, &str)]) -> String {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder.to_str().unwrap().to_owned()
}

const LOGIN: &str = "{% extends \"en/code\" %}\n{% block heading %}Welcome back to {{ service }}{% endblock %}\n";

#[test]
fn templates_that_render_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("mail/en/code.login.jinja", LOGIN),
        ("sms/en/code.login.txt", "{{ service }}: {{ code }} logs you in, for {{minutes}} min.\n"),
        ("sms/de/notice.password_changed.txt", "Neues Passwort auf {{ host }}."),
        ("voice/en/code.login.txt", "{{ service }} calls. {{ code }} logs you in."),
        ("mail/.keep", ""),
    ];
    let folder = write(folder.path(), &files);

    let settings =
        serve_with(&[("texts.folder", &folder), ("texts.service", "Acme"), ("texts.accent", "#0a7d5a")]).unwrap();

    assert!(settings.to_toml().contains("[texts]\naccent = \"#0a7d5a\"\n"), "{}", settings.to_toml());
}

/// What is said of a folder with that one file.
fn said(name: &str, text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let folder = write(folder.path(), &[(name, text)]);
    let faults = dev_with(&[("texts.folder", &folder)]).unwrap_err();
    assert_eq!(faults.list().len(), 1, "{faults}");
    let fault = faults.list().first().unwrap();
    assert_eq!(fault.setting, "texts.folder");
    fault.problem.clone()
}

#[test]
fn a_fault_names_its_file() {
    let long = "a".repeat(140) + "{{ code }}";
    for (name, text, problem) in [
        ("mail/en/code.login.jinja", "{% extends layout %}{{ cod }}", "names `cod`; the values are code, minutes"),
        ("mail/en/code.login.jinja", "{% extends layout %}\n{% block x %}", "line 2: syntax error"),
        ("mail/en/code.login.jinja", "{% extends \"en/cod\" %}", "template not found"),
        ("mail/en/code.login.jinja", "{% block subject %}Hello{% endblock %}", "must show {{ code }}"),
        ("mail/en/code.login.jinja", "one\ntwo {{ code }}", "must make a subject of one line"),
        ("mail/layout.html.jinja", "<p>{% block lead %}{% endblock %}</p>", "must show {{ code }}"),
        (
            "mail/en/code.jinja",
            "{% extends layout %}{% block subject %}{{ code|loud }}{% endblock %}",
            "unknown filter",
        ),
        ("mail/en/code.logn.jinja", LOGIN, "is the name of no template"),
        ("mail/xx/code.login.jinja", LOGIN, "is the name of no template"),
        ("sms/en/code.login.txt", "{{ cod }}", "names `cod`; the values here are code, minutes, service, host"),
        ("sms/en/notice.new_device.txt", "{{ code }}", "names `code`; the values here are service, host"),
        ("sms/en/code.login.txt", "{{ code", "has a `{{` that nothing closes"),
        ("sms/en/code.login.txt", "Hello.", "must show {{ code }}"),
        ("sms/en/code.login.txt", &long, "does not fit one SMS"),
        ("sms/en/code.logn.txt", "{{ code }}", "is the name of no text"),
        ("sms/code.login.txt", "{{ code }}", "is the name of no text"),
        ("voice/en/code.login.txt", "Hello.", "must show {{ code }}"),
        ("voice/en/notice.new_device.txt", "Hello.", "is the name of no call"),
        ("voice/en/code.logn.txt", "{{ code }}", "is the name of no text"),
        ("read.me", "", "must be mail/….jinja, sms/….txt or voice/….txt"),
    ] {
        let said = said(name, text);

        assert!(said.starts_with(&format!("{name} ")) && said.contains(problem), "{text}: {said}");
    }
}

#[test]
fn a_folder_that_is_not_there_is_a_fault() {
    let faults = dev_with(&[("texts.folder", "/nowhere/at/all")]).unwrap_err();

    assert!(faults.to_string().contains("/nowhere/at/all cannot be read"), "{faults}");
}
