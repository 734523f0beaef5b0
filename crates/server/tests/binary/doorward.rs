//! A process of the service, its database and what stands in for the world around it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use doorward_testkit::{
    postgres::{Template, TestDatabase},
    smtp_sink::SmtpSink,
    twilio_stub::TwilioStub,
};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::watch;

/// A process that is not ready by then never will be.
const PATIENCE: Duration = Duration::from_mins(1);

/// The root secret of every world, in hex.
pub(crate) const ROOT: &str = "9f1c5f0c2f6e4b7a8d3e1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f";

/// The limits that a storm of calls from one machine would reach.
const LIMITS: [&str; 16] = [
    "limits.ip_credentials",
    "limits.ip_failures",
    "limits.ip_sends",
    "limits.ip_registrations",
    "limits.net_failures",
    "limits.net_sends",
    "limits.client_failures",
    "limits.password_failures",
    "limits.email",
    "limits.sms",
    "limits.sms_rate",
    "limits.email_rate",
    "limits.sensitive_changes",
    "limits.identifier_changes",
    "limits.refresh",
    "otp.wrong_per_identifier",
];

static MIGRATED: Template = Template::new(migrate);

/// The database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Postgres,
    Sqlite,
}

/// The token with which Twilio signs its reports.
pub(crate) const TWILIO_TOKEN: &str = "twilio-auth-token-of-the-test";

/// The world of a test: a database, a mail server, an SMS provider.
pub(crate) struct World {
    pub(crate) mail: SmtpSink,
    pub(crate) sms: TwilioStub,
    pub(crate) folder: TempDir,
    postgres: Option<TestDatabase>,
    settings: Vec<(String, String)>,
    is_limited: bool,
}

/// A process of the service; it is killed with this value.
pub(crate) struct Doorward {
    child: Child,
    url: String,
    ops: Option<String>,
    log: Arc<Mutex<String>>,
}

impl World {
    pub(crate) async fn new(engine: Engine) -> Self {
        let postgres = (engine == Engine::Postgres).then(|| TestDatabase::create(Some(&MIGRATED)));
        let folder = tempfile::tempdir().unwrap();
        let (mail, sms) = (SmtpSink::start().await, TwilioStub::start().await);
        Self { mail, sms, folder, postgres, settings: Vec::new(), is_limited: false }
    }

    /// The same with the limits that strangers come up against.
    pub(crate) fn limited(mut self) -> Self {
        self.is_limited = true;
        self
    }

    /// The same with a setting of its own, as in `http.base_path`.
    pub(crate) fn with(mut self, setting: &str, value: &str) -> Self {
        self.settings.push((variable(setting), value.to_owned()));
        self
    }

    /// The same where a message that no worker of its node takes in time is soon another's.
    pub(crate) fn with_short_leases(self) -> Self {
        self.with("delivery.timeout", "4s").with("delivery.lease", "8s")
    }

    /// The same where certificates of the authority in that file are trusted, and no others.
    pub(crate) fn trusting(mut self, authority: &Path) -> Self {
        self.settings.push(("SSL_CERT_FILE".to_owned(), authority.to_str().unwrap().to_owned()));
        self
    }

    /// Starts a node of the service and waits until it answers.
    pub(crate) async fn serve(&self) -> Doorward {
        Doorward::start(self.serving()).await
    }

    /// The same on that port, as whoever restarts a node does.
    pub(crate) async fn serve_at(&self, port: u16) -> Doorward {
        let mut command = self.serving();
        command.env(variable("http.listen"), format!("127.0.0.1:{port}"));
        Doorward::start(command).await
    }

    /// The command that starts a node.
    pub(crate) fn serving(&self) -> Command {
        let mut command = self.command();
        command.arg("serve");
        command
    }

    /// That command in the folder and with the settings of this world.
    pub(crate) fn within(&self, mut command: Command) -> Command {
        command.current_dir(self.folder.path());
        for (name, value) in self.command().get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    /// Runs a command of an operator to its end, whatever comes of it.
    pub(crate) fn operate(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().unwrap()
    }

    /// The same for a command that succeeds and answers in JSON.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Value {
        let output = self.operate(&[arguments, &["--json"]].concat());
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {told}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Changes the database behind the back of the service.
    pub(crate) fn execute(&self, sql: &str) {
        match &self.postgres {
            Some(database) => database.execute(sql),
            None => Connection::open(self.folder.path().join("doorward.db")).unwrap().execute_batch(sql).unwrap(),
        }
    }

    /// The program with the settings of this world.
    fn command(&self) -> Command {
        let mut command = doorward();
        command.current_dir(self.folder.path());
        let database = self.database();
        for (setting, value) in [
            ("database.url", database.as_str()),
            ("database.migrate", "true"),
            ("keys.root_secret", ROOT),
            ("http.listen", "127.0.0.1:0"),
            ("http.ops_listen", "127.0.0.1:0"),
            ("http.public_url", "http://localhost:8080"),
            ("http.shutdown_delay", "0s"),
            ("smtp.url", &self.mail.url()),
            ("smtp.from", "Doorward <no-reply@auth.example.test>"),
            ("twilio.account_sid", "AC00000000000000000000000000000001"),
            ("twilio.auth_token", TWILIO_TOKEN),
            ("twilio.from", "+14155550000"),
            ("twilio.base_url", &self.sms.base_url()),
            ("sms.allowed_countries", r#"["US"]"#),
            ("password.memory_kib", "19456"),
            ("log.format", "json"),
            ("delivery.poll", "1s"),
        ] {
            command.env(variable(setting), value);
        }
        if !self.is_limited {
            for limit in LIMITS {
                command.env(variable(limit), "off");
            }
            // Tries that are under way at once count until they turn out right.
            command.env(variable("otp.disable_after"), "100");
            command.env(variable("password.backoff_after"), "100");
        }
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The PostgreSQL database, to look into it or to let time pass there.
    pub(crate) fn postgres(&self) -> &TestDatabase {
        self.postgres.as_ref().unwrap()
    }

    /// Runs a command of an operator on the database and gives what it told.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let mut command = doorward();
        command.args(arguments).current_dir(self.folder.path()).env(variable("database.url"), self.database());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn database(&self) -> String {
        self.postgres.as_ref().map_or_else(|| "sqlite://doorward.db".to_owned(), |db| db.url().to_owned())
    }

    /// Everything the database holds, as text.
    pub(crate) fn dump(&self) -> String {
        match &self.postgres {
            Some(database) => database.dump(),
            None => files(self.folder.path()),
        }
    }
}

impl Doorward {
    /// Starts the dev profile in a folder and waits until it answers.
    pub(crate) async fn dev(folder: &Path) -> Self {
        Self::dev_with(folder, &[]).await
    }

    /// The same with variables of its own.
    pub(crate) async fn dev_with(folder: &Path, variables: &[(String, &str)]) -> Self {
        let mut command = doorward();
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command.arg("dev").current_dir(folder);
        command.env(variable("http.listen"), "127.0.0.1:0").env(variable("http.ops_listen"), "127.0.0.1:0");
        Self::start(command).await
    }

    /// Starts what that command starts, and waits until it answers.
    pub(crate) async fn start(mut command: Command) -> Self {
        install_provider();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (ready, mut is_ready) = watch::channel(Some((String::new(), String::new())));
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        follow(BufReader::new(out), log.clone(), Some(ready));
        follow(BufReader::new(err), log.clone(), None);
        let found = is_ready.wait_for(|found| found.as_ref().is_none_or(|(public, _)| !public.is_empty()));
        let found = tokio::time::timeout(PATIENCE, found).await.map(|found| found.unwrap().clone());
        let Ok(Some((public, ops))) = found else { panic!("doorward did not start:\n{}", log.lock().unwrap()) };
        Self { child, url: format!("http://{public}"), ops: Some(format!("http://{ops}")), log }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn ops(&self) -> &str {
        self.ops.as_deref().unwrap()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything the process has written so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Ends the process as a loss of power would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks the process to stop and waits until it has; whether it ended well.
    pub(crate) fn terminate(&mut self) -> bool {
        self.ask_to_stop();
        self.child.wait().unwrap().success()
    }

    /// The same without waiting.
    pub(crate) fn ask_to_stop(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }
}

impl Drop for Doorward {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// For the clients: the process under test installs its own.
pub(crate) fn install_provider() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// The program, without a setting of whoever runs the tests.
pub(crate) fn doorward() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
    #[allow(clippy::disallowed_methods, reason = "the names to take away, whatever they are")]
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("DOORWARD_")) {
        command.env_remove(name);
    }
    command
}

/// The environment variable of a setting.
pub(crate) fn variable(setting: &str) -> String {
    format!("DOORWARD__{}", setting.to_uppercase().replace('.', "__"))
}

/// Keeps what the process writes, and tells the addresses once it answers there; nothing once it has ended.
fn follow(
    lines: impl BufRead + Send + 'static,
    log: Arc<Mutex<String>>,
    ready: Option<watch::Sender<Option<(String, String)>>>,
) {
    thread::spawn(move || {
        for line in lines.lines().map_while(Result::ok) {
            if let (Some(ready), Some(addresses)) = (&ready, addresses(&line)) {
                ready.send_replace(Some(addresses));
            }
            let mut log = log.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
        if let Some(ready) = ready {
            ready.send_replace(None);
        }
    });
}

/// The addresses that the line tells of, in either format of the log.
fn addresses(line: &str) -> Option<(String, String)> {
    let value = |name: &str| {
        let (_, rest) = line.split_once(name)?;
        let rest = rest.trim_start_matches(['"', ':', '=', ' ']);
        rest.split(['"', ' ', ',']).next().map(str::to_owned)
    };
    line.contains("serving").then_some(())?;
    Some((value("http.listen")?, value("http.ops_listen")?))
}

fn migrate(url: &str) {
    let status = doorward().arg("migrate").env(variable("database.url"), url).stdout(Stdio::null()).status();
    assert!(status.unwrap().success());
}

fn files(folder: &Path) -> String {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file());
    files.map(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned()).collect()
}
