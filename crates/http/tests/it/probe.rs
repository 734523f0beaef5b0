use std::{sync::Arc, time::Duration};

use actix_web::{
    App, Error, HttpRequest, HttpResponse,
    body::MessageBody,
    dev::{Service, ServiceFactory, ServiceRequest, ServiceResponse},
    http::header::HeaderMap,
    test, web,
};
use doorward_http::{
    Body, CookieKind, Edge, FromFields, HttpSettings, Origin, OwnCookies, Problem, Reader, detach, not_found,
};
use doorward_kernel::{EmailAddress, PhoneNumber, Random, StoreError};
use doorward_otp::Code;
use serde_json::Value;
use url::Url;

pub(crate) const LISTED: &str = "https://app.test";

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.body);
        self.json()["code"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn settings() -> HttpSettings {
    let mut settings = HttpSettings::new(Url::parse("https://auth.example.com").unwrap());
    settings.allowed_origins = vec![Origin::parse(LISTED).unwrap()];
    settings.body_timeout = Duration::from_millis(20);
    settings
}

/// Sends one request to the probes.
pub(crate) async fn send(request: test::TestRequest) -> Answer {
    send_with(settings(), request).await
}

pub(crate) async fn send_with(settings: HttpSettings, request: test::TestRequest) -> Answer {
    let app = test::init_service(app(settings)).await;
    match app.call(request.to_request()).await {
        Ok(response) => read(response.into_parts().1.map_into_boxed_body()).await,
        Err(error) => read(error.error_response()).await,
    }
}

async fn read(response: HttpResponse) -> Answer {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = actix_web::body::to_bytes(response.into_body()).await.unwrap();
    Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

pub(crate) fn app(
    settings: HttpSettings,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .service(web::resource("/verify").route(web::post().to(verify)))
        .service(web::resource("/number").route(web::post().to(number)))
        .service(web::resource("/things/{id}").route(web::get().to(thing)).route(web::delete().to(thing)))
        .service(web::resource("/page").route(web::get().to(page)))
        .service(web::resource("/cookie").route(web::post().to(cookie)))
        .service(web::resource("/panic").route(web::post().to(panics)))
        .service(web::resource("/detached-panic").route(web::post().to(panics_detached)))
        .service(web::resource("/down").route(web::get().to(down)))
        .service(web::resource("/broken").route(web::get().to(broken)))
        .service(web::resource("/foreign").route(web::get().to(foreign)))
        .service(web::resource("/oauth").route(web::post().to(oauth)))
        .default_service(web::to(not_found))
        .wrap(Edge::new(Arc::new(settings), Arc::new(Counter)))
}

struct Counter;

impl Random for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0xab);
    }
}

struct Verify {
    otp: Code,
    email: Option<EmailAddress>,
}

impl FromFields for Verify {
    fn read(fields: &mut Reader) -> Option<Self> {
        let otp = fields.required("otp", Code::parse);
        let email = fields.optional("email", EmailAddress::parse);
        Some(Self { otp: otp?, email })
    }
}

async fn verify(Body(body): Body<Verify>) -> Result<HttpResponse, Problem> {
    detach(async move { assert!(!body.otp.reveal().is_empty() || body.email.is_some()) }).await?;
    Ok(HttpResponse::Ok().json(serde_json::json!({})))
}

struct Number(PhoneNumber);

impl FromFields for Number {
    fn read(fields: &mut Reader) -> Option<Self> {
        fields.required_phone("phone_number").map(Self)
    }
}

async fn number(Body(Number(number)): Body<Number>) -> HttpResponse {
    HttpResponse::Ok().body(number.as_str().to_owned())
}

async fn thing(id: web::Path<u32>) -> HttpResponse {
    HttpResponse::Ok().json(*id)
}

async fn page() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("content-security-policy", "default-src 'self'"))
        .insert_header(("cache-control", "public, max-age=300"))
        .body("<p>")
}

async fn cookie(request: HttpRequest) -> Problem {
    let cookies = OwnCookies::new(&settings());
    assert!(!cookies.has_any(request.headers()));
    Problem::flow_closed().with_cookie(cookies.clear(CookieKind::Flow))
}

async fn panics() -> HttpResponse {
    panic!("on purpose")
}

async fn panics_detached() -> Result<HttpResponse, Problem> {
    detach(async { panic!("on purpose") }).await.map(|()| HttpResponse::Ok().finish())
}

async fn down() -> Result<HttpResponse, Problem> {
    Err(StoreError::unavailable("postgres://user:pass@db refused").into())
}

async fn broken() -> Result<HttpResponse, Problem> {
    Err(Problem::internal("secret detail"))
}

async fn foreign() -> Result<HttpResponse, Error> {
    Err(actix_web::error::ErrorBadGateway("internals"))
}

async fn oauth() -> HttpResponse {
    HttpResponse::BadRequest().json(serde_json::json!({ "error": "invalid_request" }))
}
