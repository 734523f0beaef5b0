//! A mail server of others, Postfix, which takes mail over TLS and for a password alone, and passes it on.

use std::{
    fs,
    io::Write,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use doorward_testkit::smtp_sink::SmtpSink;
use reqwest::StatusCode;
use serde_json::json;
use tempfile::TempDir;

use crate::{
    client::{Client, mailed},
    doorward::{Engine, World},
    programs::{answers, find, find_of, free_port, is_root},
    tls::Authority,
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";
const PASSWORD: &str = "correct horse";

/// What Cyrus SASL checks passwords with; Debian's looks for it beside `main.cf`.
const SASL: &str = "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\n";

/// The services that take mail and pass it on.
const SERVICES: &str = "\
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
postlog unix-dgram n - n - 1 postlogd
";

/// Postfix with a folder of its own; it ends with this value.
struct Postfix {
    program: PathBuf,
    master: Child,
    port: u16,
    folder: TempDir,
}

impl Postfix {
    /// Starts it as `localhost`, with a certificate of that authority, before a server that gets the mail.
    async fn start(authority: &Authority, next: &SmtpSink) -> Option<Self> {
        if !is_root() {
            eprintln!("not tested: Postfix is started by root alone");
            return None;
        }
        let (program, passwords) = (find("postfix")?, find_of("sasl2-bin", "saslpasswd2")?);
        let (folder, port) = (tempfile::Builder::new().prefix("doorward-").tempdir_in("/tmp").unwrap(), free_port());
        let path = |name: &str| folder.path().join(name);
        let owner = fs::metadata("/var/lib/postfix").unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["etc", "etc/sasl", "queue", "data"] {
            fs::create_dir(path(name)).unwrap();
        }
        let (certificate, key) = authority.certify("localhost");
        let at = folder.path().display();
        let users = path("users");
        for (name, text) in [
            ("certificate.pem", certificate.pem()),
            ("key.pem", key.serialize_pem()),
            ("etc/sasl/smtpd.conf", format!("{SASL}sasldb_path: {}\n", users.display())),
            ("etc/master.cf", format!("127.0.0.1:{port} inet n - n - - smtpd\n{SERVICES}")),
            (
                "etc/main.cf",
                format!(
                    "compatibility_level = 3.6
queue_directory = {at}/queue
data_directory = {at}/data
maillog_file = {at}/log
maillog_file_prefixes = {at}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = localhost
mydestination =
mynetworks =
alias_maps =
alias_database =
relayhost = [127.0.0.1]:{}
smtpd_tls_cert_file = {at}/certificate.pem
smtpd_tls_key_file = {at}/key.pem
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_relay_restrictions = permit_sasl_authenticated, reject
",
                    next.address().port()
                ),
            ),
        ] {
            fs::write(path(name), text).unwrap();
        }
        let mut adding = Command::new(passwords)
            .args(["-f", users.to_str().unwrap(), "-p", "-c", "-u", "localhost", "doorward"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        adding.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
        assert!(adding.wait().unwrap().success());
        for name in ["users", "data"] {
            chown(path(name), Some(owner.uid()), None).unwrap();
        }
        let mut command = Command::new(&program);
        command.arg("-c").arg(path("etc")).arg("start-fg");
        let master = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        answers(port).await;
        Some(Self { program, master, port, folder })
    }

    /// The URL of a client with that password.
    fn url(&self, password: &str) -> String {
        let password = password.replace(' ', "%20");
        format!("smtp://doorward%40localhost:{password}@localhost:{}", self.port)
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        // It ends what it has started, and no other Postfix.
        let etc = self.folder.path().join("etc");
        let _ = Command::new(&self.program).arg("-c").arg(etc).arg("abort").status();
        let _ = self.master.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postfix_takes_codes_over_tls_for_a_password_and_passes_them_on() {
    let (world, authority) = (World::new(Engine::Sqlite).await, Authority::new());
    let Some(postfix) = Postfix::start(&authority, &world.mail).await else { return };
    let url = format!("{}?tls=required", postfix.url(PASSWORD));
    let world = world.trusting(&authority.file()).with("smtp.url", &url);
    let node = world.serve().await;
    let client = Client::of(&node);

    client.member(&world, EMAIL, PHONE).await;

    let mail = world.mail.wait_for_mail(|mail| mail.code().is_some()).await;
    let received = mail.header("Received").unwrap();
    // Over TLS and after AUTH (RFC 3848).
    assert!(received.contains("with ESMTPSA"), "{received}");
    assert_eq!(mail.to, [EMAIL]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_postfix_refuses_and_one_it_does_not_ask_for_leave_the_code_to_another_relay() {
    let (world, authority) = (World::new(Engine::Sqlite).await, Authority::new());
    let Some(postfix) = Postfix::start(&authority, &world.mail).await else { return };
    let relay = |name: &str, url: String| json!({ "name": name, "kind": "smtp", "url": url });
    let providers = json!([
        relay("wrong-password", format!("{}?tls=required", postfix.url("wrong"))),
        // Without TLS it offers no AUTH.
        relay("without-tls", postfix.url(PASSWORD)),
        relay("right", format!("{}?tls=required", postfix.url(PASSWORD))),
    ]);
    let world = world.trusting(&authority.file()).with("smtp.url", "").with("mail.providers", &providers.to_string());
    let node = world.serve().await;
    let client = Client::of(&node);

    let flow = client.register(EMAIL, PHONE).await;

    let verified = client.verify_email(&flow, &mailed(&world, EMAIL).await).await;
    assert_eq!(verified.status, StatusCode::CREATED, "{verified:?}");
    let log = node.log();
    let is_left_alone = |provider: &str| {
        let lines = log.lines().filter(|line| line.contains("a provider is left alone"));
        lines.into_iter().any(|line| line.contains(provider) && line.contains("does not send for this account"))
    };
    assert_eq!(["wrong-password", "without-tls", "right"].map(is_left_alone), [true, true, false], "{log}");
}
