//! The program `doorward`.

use std::process::ExitCode;

use clap::Parser;
use doorward_server::cli::Cli;

fn main() -> ExitCode {
    Cli::parse().run()
}
