use std::io::{self, Write};

use anyhow::bail;
use doorward_app::operator::{Imported, Taken};
use serde_json::json;

/// Outcomes of the lines so far; refused lines are printed at once, on standard error.
#[derive(Default)]
pub(super) struct Report {
    is_dry_run: bool,
    made: usize,
    before: usize,
    refused: usize,
}

impl Report {
    pub(super) fn of_dry_run() -> Self {
        Self { is_dry_run: true, ..Self::default() }
    }

    pub(super) fn add(&mut self, number: usize, outcome: Imported) {
        match outcome {
            Imported::Made => self.made += 1,
            Imported::Before => self.before += 1,
            Imported::Refused(Taken::Email) => self.refuse(number, "email is that of another account"),
            Imported::Refused(Taken::Phone) => self.refuse(number, "phone_number is verified for another account"),
        }
    }

    pub(super) fn refuse(&mut self, number: usize, problem: &str) {
        self.refused += 1;
        eprintln!("line {number}: {problem}");
    }

    /// Tells how far it has come before the next lines, on standard error; the end is told once, by
    /// [`finish`](Self::finish).
    pub(super) fn progress(&self) {
        if self.made + self.before > 0 {
            eprintln!("so far {}", self.summary());
        }
    }

    /// Tells what became of all lines; it is a failure if any was refused.
    pub(super) fn finish(self, as_json: bool) -> anyhow::Result<()> {
        let summary = self.summary();
        let mut out = io::stdout();
        if as_json {
            let Self { is_dry_run, made, before, refused } = self;
            let report =
                json!({ "dry_run": is_dry_run, "imported": made, "already_there": before, "refused": refused });
            writeln!(out, "{report:#}")?;
        } else {
            writeln!(out, "{summary}")?;
        }
        match self.refused {
            0 => Ok(()),
            1 => bail!("one line was refused"),
            refused => bail!("{refused} lines were refused"),
        }
    }

    fn summary(&self) -> String {
        let made = if self.is_dry_run { "to import" } else { "imported" };
        format!("{made}: {}, already there: {}, refused: {}", self.made, self.before, self.refused)
    }
}
