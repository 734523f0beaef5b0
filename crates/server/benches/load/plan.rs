//! The command-line arguments.

use std::{path::PathBuf, str::FromStr, time::Duration};

use crate::{doorward::Engine, flows::Flow, stages::Stage};

const USAGE: &str = "--clients N, --seconds N, --flow NAME, --rate N or N%, --users N, --backlog N, --nodes N, \
    --provider-delay Nms, --storm, --json FILE, --markdown, --enumeration PAIRS, postgres, sqlite";

/// The plan of a bench: clients, seconds, databases, stages.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) clients: usize,
    pub(crate) time: Duration,
    pub(crate) flows: Vec<Flow>,
    /// At which the flows are measured once more.
    pub(crate) rate: Option<Rate>,
    /// In their order; the first one is what nobody need ask for.
    pub(crate) stages: Vec<Stage>,
    /// Where the report goes.
    pub(crate) json: Option<PathBuf>,
    pub(crate) is_markdown: bool,
    /// Pairs of calls to measure in place of rates.
    pub(crate) pairs: Option<usize>,
    pub(crate) engines: Vec<Engine>,
}

/// The rate at which flows begin, whatever the answers take.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rate {
    PerSecond(f64),
    /// Of what clients reach that call again at once.
    Share(f64),
}

impl Plan {
    /// Reads the arguments; cargo adds `--bench`.
    pub(crate) fn of(arguments: impl Iterator<Item = String>) -> Self {
        let mut plan = Self {
            clients: 16,
            time: Duration::from_secs(5),
            flows: Vec::new(),
            rate: None,
            stages: vec![Stage::Plain],
            json: None,
            is_markdown: false,
            pairs: None,
            engines: Vec::new(),
        };
        let mut arguments = arguments.filter(|argument| argument != "--bench");
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().unwrap_or_else(|| panic!("something must follow {argument}"));
            match argument.as_str() {
                "--backlog" => plan.stages.push(Stage::Backlog(number(&value()))),
                "--clients" => plan.clients = number(&value()),
                "--enumeration" => plan.pairs = Some(number(&value())),
                "--flow" => plan.flows.push(flow(&value())),
                "--json" => plan.json = Some(value().into()),
                "--markdown" => plan.is_markdown = true,
                "--nodes" => plan.stages.push(Stage::Nodes(number(&value()))),
                "--provider-delay" => plan.stages.push(Stage::ProviderDelay(milliseconds(&value()))),
                "--rate" => plan.rate = Some(rate(&value())),
                "--seconds" => plan.time = Duration::from_secs(number(&value())),
                "--storm" => plan.stages.push(Stage::Storm),
                "--users" => plan.stages.push(Stage::Users(number(&value()))),
                "postgres" => plan.engines.push(Engine::Postgres),
                "sqlite" => plan.engines.push(Engine::Sqlite),
                other => panic!("{other} is none of {USAGE}"),
            }
        }
        if plan.engines.is_empty() {
            plan.engines = vec![Engine::Postgres, Engine::Sqlite];
        }
        if plan.flows.is_empty() {
            plan.flows = Flow::ALL.to_vec();
        }
        plan
    }
}

fn number<N: FromStr>(text: &str) -> N {
    text.parse().unwrap_or_else(|_| panic!("{text} is no number"))
}

fn milliseconds(text: &str) -> Duration {
    Duration::from_millis(number(text.trim_end_matches("ms")))
}

fn rate(text: &str) -> Rate {
    match text.strip_suffix('%') {
        Some(percent) => Rate::Share(number::<f64>(percent) / 100.0),
        None => Rate::PerSecond(number(text)),
    }
}

fn flow(name: &str) -> Flow {
    let found = Flow::ALL.into_iter().find(|flow| flow.name() == name);
    found.unwrap_or_else(|| panic!("{name} is none of {:?}", Flow::ALL.map(Flow::name)))
}
