use std::{
    env, fs,
    io::{self, BufRead, BufReader},
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

use super::binaries;

/// The user and group `nobody`: a server refuses to run as root.
const NOBODY: u32 = 65534;

/// Longest path of a socket's folder, so that the socket's own path fits into 104 bytes.
const SOCKET_FOLDER_MAX: usize = 60;

/// Keeps the server until its standard input ends, which it does however this process ends.
const KEEPER: &str = r#"
trap '' INT TERM HUP
"$0" "$@" </dev/null &
read -r _
kill -QUIT $!
wait $!
rm -rf "$FOLDER"
"#;

/// The server that the tests of this process share.
#[derive(Debug)]
pub(super) struct Cluster {
    url: String,
    keeper: Option<Child>,
}

impl Cluster {
    #[allow(clippy::disallowed_methods, reason = "the environment is all that can set up `cargo test`")]
    pub(super) fn shared() -> &'static Self {
        static CLUSTER: OnceLock<Cluster> = OnceLock::new();
        CLUSTER.get_or_init(|| match env::var("DOORWARD_TEST_DATABASE_URL") {
            Ok(url) if !url.is_empty() => Self { url, keeper: None },
            _ => Self::start(),
        })
    }

    /// The URL of a database that is always there.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Returns whether the server ends with this process and all that was left in it.
    pub(super) const fn is_private(&self) -> bool {
        self.keeper.is_some()
    }

    fn start() -> Self {
        let binaries = binaries::folder();
        let (folder, owner) = make_folder();
        init(&binaries, &folder, owner);
        let mut command = command_as(Path::new("sh"), &folder, owner);
        let mut child = command
            .arg("-c")
            .arg(KEEPER)
            .arg(binaries.join("postgres"))
            .args(server_arguments(&folder, &binaries))
            .env("FOLDER", &folder)
            .process_group(0)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("`sh` must start");
        await_ready(child.stderr.take().expect("standard error was piped"));
        let url = format!("postgres:///postgres?host={}&user=postgres", folder.display());
        Self { url, keeper: Some(child) }
    }
}

/// A fresh folder, and the user it was given to when this process is root's.
fn make_folder() -> (PathBuf, Option<u32>) {
    let temporary = env::temp_dir();
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    // A root's own temporary folder may be closed to others.
    let parent = if is_root || temporary.as_os_str().len() > SOCKET_FOLDER_MAX { "/tmp".into() } else { temporary };
    let folder = tempfile::Builder::new()
        .prefix("doorward-pg-")
        .tempdir_in(parent)
        .expect("the temporary folder must be writable")
        .keep();
    let is_root = fs::metadata(&folder).is_ok_and(|folder| folder.uid() == 0);
    if is_root {
        chown(&folder, Some(NOBODY), Some(NOBODY)).expect("root may give a folder away");
    }
    (folder, is_root.then_some(NOBODY))
}

fn command_as(program: &Path, folder: &Path, owner: Option<u32>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("LC_ALL", "C").stdout(Stdio::null());
    if let Some(owner) = owner {
        command.uid(owner).gid(owner);
    }
    command
}

fn init(binaries: &Path, folder: &Path, owner: Option<u32>) {
    let output = command_as(&binaries.join("initdb"), folder, owner)
        .args(["--no-sync", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--pgdata"])
        .arg(folder.join("data"))
        .output()
        .expect("`initdb` must start");
    assert!(output.status.success(), "`initdb` failed: {}", String::from_utf8_lossy(&output.stderr));
}

/// Whether commits are to reach the disk.
static DURABLE: AtomicBool = AtomicBool::new(false);

/// Lets the cluster that is started later write every commit to disk, and load `pg_stat_statements` where it is
/// installed, as benchmarks need it.
pub fn make_durable() {
    DURABLE.store(true, Ordering::Relaxed);
}

/// Nothing of a test's database need outlive a power cut, nor be reached from elsewhere.
fn server_arguments(folder: &Path, binaries: &Path) -> Vec<String> {
    let folder = folder.display();
    let is_durable = DURABLE.load(Ordering::Relaxed);
    let durable = if is_durable { "on" } else { "off" };
    // The server may be linked to from elsewhere; its modules are beside where it is.
    let server = binaries.join("postgres").canonicalize();
    let module = server.ok().and_then(|server| Some(server.ancestors().nth(2)?.join("lib/pg_stat_statements.so")));
    let is_installed = module.is_some_and(|module| module.is_file());
    let preloaded = if is_durable && is_installed { "pg_stat_statements" } else { "" };
    let settings = [
        "listen_addresses=".to_owned(),
        format!("unix_socket_directories={folder}"),
        format!("fsync={durable}"),
        format!("synchronous_commit={durable}"),
        format!("full_page_writes={durable}"),
        "wal_level=minimal".to_owned(),
        "max_wal_senders=0".to_owned(),
        "max_connections=300".to_owned(),
        "shared_buffers=64MB".to_owned(),
        "jit=off".to_owned(),
        "lc_messages=C".to_owned(),
        format!("shared_preload_libraries={preloaded}"),
    ];
    let settings = settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]);
    ["-D".to_owned(), format!("{folder}/data")].into_iter().chain(settings).collect()
}

/// Waits for the server's word, and goes on reading so that it never waits for a reader.
fn await_ready(stderr: ChildStderr) {
    let (ready, is_ready) = mpsc::channel();
    thread::spawn(move || {
        let mut reader = BufReader::new(stderr);
        let mut log = String::new();
        let outcome = loop {
            match reader.read_line(&mut log) {
                Ok(0) | Err(_) => break Err(log),
                Ok(_) if log.ends_with("ready to accept connections\n") => break Ok(()),
                Ok(_) => {}
            }
        };
        let _ = ready.send(outcome);
        let _ = io::copy(&mut reader, &mut io::sink());
    });
    if let Ok(Err(log)) = is_ready.recv() {
        panic!("the private PostgreSQL did not start: {log}");
    }
}
