use std::{
    fs::{DirBuilder, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// Makes the database file and its directory where they are missing, for their owner alone.
///
/// SQLite gives `-wal` and `-shm` the mode of the file, so it must be right before SQLite comes.
pub(crate) fn prepare(path: &Path) -> io::Result<PathBuf> {
    // Absolute, since SQLite would read a path such as `file:x` or `:memory:` in its own way.
    let path = std::path::absolute(path)?;
    if let Some(directory) = path.parent() {
        private_directory().create(directory)?;
    }
    private_file().open(&path)?;
    Ok(path)
}

fn private_directory() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
