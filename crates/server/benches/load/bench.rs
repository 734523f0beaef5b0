//! All flows on one database, stage by stage.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    codes::Codes,
    database::Database,
    doorward::{Engine, World},
    fill,
    floors::Floor,
    flows::{Client, Flow, Phones, ResourceServer},
    mail,
    measure::{Measured, measure, measure_at},
    person::{Person, text},
    plan::{Plan, Rate},
    random::Random,
    report::{Fact, Report, Row, Share},
    running::Running,
    sms::Provider,
    stages::Stage,
    storm::Storm,
    worlds,
};

/// So many times as many clients are there for a given rate, that one is free.
const SPARE: usize = 4;

pub(crate) struct Bench<'b> {
    plan: &'b Plan,
    report: &'b mut Report,
    engine: Engine,
    world: World,
    codes: Codes,
    provider: Provider,
    people: Vec<Person>,
    resource_server: ResourceServer,
    /// The rates of the floors that were measured.
    floors: BTreeMap<Floor, f64>,
    stage: Stage,
    /// Users that were filled in.
    users: usize,
    nodes: usize,
    delay: Duration,
}

impl<'b> Bench<'b> {
    /// Starts the service for the first time, with those who will call.
    pub(crate) async fn new(plan: &'b Plan, engine: Engine, report: &'b mut Report) -> Self {
        println!("\n{engine:?}");
        let codes = Codes::default();
        let (provider, sms) = Provider::start(codes.clone()).await;
        let world = worlds::wide(engine, &sms, &mail::serve(codes.clone()).await).await;
        let (mut node, first_answer) = worlds::start(&world).await;
        let spare = if plan.rate.is_some() { SPARE } else { 1 };
        let storming = if plan.stages.contains(&Stage::Storm) { plan.clients } else { 0 };
        let people = Person::all(node.url(), &codes, plan.clients * spare + storming).await;
        assert!(node.terminate());
        let added = world.ask(&["client", "add", "orders"]);
        let resource_server = ResourceServer { id: text(&added, "id"), secret: text(&added, "secret") };
        let floors = BTreeMap::new();
        let (stage, users, nodes, delay) = (Stage::Plain, 0, 1, Duration::ZERO);
        let mut bench = Self {
            plan,
            report,
            engine,
            world,
            codes,
            provider,
            people,
            resource_server,
            floors,
            stage,
            users,
            nodes,
            delay,
        };
        bench.note("first answer on a new database", milliseconds(first_answer), "ms");
        bench
    }

    pub(crate) async fn run(mut self) {
        // Nodes on several machines cannot share a file.
        let engine = self.engine;
        let is_possible = |stage: &&Stage| engine == Engine::Postgres || !matches!(stage, Stage::Nodes(_));
        for stage in self.plan.stages.iter().filter(is_possible) {
            println!("\n{}, {stage}", self.name());
            self.stage = *stage;
            self.prepare();
            self.round().await;
        }
    }

    /// Makes what the stage asks for, while no node runs.
    fn prepare(&mut self) {
        let database = Database::of(&self.world, self.engine);
        match self.stage {
            Stage::Plain | Stage::Storm => {}
            Stage::Users(count) => {
                fill::users(&database, self.users..count);
                self.users = count;
            }
            Stage::Backlog(count) => fill::backlog(&database, count),
            Stage::Nodes(count) => self.nodes = count,
            Stage::ProviderDelay(delay) => self.delay = delay,
        }
    }

    /// Starts the nodes, measures every flow, and stops them.
    async fn round(&mut self) {
        let mut nodes = Vec::new();
        for _ in 0..self.nodes {
            let (node, first_answer) = worlds::start(&self.world).await;
            self.note("first answer", milliseconds(first_answer), "ms");
            nodes.push(node);
        }
        let postgres = (self.engine == Engine::Postgres).then(|| self.world.postgres().url());
        let running = Running::new(nodes, postgres).await;
        self.note("memory idle", running.meter.memory_mb() as f64, "MB");
        self.note("idle CPU of the service", running.idle.service_cpu_ms, "ms a second");
        if let Some(postgres) = running.idle.postgres {
            self.note("idle CPU of Postgres", postgres.cpu_ms, "ms a second");
            self.note("idle statements", postgres.statements.unwrap_or_default(), "a second");
        }
        for flow in &self.plan.flows {
            self.flow(&running, *flow).await;
        }
        self.note("memory after that", running.meter.memory_mb() as f64, "MB");
        running.stop();
    }

    /// Measures a flow, and the same at a given rate if one is asked for.
    async fn flow(&mut self, running: &Running, flow: Flow) {
        let (floor, of) = self.floor(flow).await;
        let clients = self.clients(running, flow, self.plan.clients).await;
        let mut row = self.measured(running, flow.name(), measure(clients, self.plan.time)).await;
        row.of_floor = Some(Share { of, share: row.per_second / floor });
        let per_second = self.plan.rate.map(|rate| match rate {
            Rate::PerSecond(rate) => rate,
            Rate::Share(share) => row.per_second * share,
        });
        self.report.add(row);
        if let Some(per_second) = per_second {
            let clients = self.clients(running, flow, self.plan.clients * SPARE).await;
            let name = format!("{} at a given rate", flow.name());
            let row = self.measured(running, &name, measure_at(clients, per_second, self.plan.time)).await;
            self.report.add(row);
        }
    }

    /// Measures, and reads what it costs.
    async fn measured(&self, running: &Running, name: &str, measuring: impl Future<Output = Measured>) -> Row {
        let storm = (self.stage == Stage::Storm).then(|| self.storm(running));
        let (measured, spent) = running.watch(measuring).await;
        let mut row = Row::new(self.name(), self.stage, name, &measured);
        // What a storm costs is not this flow's.
        row.spent = storm.is_none().then_some(spent);
        row
    }

    fn storm(&self, running: &Running) -> Storm {
        let people = &self.people[self.people.len() - self.plan.clients..];
        Storm::of(people.iter().zip(running.urls()).map(|(person, url)| person.at(url)).collect())
    }

    /// The baseline of the flow's rate.
    async fn floor(&mut self, flow: Flow) -> (f64, &'static str) {
        if flow.is_texted() && self.delay > Duration::ZERO {
            return (self.plan.clients as f64 / self.delay.as_secs_f64(), "what the wait allows");
        }
        let floor = flow.floor();
        if let Some(rate) = self.floors.get(&floor) {
            return (*rate, floor.name());
        }
        let measured = floor.measure(&self.world, self.engine, self.plan.clients, self.plan.time).await;
        let name = format!("floor: {}", floor.name());
        self.report.add(Row::new(self.name(), self.stage, &name, &measured));
        self.floors.insert(floor, measured.rate());
        (measured.rate(), floor.name())
    }

    /// So many clients of the flow, in turn at each node, each with a session of its own.
    async fn clients(&self, running: &Running, flow: Flow, count: usize) -> Vec<Client> {
        let mut clients = Vec::with_capacity(count);
        self.provider.delay(Duration::ZERO);
        for (n, url) in (0..count).zip(running.urls()) {
            let person = self.people[n].at(url).logged_in(&self.codes).await;
            let phones = match self.users / count {
                0 => Phones::Own,
                of => Phones::Filled { first: n, step: count, count: of, random: Random::seeded(n as u64) },
            };
            let (codes, resource_server) = (self.codes.clone(), self.resource_server.clone());
            clients.push(Client { flow, person, phones, codes, resource_server });
        }
        self.provider.delay(self.delay);
        clients
    }

    fn note(&mut self, name: &'static str, value: f64, unit: &'static str) {
        let (engine, stage) = (self.name(), self.stage.to_string());
        self.report.note(Fact { engine, stage, name, value, unit });
    }

    const fn name(&self) -> &'static str {
        match self.engine {
            Engine::Postgres => "Postgres",
            Engine::Sqlite => "SQLite",
        }
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
