use std::{io, net::TcpListener, sync::Arc, time::Duration};

use actix_web::{
    dev::{Server, ServerHandle},
    web,
};
use doorward_kernel::Random;
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{
    AdoptParent, App, DeliveryReports, Edge, Health, HttpSettings, Metrics,
    dev::{self, Inbox},
    docs,
    drain::{Drain, ignore_new, refuse_new},
    health, metrics, not_found, routes,
};

/// The longest time that a request's head may take to arrive.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest time that a client may take to close after the answer to a body that was not read to its end.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// The longest time that requests under way may take once the service takes no connections, in seconds.
const DRAIN: u64 = 20;
/// The same for operators, who ask again.
const OPS_DRAIN: u64 = 1;
/// The longest time that what was connected before may take to be accepted; a handshake with a client farther away is reset.
const ACCEPTING: Duration = Duration::from_millis(100);
/// The longest time that the first request on a new connection may take to arrive, or the next one on an old one.
const UNDER_WAY: Duration = Duration::from_secs(1);

/// The HTTP face, ready to listen.
pub struct HttpServer {
    /// The use cases.
    pub app: Arc<App>,
    /// The settings.
    pub settings: HttpSettings,
    /// Whether the service can do its work.
    pub health: Arc<dyn Health>,
    /// The metrics it counts in.
    pub metrics: Arc<dyn Metrics>,
    /// The reader of reports on messages to telephones, where a provider sends them.
    pub delivery_reports: Option<Arc<dyn DeliveryReports>>,
    /// The captured messages, in dev.
    pub inbox: Option<Arc<Inbox>>,
    /// Makes request ids.
    pub random: Arc<dyn Random>,
    /// Keeps the parent that a caller's `traceparent` names, where traces are sent.
    pub adopt_parent: Option<AdoptParent>,
}

/// The HTTP face while it listens.
pub struct Running {
    public: Started,
    ops: Started,
    /// The socket that `public` accepts from.
    listener: TcpListener,
    drain: Arc<Drain>,
    shutdown_delay: Duration,
    inbox: Option<Arc<Inbox>>,
}

/// A server that listens.
struct Started {
    handle: ServerHandle,
    task: JoinHandle<io::Result<()>>,
}

impl HttpServer {
    /// One that reads no reports on deliveries, keeps no captured messages and belongs to no traces of callers.
    pub fn new(
        app: Arc<App>,
        settings: HttpSettings,
        health: Arc<dyn Health>,
        metrics: Arc<dyn Metrics>,
        random: Arc<dyn Random>,
    ) -> Self {
        Self { app, settings, health, metrics, delivery_reports: None, inbox: None, random, adopt_parent: None }
    }

    /// Listens for everyone and for operators; must be called on a Tokio runtime.
    pub fn start(self, public: TcpListener, ops: TcpListener) -> io::Result<Running> {
        let (drain, shutdown_delay, listener) =
            (Arc::new(Drain::default()), self.settings.shutdown_delay, public.try_clone()?);
        let inbox = self.inbox.clone();
        let ops = Started::new(self.ops(ops, drain.clone())?);
        let public = Started::new(self.public(public, drain.clone())?);
        Ok(Running { public, ops, listener, drain, shutdown_delay, inbox })
    }

    fn public(self, listener: TcpListener, drain: Arc<Drain>) -> io::Result<Server> {
        let settings = Arc::new(self.settings);
        let (app, shared) = (web::Data::from(self.app), web::Data::from(settings.clone()));
        let inbox = self.inbox.map(web::Data::from);
        let reports = self.delivery_reports.map(web::Data::from);
        // One for all workers: what it warns of, it warns of once.
        let edge = Edge::new(settings.clone(), self.random).draining(drain.clone()).adopting(self.adopt_parent);
        let keep_alive = settings.keep_alive;
        let service = move || {
            let mount = |config: &mut web::ServiceConfig| {
                routes::configure(config);
                docs::configure(config);
                if let Some(reports) = &reports {
                    config.app_data(reports.clone());
                    routes::configure_delivery_reports(config);
                }
                if let Some(inbox) = &inbox {
                    config.app_data(inbox.clone());
                    dev::configure(config);
                }
            };
            actix_web::App::new()
                .app_data(app.clone())
                .app_data(shared.clone())
                .service(web::scope(&settings.base_path).configure(mount).default_service(web::to(not_found)))
                .default_service(web::to(not_found))
                .wrap(edge.clone())
        };
        let server = actix_web::HttpServer::new(service)
            .client_request_timeout(HEAD_TIMEOUT)
            .client_disconnect_timeout(DISCONNECT_TIMEOUT)
            .keep_alive(keep_alive)
            .shutdown_timeout(DRAIN)
            .on_connect(move |_, data| drain.count(data))
            .disable_signals()
            .listen(listener)?;
        Ok(server.run())
    }

    fn ops(&self, listener: TcpListener, drain: Arc<Drain>) -> io::Result<Server> {
        let (health, numbers) = (web::Data::from(self.health.clone()), web::Data::from(self.metrics.clone()));
        let edge = Edge::of_ops(Arc::new(self.settings.clone()), self.random.clone());
        let service = move || {
            actix_web::App::new()
                .app_data(health.clone())
                .app_data(web::Data::from(drain.clone()))
                .app_data(numbers.clone())
                .wrap(edge.clone())
                .service(web::resource("/livez").route(web::get().to(health::livez)))
                .service(web::resource("/readyz").route(web::get().to(health::readyz)))
                .service(web::resource("/metrics").route(web::get().to(metrics::metrics)))
        };
        let server = actix_web::HttpServer::new(service)
            .workers(1)
            .shutdown_timeout(OPS_DRAIN)
            .disable_signals()
            .listen(listener)?;
        Ok(server.run())
    }
}

impl Running {
    /// Tells that the service is to stop, takes no connections after the delay, and waits until what was accepted is
    /// answered.
    pub async fn stop(self) {
        self.drain.begin();
        // Its followers would wait for ever.
        if let Some(inbox) = &self.inbox {
            inbox.close();
        }
        sleep(self.shutdown_delay).await;
        if ignore_new(&self.listener) {
            sleep(ACCEPTING).await;
        }
        // Actix drops what it has accepted and not yet read; so nothing may be left of that. It does not wait for the
        // thread that accepts, which may say that it failed to.
        self.public.handle.pause().await;
        refuse_new(&self.listener);
        drop(self.listener);
        // An error says that idle ones are still open, which are closed now.
        let _ = timeout(UNDER_WAY, self.drain.all_closed()).await;
        self.public.stop().await;
        self.ops.stop().await;
    }
}

impl Started {
    fn new(server: Server) -> Self {
        Self { handle: server.handle(), task: tokio::spawn(server) }
    }

    /// Ends it once the requests under way are answered.
    async fn stop(self) {
        self.handle.stop(true).await;
        if let Ok(Err(error)) = self.task.await {
            tracing::error!(error = &error as &dyn std::error::Error, "an HTTP server failed");
        }
    }
}
