//! The command line.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::{
    commands::{self, ClientAction, InboxAction, KeysAction, OutboxAction, SmsAction, UserAction},
    settings::{Profile, SettingErrors, Settings, Sources},
    telemetry,
};

/// The exit code for settings that are wrong (`EX_CONFIG` of sysexits.h).
const BAD_SETTINGS: u8 = 78;

/// An authentication service.
#[derive(Clone, Debug, Parser)]
#[command(name = "doorward", version)]
pub struct Cli {
    /// A file of settings; without it, `doorward.toml` where there is one.
    #[arg(long, global = true, value_name = "FILE", env = "DOORWARD_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Run everything on this machine, with nothing to configure.
    Dev {
        /// Listen on this port, and for operators on a free one; 0 takes a free one for both.
        #[arg(long)]
        port: Option<u16>,
        /// Print the addresses first, as one line of JSON, for programs that start it.
        #[arg(long)]
        ready_json: bool,
    },
    /// Run in production.
    Serve,
    /// Apply the migrations that the database lacks.
    Migrate {
        #[command(subcommand)]
        action: Option<MigrateAction>,
    },
    /// List, rotate and retire the key epochs.
    Keys {
        #[command(subcommand)]
        action: Option<KeysAction>,
        /// Answer in JSON.
        #[arg(long, global = true)]
        json: bool,
    },
    /// Register resource servers, which may introspect and revoke tokens.
    Client {
        #[command(subcommand)]
        action: ClientAction,
        /// Answer in JSON.
        #[arg(long, global = true)]
        json: bool,
    },
    /// Find, show, disable, enable, sign out, delete and import accounts.
    User {
        #[command(subcommand)]
        action: UserAction,
        /// Answer in JSON.
        #[arg(long, global = true)]
        json: bool,
    },
    /// List, show and retry messages that wait or were given up.
    Outbox {
        #[command(subcommand)]
        action: OutboxAction,
        /// Answer in JSON.
        #[arg(long, global = true)]
        json: bool,
    },
    /// Print the effective settings with secrets redacted, or all that is wrong with them.
    CheckConfig,
    /// Ask the service on this machine whether it is ready, as health checks of containers do.
    Healthcheck,
    /// Print the OpenAPI document.
    Openapi,
    /// Print the manual page.
    Man {
        /// Write a page for each command into this folder instead.
        #[arg(long, value_name = "FOLDER")]
        folder: Option<PathBuf>,
    },
    /// Print what a shell completes the command line by.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Follow what `doorward dev` captures instead of sending it.
    Inbox {
        #[command(subcommand)]
        action: InboxAction,
        /// Answer in JSON, a message a line.
        #[arg(long, global = true)]
        json: bool,
    },
    /// Pause all SMS on every node, let it go on, or tell; mail goes on meanwhile.
    Sms {
        #[command(subcommand)]
        action: SmsAction,
        /// Answer in JSON.
        #[arg(long, global = true)]
        json: bool,
    },
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum MigrateAction {
    /// Tell which migrations the database has and which it lacks.
    Status,
}

impl Cli {
    /// Does what the command line asks for and tells on standard error why it could not.
    pub fn run(self) -> ExitCode {
        let Err(error) = self.dispatch() else { return ExitCode::SUCCESS };
        if let Some(faults) = error.downcast_ref::<SettingErrors>() {
            tell(&format!("{faults}"));
            return ExitCode::from(BAD_SETTINGS);
        }
        tell(&format!("{error:#}"));
        ExitCode::FAILURE
    }

    fn dispatch(self) -> anyhow::Result<()> {
        // TLS in every adapter uses the one provider; only a second call could fail.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let profile = match self.command {
            Command::Dev { .. } | Command::Inbox { .. } => Profile::Dev,
            Command::Migrate { .. } => Profile::Migrate,
            Command::Keys { .. }
            | Command::Client { .. }
            | Command::User { .. }
            | Command::Outbox { .. }
            | Command::Sms { .. }
            | Command::Healthcheck => Profile::Operate,
            Command::Serve
            | Command::CheckConfig
            | Command::Openapi
            | Command::Man { .. }
            | Command::Completions { .. } => Profile::Serve,
        };
        let sources = Sources::of_process(self.config);
        let sources = match self.command {
            Command::Dev { port: Some(port), .. } => sources.on_port(port),
            _ => sources,
        };
        let load = || Settings::load(profile, &sources);
        match self.command {
            Command::Dev { ready_json, .. } => logged(profile, load()?, |settings| commands::dev(settings, ready_json)),
            Command::Serve => logged(profile, load()?, commands::serve),
            Command::Migrate { action: None } => logged(profile, load()?, |settings| commands::migrate(&settings)),
            Command::Migrate { action: Some(MigrateAction::Status) } => commands::migration_status(&load()?),
            Command::Keys { action, json } => commands::keys(&load()?, action.unwrap_or(KeysAction::Status), json),
            Command::Client { action, json } => commands::client(&load()?, action, json),
            Command::User { action, json } => commands::user(&load()?, action, json),
            Command::Outbox { action, json } => commands::outbox(&load()?, action, json),
            Command::CheckConfig => commands::check_config(&load()?),
            Command::Healthcheck => commands::healthcheck(&load()?),
            Command::Openapi => commands::openapi(),
            Command::Man { folder } => commands::man(Self::command(), folder.as_deref()),
            Command::Completions { shell } => {
                commands::completions(Self::command(), shell);
                Ok(())
            }
            Command::Inbox { action, json } => commands::inbox(&load()?, &action, json),
            Command::Sms { action, json } => commands::sms(&load()?, action, json),
        }
    }
}

/// Does it while the log is open.
fn logged(
    profile: Profile,
    settings: Settings,
    command: impl FnOnce(Settings) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let _open = telemetry::open(&settings)?;
    if profile == Profile::Serve {
        for (setting, warning) in settings.warnings() {
            tracing::warn!(setting, "{setting} {warning}");
        }
    }
    command(settings)
}

/// Tells on standard error, where somebody reads it.
fn tell(problem: &str) {
    let _ = writeln!(io::stderr(), "doorward: {problem}");
}
