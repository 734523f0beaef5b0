//! Programs of others that the service works with: poolers, proxies and mail servers.

use std::{
    env, fs,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;
use tokio::net::TcpStream;

/// The user and group `nobody`: some programs refuse to run as root.
const NOBODY: u32 = 65534;

/// The program's file; without one the test ends, unless everything has to be there.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    find_of(program, program)
}

/// The same for a program of a package with another name.
#[allow(clippy::disallowed_methods, reason = "programs are looked for where a shell would")]
pub(crate) fn find_of(package: &str, program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    let found = folders.map(|folder| folder.join(program)).find(|file| file.is_file());
    or_untested(found, &format!("{program} is not installed: try `apt-get install {package}`"))
}

/// The same of anything that a machine may lack.
#[allow(clippy::disallowed_methods, reason = "the environment is all that can set up `cargo test`")]
pub(crate) fn or_untested<T>(found: Option<T>, reason: &str) -> Option<T> {
    if found.is_none() {
        assert!(env::var_os("DOORWARD_TEST_PROGRAMS").is_none(), "{reason}");
        eprintln!("not tested: {reason}");
    }
    found
}

/// A folder with those files, for a program that may run as somebody else.
pub(crate) fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::Builder::new().prefix("doorward-").tempdir_in("/tmp").unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    if is_root() {
        chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        for (name, _) in files {
            chown(folder.path().join(name), Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    folder
}

/// Starts the program in the folder, not as root.
pub(crate) fn start(program: &Path, folder: &TempDir, arguments: &[&str]) -> Child {
    command(program, folder, arguments).spawn().unwrap()
}

/// Runs the program there to its end, which must be a good one.
pub(crate) fn run(program: &Path, folder: &TempDir, arguments: &[&str]) {
    let output = command(program, folder, arguments).stderr(Stdio::piped()).output().unwrap();
    assert!(output.status.success(), "{}: {}", program.display(), String::from_utf8_lossy(&output.stderr));
}

fn command(program: &Path, folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder.path());
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// A port that nobody listens on at the moment.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Returns once somebody listens there.
pub(crate) async fn answers(port: u16) {
    while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        tokio::task::yield_now().await;
    }
}

pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
