use std::io::{self, Write};

use anyhow::bail;
use clap::Subcommand;
use doorward_app::operator::{DeleteOutcome, Operator, SelectError, SignOutOutcome, StatusOutcome, UserQuery};
use doorward_user::{User, UserStatus};
use serde_json::json;

use super::{print, view};

/// The commands for one account, selected by id, address or number.
#[derive(Clone, Debug, Subcommand)]
pub enum AccountAction {
    /// List the accounts of an address or number.
    Find {
        /// An id, address or number.
        user: String,
    },
    /// Show an account.
    Show {
        /// An id, address or number.
        user: String,
    },
    /// Close an account: its sessions end for good, and nobody logs in to it.
    Disable {
        /// An id, address or number.
        user: String,
    },
    /// Open an account again; its owner has to log in anew.
    Enable {
        /// An id, address or number.
        user: String,
    },
    /// End all sessions of an account; its owner may log in again.
    SignOut {
        /// An id, address or number.
        user: String,
    },
    /// Delete an account with all that belongs to it; audit events keep its id.
    Delete {
        /// An id, address or number.
        user: String,
    },
}

impl AccountAction {
    /// The id, address or number that selects the account.
    pub(super) fn user(&self) -> &str {
        match self {
            Self::Find { user }
            | Self::Show { user }
            | Self::Disable { user }
            | Self::Enable { user }
            | Self::SignOut { user }
            | Self::Delete { user } => user,
        }
    }
}

/// Runs the command.
pub(super) async fn run(
    accounts: &Operator,
    action: &AccountAction,
    query: &UserQuery,
    as_json: bool,
) -> anyhow::Result<()> {
    match action {
        AccountAction::Find { .. } => find(accounts, query, as_json).await,
        AccountAction::Show { .. } => show(accounts, query, as_json).await,
        AccountAction::Disable { .. } => set_status(accounts, query, UserStatus::Disabled, as_json).await,
        AccountAction::Enable { .. } => set_status(accounts, query, UserStatus::Active, as_json).await,
        AccountAction::SignOut { .. } => sign_out(accounts, query, as_json).await,
        AccountAction::Delete { .. } => delete(accounts, query, as_json).await,
    }
}

/// Lists every account that is named so; none is no failure.
async fn find(accounts: &Operator, query: &UserQuery, as_json: bool) -> anyhow::Result<()> {
    let users = accounts.find(query).await?;
    if as_json {
        return print(&json!({ "users": users.iter().map(view::json).collect::<Vec<_>>() }));
    }
    let mut out = io::stdout();
    for user in &users {
        writeln!(out, "{}", view::line(user))?;
    }
    Ok(())
}

/// Shows the one account that is meant.
async fn show(accounts: &Operator, query: &UserQuery, as_json: bool) -> anyhow::Result<()> {
    let user = select(accounts, query).await?;
    if as_json { print(&view::json(&user)) } else { Ok(writeln!(io::stdout(), "{}", view::lines(&user))?) }
}

/// Opens or closes the account.
async fn set_status(accounts: &Operator, query: &UserQuery, status: UserStatus, as_json: bool) -> anyhow::Result<()> {
    let user = select(accounts, query).await?;
    let has_changed = match accounts.set_status(user.id, status).await? {
        StatusOutcome::Changed => true,
        StatusOutcome::Unchanged => false,
        StatusOutcome::NotFound => bail!(SelectError::NotFound),
    };
    if as_json {
        return print(&json!({ "id": user.id.to_string(), "status": status.as_str(), "changed": has_changed }));
    }
    let before = if has_changed { "is" } else { "was before" };
    Ok(writeln!(io::stdout(), "{} {before} {}", user.id, status.as_str())?)
}

/// Ends all sessions of the account.
async fn sign_out(accounts: &Operator, query: &UserQuery, as_json: bool) -> anyhow::Result<()> {
    let user = select(accounts, query).await?;
    match accounts.sign_out(user.id).await? {
        SignOutOutcome::NotFound => bail!(SelectError::NotFound),
        SignOutOutcome::SignedOut { sessions } if as_json => {
            print(&json!({ "id": user.id.to_string(), "sessions_ended": sessions }))
        }
        SignOutOutcome::SignedOut { sessions } => {
            Ok(writeln!(io::stdout(), "{} is signed out; sessions ended: {sessions}", user.id)?)
        }
    }
}

/// Deletes the account.
async fn delete(accounts: &Operator, query: &UserQuery, as_json: bool) -> anyhow::Result<()> {
    let user = select(accounts, query).await?;
    match accounts.delete(user.id).await? {
        DeleteOutcome::NotFound => bail!(SelectError::NotFound),
        DeleteOutcome::Deleted if as_json => print(&json!({ "id": user.id.to_string(), "deleted": true })),
        DeleteOutcome::Deleted => Ok(writeln!(io::stdout(), "{} is deleted", user.id)?),
    }
}

async fn select(accounts: &Operator, query: &UserQuery) -> anyhow::Result<User> {
    match accounts.select(query).await {
        Ok(user) => Ok(user),
        Err(SelectError::Ambiguous(ids)) => {
            let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
            bail!("several accounts claim the number; name one by its id: {}", ids.join(", "))
        }
        Err(error) => Err(error.into()),
    }
}
