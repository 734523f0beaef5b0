//! The routes over the whole service, as its binary puts it together, in memory.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use async_trait::async_trait;
use doorward_app::delivery::Delivery;
use doorward_http::{Health, HttpServer, HttpSettings, Metrics, Running};
use doorward_testkit::{
    MemoryService,
    fakes::{RecordingNotifier, SeededRandom},
    service::policies,
};
use serde_json::{Value, json};
use url::Url;

use crate::wire::ask;

struct Nothing;

#[async_trait]
impl Health for Nothing {
    async fn is_ready(&self) -> bool {
        true
    }
}

impl Metrics for Nothing {
    fn render(&self) -> String {
        String::new()
    }
}

struct Served {
    address: SocketAddr,
    running: Running,
    delivery: Delivery,
    mail: Arc<RecordingNotifier>,
    sms: Arc<RecordingNotifier>,
}

impl Served {
    fn start() -> Self {
        let service = MemoryService::new(policies());
        let [public, ops] = [0, 0].map(|port| TcpListener::bind(("127.0.0.1", port)).unwrap());
        let address = public.local_addr().unwrap();
        let delivery = service.delivery.clone();
        let http = HttpServer {
            app: Arc::new(service.app),
            settings: HttpSettings::new(Url::parse("https://auth.example.com").unwrap()),
            health: Arc::new(Nothing),
            metrics: Arc::new(Nothing),
            sms_reports: None,
            inbox: None,
            random: Arc::new(SeededRandom::new(1)),
        };
        Self { address, running: http.start(public, ops).unwrap(), delivery, mail: service.mail, sms: service.sms }
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let body = body.to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: auth.example.com\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = ask(self.address, &request).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap())
    }

    async fn code(&self, to: &str) -> String {
        while self.delivery.run_once().await.unwrap().claimed > 0 {}
        self.mail.last_code(to).or_else(|| self.sms.last_code(to)).unwrap()
    }
}

#[tokio::test]
async fn who_registers_and_proves_address_and_number_has_a_session() {
    let served = Served::start();
    let (email, phone) = ("ada@example.com", "+14155552671");

    let person = json!({ "first_name": "Ada", "email": email, "phone_number": phone, "password": "teal-otter-9-quarry-lamp", "carrier": "token" });
    let (registered, flow) = served.post("/register", &person).await;
    let code = json!({ "otp": served.code(email).await, "flow_token": flow["flow_token"] });
    let (verified, account) = served.post("/verify_email", &code).await;
    let login = json!({ "phone_number": phone, "flow_token": account["flow_token"], "carrier": "token" });
    let (started, flow) = served.post("/login", &login).await;
    let code = json!({ "otp": served.code(phone).await, "flow_token": flow["flow_token"] });
    let (entered, session) = served.post("/otp_verification", &code).await;

    assert_eq!((registered, verified, started, entered), (202, 201, 202, 200), "{flow} {account} {session}");
    let (refreshed, renewed) =
        served.post("/token/refresh", &json!({ "refresh_token": session["refresh_token"] })).await;
    assert_eq!(refreshed, 200, "{renewed}");
    assert_ne!(renewed["refresh_token"], session["refresh_token"]);
    served.running.stop().await;
}
