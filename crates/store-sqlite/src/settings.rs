use std::{path::PathBuf, time::Duration};

/// The settings of the database file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteSettings {
    /// The database file; made when it is missing, for its owner alone.
    pub path: PathBuf,
    /// The durability of a commit (`PRAGMA synchronous`).
    pub synchronous: Synchronous,
    /// Connections that read beside the writer, at least one.
    pub readers: usize,
    /// Writes that may wait; one more is refused as unavailable.
    pub queue: usize,
    /// The time that a statement waits in all for a lock that another process holds.
    pub busy_timeout: Duration,
}

/// When a commit counts as done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// Once it is on the disk.
    #[default]
    Full,
    /// Once the operating system has it: a loss of power may take the last commits back, and
    /// a session that was ended would live again.
    Normal,
}

impl SqliteSettings {
    /// The defaults for a database at that path: durable, four readers, five seconds.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            synchronous: Synchronous::Full,
            readers: 4,
            queue: 1024,
            busy_timeout: Duration::from_secs(5),
        }
    }
}

impl Synchronous {
    /// The word of the pragma.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Normal => "NORMAL",
        }
    }
}
