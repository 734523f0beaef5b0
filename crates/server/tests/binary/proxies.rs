//! Real reverse proxies before the service, with the settings that the docs give.

use std::process::Child;

use reqwest::StatusCode;
use serde_json::json;
use tempfile::TempDir;

use crate::{
    client::Client,
    doorward::{Doorward, Engine, World},
    programs::{self, answers, free_port},
};

pub(crate) const PAGE: &str = include_str!("../../../../docs/proxies.md");

/// A proxy before a node; it ends with this value.
pub(crate) struct Proxy {
    child: Child,
    pub(crate) port: u16,
    _folder: TempDir,
}

impl Proxy {
    async fn nginx(node: &Doorward) -> Option<Self> {
        Self::nginx_as(&recipe(PAGE, "nginx", node), "").await
    }

    /// nginx with a recipe whose port is 443, and what else it shall serve.
    pub(crate) async fn nginx_as(recipe: &str, others: &str) -> Option<Self> {
        let program = programs::find("nginx")?;
        let port = free_port();
        let server = recipe.replace("443 ssl", &format!("127.0.0.1:{port}"));
        let server: Vec<_> = server.lines().filter(|line| !line.contains("ssl_certificate")).collect();
        let paths: Vec<_> = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|name| format!("{name}_temp_path {name};"))
            .collect();
        let settings = format!(
            "daemon off; master_process off; pid nginx.pid; error_log error.log; events {{}}\n\
             http {{ access_log off; {} {} {others} }}\n",
            paths.join(" "),
            server.join("\n")
        );
        let folder = programs::folder(&[("nginx.conf", &settings)]);
        let prefix = format!("{}/", folder.path().display());
        let child = programs::start(&program, &folder, &["-p", &prefix, "-e", "error.log", "-c", "nginx.conf"]);
        answers(port).await;
        Some(Self { child, port, _folder: folder })
    }

    async fn haproxy(node: &Doorward) -> Option<Self> {
        let program = programs::find("haproxy")?;
        let port = free_port();
        let bind = format!("bind 127.0.0.1:{port}\n");
        let settings = recipe(PAGE, "haproxy", node);
        let settings = settings.lines().map(|line| if line.contains(" bind ") { &bind } else { line });
        let settings = settings.collect::<Vec<_>>().join("\n");
        let folder = programs::folder(&[("haproxy.cfg", &format!("{settings}\n"))]);
        let child = programs::start(&program, &folder, &["-db", "-f", "haproxy.cfg"]);
        answers(port).await;
        Some(Self { child, port, _folder: folder })
    }

    /// Somebody who calls from that address.
    fn client(&self, address: &str) -> Client {
        Client::from(address.parse().unwrap(), format!("http://localhost:{}", self.port))
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The settings of a page of the docs, for that node.
pub(crate) fn recipe(page: &str, name: &str, node: &Doorward) -> String {
    settings(page, name).replace("127.0.0.1:8080", node.url().strip_prefix("http://").unwrap())
}

/// The settings of a page of the docs, as they stand there.
pub(crate) fn settings<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("<!-- recipe: {name} -->\n\n```")).unwrap();
    let (_, rest) = rest.split_once('\n').unwrap();
    rest.split_once("```").unwrap().0
}

async fn world() -> World {
    let world = World::new(Engine::Sqlite).await;
    world.with("http.trusted_proxies", r#"["127.0.0.1"]"#).with("limits.ip_sends", "3/1h")
}

/// Lets one client use up what an address may ask for, and another one log in.
async fn walk(world: &World, proxy: &Proxy) {
    let (greedy, ada) = (proxy.client("127.0.0.2"), proxy.client("127.0.0.3"));
    let ask = json!({ "phone_number": "+14155552600" });

    let mut asked = Vec::new();
    for _ in 0..4 {
        asked.push(greedy.post("/login", &ask).await.status);
    }
    let spoofed = greedy.post_saying("x-forwarded-for", "203.0.113.7", "/login", &ask).await.status;
    let tokens = ada.member(world, "ada@example.com", "+14155552671").await;

    let (accepted, refused) = (StatusCode::ACCEPTED, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(asked, [accepted, accepted, accepted, refused]);
    assert_eq!(spoofed, refused);
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(ada.get_as(access, "/me").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_nginx_each_client_has_an_address_of_its_own_and_cannot_choose_it() {
    let world = world().await;
    let node = world.serve().await;
    let Some(proxy) = Proxy::nginx(&node).await else { return };

    walk(&world, &proxy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_haproxy_each_client_has_an_address_of_its_own_and_cannot_choose_it() {
    let world = world().await;
    let node = world.serve().await;
    let Some(proxy) = Proxy::haproxy(&node).await else { return };

    walk(&world, &proxy).await;
}
