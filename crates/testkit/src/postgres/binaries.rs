use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The folders where packages put the server, newest version first; a `*` stands for a version.
const USUAL_FOLDERS: [&str; 8] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/opt/homebrew/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
];

const ADVICE: &str = "no PostgreSQL server is installed; run `apt-get install postgresql` (Debian, Ubuntu) \
    or `brew install postgresql` (macOS), or set DOORWARD_TEST_DATABASE_URL to a server's URL";

/// The folder that holds `initdb` and `postgres`.
pub(super) fn folder() -> PathBuf {
    find_binaries().expect(ADVICE)
}

/// The folder of an installed PostgreSQL's programs, if there is one.
#[allow(clippy::disallowed_methods, reason = "programs are looked for where a shell would")]
pub fn find_binaries() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let usual = USUAL_FOLDERS.iter().flat_map(|pattern| expand(pattern));
    env::split_paths(&path).chain(usual).find(|folder| has_server(folder))
}

fn has_server(folder: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file())
}

fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else { return vec![PathBuf::from(pattern)] };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let mut versions: Vec<String> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok()?.strip_prefix(prefix).map(str::to_owned))
        .collect();
    versions.sort_by_key(|version| version.parse::<u32>().unwrap_or(0));
    versions.iter().rev().map(|version| PathBuf::from(format!("{before}{version}{after}"))).collect()
}
