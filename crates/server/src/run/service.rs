use std::{net::TcpListener, sync::Arc};

use anyhow::Context;
use async_trait::async_trait;
use doorward_app::Store;
use doorward_crypto::OsRandom;
use doorward_http::{Health, HttpServer, dev::Inbox};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    background_jobs,
    delivery::{deliver, deliver_leased},
    retention_jobs::RetentionJobs,
    signals::asked_to_stop,
};
use crate::{
    metrics::{self, Exporter},
    settings::{self, Settings},
    telemetry,
    wiring::{Database, Keys, Providers, Wiring, http_settings},
};

/// Workers that send messages at once, so that one slow provider does not hold up the rest.
const DELIVERY_WORKERS: usize = 4;

/// The sockets the service answers on.
#[derive(Debug)]
pub(crate) struct Listeners {
    /// For everyone.
    pub(crate) public: TcpListener,
    /// For operators.
    pub(crate) ops: TcpListener,
}

/// The whole service, ready to run.
pub(crate) struct Service {
    /// Its settings.
    pub(crate) settings: Settings,
    /// Its database, migrated.
    pub(crate) database: Database,
    /// Its keys.
    pub(crate) keys: Keys,
    /// Its ways out to people.
    pub(crate) providers: Providers,
    /// Where messages are captured, in dev.
    pub(crate) inbox: Option<Arc<Inbox>>,
}

impl Listeners {
    /// Takes the addresses, before anything else is begun.
    pub(crate) fn bind(http: &settings::Http) -> anyhow::Result<Self> {
        let bind = |address, name| {
            TcpListener::bind(address).with_context(|| format!("{name} = {address} cannot be listened on"))
        };
        Ok(Self { public: bind(http.listen, "http.listen")?, ops: bind(http.ops_listen, "http.ops_listen")? })
    }
}

impl Service {
    /// Runs until the process is asked to stop, then answers what it has accepted and ends.
    pub(crate) async fn run(self, listeners: Listeners) -> anyhow::Result<()> {
        let metrics = metrics::record()?;
        background_jobs::set_clock(&self.keys.clock, &self.database).await?;
        let store = self.database.store();
        let wiring = Wiring::new(&self.settings, &store, &self.keys, self.providers.clone())?;
        // Before the first call, which could tell an imported account by its time.
        wiring.password_costs.refresh().await?;
        // A node that has just started must know that SMS is paused.
        wiring.app.delivery.gate.keep_in_step().await?;
        let (health, exporter) = (self.database.clone(), Exporter::new(metrics.clone(), self.database.clone()));
        let settings = http_settings(&self.settings);
        let http = HttpServer {
            delivery_reports: self.providers.reports.clone(),
            inbox: self.inbox.clone(),
            adopt_parent: telemetry::adopt_parent(&self.settings.telemetry),
            ..HttpServer::new(wiring.app.clone(), settings, Arc::new(health), Arc::new(exporter), Arc::new(OsRandom))
        };
        let (public, ops) = (listeners.public.local_addr()?, listeners.ops.local_addr()?);
        let server = http.start(listeners.public, listeners.ops).context("the HTTP server cannot be started")?;
        tracing::info!(http.listen = %public, http.ops_listen = %ops, "serving");
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        self.spawn(&tasks, &store, &wiring, &stop);
        tasks.spawn(background_jobs::keep_metrics_small(metrics, stop.clone()));
        asked_to_stop().await?;
        tracing::info!("stopping");
        let ending = async {
            server.stop().await;
            stop.cancel();
            tasks.close();
            tasks.wait().await;
            self.database.close().await;
        };
        tokio::select! {
            () = ending => tracing::info!("stopped"),
            asked = asked_to_stop() => {
                asked?;
                tracing::warn!("shutdown forced by a second signal");
            }
        }
        Ok(())
    }

    fn spawn(&self, tasks: &TaskTracker, store: &Arc<dyn Store>, wiring: &Wiring, stop: &CancellationToken) {
        let app = &wiring.app;
        for _ in 0..DELIVERY_WORKERS {
            let (delivery, signal) = (app.delivery.clone(), wiring.signal.clone());
            tasks.spawn(deliver(delivery, signal, self.settings.delivery.poll, stop.clone()));
        }
        tasks.spawn(deliver_leased(app.delivery.clone(), wiring.signal.clone(), stop.clone()));
        let interval = self.settings.keys.reload_every;
        tasks.spawn(background_jobs::keep_in_step(self.keys.clone(), self.database.clone(), interval, stop.clone()));
        tasks.spawn(background_jobs::reseal(self.keys.maintenance.clone(), interval, stop.clone()));
        tasks.spawn(background_jobs::watch_password_costs(wiring.password_costs.clone(), stop.clone()));
        tasks.spawn(background_jobs::detect_spray(app.limiter.clone(), stop.clone()));
        let gate = app.delivery.gate.clone();
        let buckets = app.buckets.clone();
        tasks.spawn(background_jobs::settle_limits(gate, buckets, self.keys.clock.clone(), stop.clone()));
        tasks.spawn(background_jobs::apply_pending_changes(app.binding.clone(), app.totp.clone(), stop.clone()));
        tasks.spawn(background_jobs::learn_deliveries(app.delivery.clone(), stop.clone()));
        tasks.spawn(background_jobs::count_entered_codes(app.delivery.clone(), stop.clone()));
        tasks.spawn(background_jobs::drop_void_claims(app.claim_drops.clone(), stop.clone()));
        let retention = RetentionJobs {
            retention: &self.settings.retention,
            policy: app.authentication.policy,
            setup_ttl: self.settings.flow.ttl,
            clock: self.keys.clock.clone(),
            tasks,
            stop,
        };
        retention.purge_people(store);
        retention.purge_counts(store);
    }
}

#[async_trait]
impl Health for Database {
    async fn is_ready(&self) -> bool {
        self.is_writable().await
    }
}
