use std::io::{self, Write};

use anyhow::{anyhow, bail};
use doorward_app::keys::{Begin, Consequences, EpochState, Retirement, RetirementError};
use doorward_kernel::EpochId;
use serde_json::json;

use super::super::print;
use crate::wiring::Keys;

/// The arguments of `doorward keys retire`.
pub(super) struct Retire {
    pub(super) epoch: i32,
    pub(super) is_emergency: bool,
    pub(super) is_confirmed: bool,
    pub(super) as_json: bool,
}

impl Retire {
    /// Tells what the retirement ends, and does it once that was confirmed.
    pub(super) async fn run(&self, keys: &Keys) -> anyhow::Result<()> {
        let (id, how) = (EpochId(self.epoch), self.how());
        let consequences = keys.maintenance.consequences(id, how).await.map_err(|error| self.explain(error))?;
        if !self.as_json {
            self.tell(&consequences)?;
        }
        if !self.is_confirmed {
            if self.as_json {
                print(&self.as_value(&consequences, None))?;
            }
            bail!("nothing was done; add --yes to do it");
        }
        let lost = if self.is_emergency { self.save_passwords(keys, &consequences).await? } else { 0 };
        keys.maintenance.retire(id, how).await.map_err(|error| self.explain(error))?;
        if self.as_json {
            return print(&self.as_value(&consequences, Some(lost)));
        }
        if lost > 0 {
            writeln!(io::stdout(), "{lost} passwords or seeds were damaged before and could not be moved")?;
        }
        Ok(writeln!(io::stdout(), "epoch {} is retired", self.epoch)?)
    }

    const fn how(&self) -> Retirement {
        if self.is_emergency { Retirement::Emergency } else { Retirement::TidyUp }
    }

    /// A password is no proof that the keys are good for, so it need not end with them.
    ///
    /// Tells how many could not be moved: with the right root secret they are damaged, and nobody
    /// loses by their end; whether it is the right one must be known for that.
    async fn save_passwords(&self, keys: &Keys, consequences: &Consequences) -> anyhow::Result<u64> {
        if consequences.state == EpochState::Current {
            keys.rotation.rotate(Begin::Now).await?;
        }
        keys.ring.reload(keys.rotation.epochs.list().await?)?;
        let resealing = keys.maintenance.reseal_epoch(EpochId(self.epoch)).await?;
        let unreadable = resealing.unreadable;
        if unreadable > 0 && consequences.epoch.root_check.is_none() {
            bail!("{unreadable} passwords or seeds cannot be read with keys.root_secret; the epoch is not retired");
        }
        Ok(unreadable)
    }

    fn tell(&self, consequences: &Consequences) -> io::Result<()> {
        let Consequences { state, uses, sealed, seeds, .. } = consequences;
        let mut out = io::stdout();
        writeln!(out, "Retiring epoch {} ({}) ends", self.epoch, state.as_str())?;
        writeln!(out, "  at most {} sessions, with their cookies, refresh and access tokens", uses.sessions)?;
        writeln!(out, "  {} flows that wait for a code", uses.flows)?;
        writeln!(out, "  the access tokens, device tokens, recovery codes and undo keys that were made under it")?;
        if *state == EpochState::Current {
            writeln!(out, "A new epoch takes its place at once.")?;
        }
        let passwords = sealed.accounts;
        writeln!(
            out,
            "{passwords} passwords and {seeds} seeds are sealed under it; they are moved to the key in use first."
        )
    }

    /// The consequences as JSON, and once it is done, how many passwords and seeds could not be moved.
    fn as_value(&self, consequences: &Consequences, done: Option<u64>) -> serde_json::Value {
        let Consequences { state, uses, sealed, seeds, .. } = consequences;
        json!({
            "epoch": self.epoch,
            "state": state.as_str(),
            "ends": {
                "sessions": uses.sessions,
                "flows": uses.flows,
                "uncounted": ["access_tokens", "device_tokens", "recovery_codes", "undo_keys"],
            },
            "passwords": sealed.accounts,
            "totp_seeds": seeds,
            "damaged": done,
            "retired": done.is_some(),
        })
    }

    fn explain(&self, error: RetirementError) -> anyhow::Error {
        let epoch = self.epoch;
        match error {
            RetirementError::NotFound => anyhow!("there is no epoch {epoch}"),
            RetirementError::AlreadyRetired => anyhow!("epoch {epoch} is retired already"),
            RetirementError::Current => {
                anyhow!("epoch {epoch} is in use; rotate first, or say --emergency to end what depends on it")
            }
            RetirementError::Unsettled { until } => {
                anyhow!("nodes may still be using epoch {epoch}; try again after {until}, or say --emergency")
            }
            RetirementError::Sealed(sealed) => anyhow!(
                "{} passwords and {} open registrations are sealed under epoch {epoch}; a running node moves the \
                 passwords by itself, registrations end soon",
                sealed.accounts,
                sealed.registrations,
            ),
            RetirementError::SealedSeeds(seeds) => {
                anyhow!(
                    "{seeds} seeds of authenticator apps are sealed under epoch {epoch}; a running node moves them by itself"
                )
            }
            RetirementError::Needed => anyhow!("epoch {epoch} is the only one that has begun; rotate first"),
            RetirementError::Store(error) => error.into(),
        }
    }
}
