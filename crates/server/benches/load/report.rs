//! The report of the bench: printed line by line as it comes, and at the end as JSON or as a table.

use std::{fmt, path::Path};

use serde::Serialize;

use crate::{
    measure::{Latency, Measured},
    meter::Spent,
    stages::Stage,
};

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    clients: usize,
    seconds: u64,
    cores: usize,
    facts: Vec<Fact>,
    pub(crate) rows: Vec<Row>,
}

/// A figure that was measured once.
#[derive(Debug, Serialize)]
pub(crate) struct Fact {
    pub(crate) engine: &'static str,
    pub(crate) stage: String,
    pub(crate) name: &'static str,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
}

/// The figures of one flow with one database.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) engine: &'static str,
    pub(crate) stage: String,
    pub(crate) flow: String,
    pub(crate) per_second: f64,
    /// How often the service had too much to do, which counts nowhere else.
    pub(crate) refused: usize,
    pub(crate) latency_ms: Latency,
    /// That of the first of several calls.
    pub(crate) first_call_ms: Option<Latency>,
    /// The rate as a share of its baseline.
    pub(crate) of_floor: Option<Share>,
    /// Each time.
    pub(crate) spent: Option<Spent>,
}

/// A part of something.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Share {
    pub(crate) of: &'static str,
    pub(crate) share: f64,
}

impl Report {
    pub(crate) fn new(clients: usize, seconds: u64) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        println!("{clients} clients, {seconds} s a row, {cores} cores");
        Self { clients, seconds, cores, facts: Vec::new(), rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, row: Row) {
        println!("{row}");
        self.rows.push(row);
    }

    pub(crate) fn note(&mut self, fact: Fact) {
        println!("{}: {:.1} {}", fact.name, fact.value, fact.unit);
        self.facts.push(fact);
    }

    pub(crate) fn write(&self, file: &Path) {
        std::fs::write(file, serde_json::to_string_pretty(self).unwrap()).unwrap();
    }
}

impl Row {
    pub(crate) fn new(engine: &'static str, stage: Stage, flow: &str, measured: &Measured) -> Self {
        Self {
            engine,
            stage: stage.to_string(),
            flow: flow.to_owned(),
            per_second: measured.rate(),
            refused: measured.refused(),
            latency_ms: measured.latency(),
            first_call_ms: measured.first_latency(),
            of_floor: None,
            spent: None,
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<38}{:>9.0}/s   {}", self.flow, self.per_second, self.latency_ms)?;
        if self.refused > 0 {
            write!(f, "   {} refused", self.refused)?;
        }
        if let Some(first) = self.first_call_ms {
            write!(f, "   first call {first}")?;
        }
        if let Some(Share { of, share }) = self.of_floor {
            write!(f, "   {share:.2} of {of}")?;
        }
        if let Some(spent) = self.spent {
            write!(f, "   each {spent}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p50 {:>7.2} ms, p99 {:>7.2} ms", self.p50, self.p99)
    }
}
