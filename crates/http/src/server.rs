use std::{io, net::TcpListener, sync::Arc, time::Duration};

use actix_web::{
    dev::{Server, ServerHandle},
    web,
};
use doorward_kernel::Random;
use tokio::task::JoinHandle;

use crate::{
    App, Edge, Health, HttpSettings, Metrics, SmsReports,
    dev::{Inbox, inbox_route},
    docs, health, metrics, not_found, routes,
};

/// How long a request's head may take to arrive.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a client may take to close after the answer to a body that was not read to its end.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long requests under way may take once the service is asked to stop, in seconds.
const DRAIN: u64 = 20;

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
    /// The reader of reports on SMS, where a provider sends them.
    pub sms_reports: Option<Arc<dyn SmsReports>>,
    /// The captured messages, in dev.
    pub inbox: Option<Arc<Inbox>>,
    /// Makes request ids.
    pub random: Arc<dyn Random>,
}

/// The HTTP face while it listens.
pub struct Running {
    servers: Vec<(ServerHandle, JoinHandle<io::Result<()>>)>,
}

impl HttpServer {
    /// Listens for everyone and for operators; must be called on a Tokio runtime.
    pub fn start(self, public: TcpListener, ops: TcpListener) -> io::Result<Running> {
        let servers = [self.ops(ops)?, self.public(public)?];
        Ok(Running { servers: servers.map(|server| (server.handle(), tokio::spawn(server))).into() })
    }

    fn public(self, listener: TcpListener) -> io::Result<Server> {
        let settings = Arc::new(self.settings);
        let (app, shared) = (web::Data::from(self.app), web::Data::from(settings.clone()));
        let inbox = self.inbox.map(web::Data::from);
        let reports = self.sms_reports.map(web::Data::from);
        // One for all workers: what it warns of, it warns of once.
        let edge = Edge::new(settings.clone(), self.random);
        let service = move || {
            let mount = |config: &mut web::ServiceConfig| {
                routes::configure(config);
                docs::configure(config);
                if let Some(reports) = &reports {
                    config.app_data(reports.clone());
                    routes::configure_sms_reports(config);
                }
                if let Some(inbox) = &inbox {
                    let route = web::resource("/dev/inbox").route(web::get().to(inbox_route));
                    config.app_data(inbox.clone()).service(route);
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
            .keep_alive(KEEP_ALIVE)
            .shutdown_timeout(DRAIN)
            .disable_signals()
            .listen(listener)?;
        Ok(server.run())
    }

    fn ops(&self, listener: TcpListener) -> io::Result<Server> {
        let (health, numbers) = (web::Data::from(self.health.clone()), web::Data::from(self.metrics.clone()));
        let edge = Edge::of_ops(Arc::new(self.settings.clone()), self.random.clone());
        let service = move || {
            actix_web::App::new()
                .app_data(health.clone())
                .app_data(numbers.clone())
                .wrap(edge.clone())
                .route("/livez", web::get().to(health::livez))
                .route("/readyz", web::get().to(health::readyz))
                .route("/metrics", web::get().to(metrics::metrics))
        };
        let server = actix_web::HttpServer::new(service).workers(1).disable_signals().listen(listener)?;
        Ok(server.run())
    }
}

impl Running {
    /// Stops listening and waits until what was accepted is answered.
    pub async fn stop(self) {
        for (handle, server) in self.servers.into_iter().rev() {
            handle.stop(true).await;
            if let Ok(Err(error)) = server.await {
                tracing::error!(error = &error as &dyn std::error::Error, "an HTTP server failed");
            }
        }
    }
}
