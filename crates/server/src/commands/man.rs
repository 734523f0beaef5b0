use std::{fs, io, path::Path};

use anyhow::Context;
use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

/// Prints the manual page of the program, or writes one for each command into a folder.
pub fn man(command: Command, folder: Option<&Path>) -> anyhow::Result<()> {
    let Some(folder) = folder else { return Ok(Man::new(command).render(&mut io::stdout())?) };
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    Ok(clap_mangen::generate_to(command, folder)?)
}

/// Prints what a shell completes the command line by.
pub fn completions(mut command: Command, shell: Shell) {
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, &mut command, name, &mut io::stdout());
}
