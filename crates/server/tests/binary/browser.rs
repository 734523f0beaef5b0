//! A client of the service that holds flows and sessions by cookie.

use std::collections::BTreeMap;

use reqwest::{Client as Http, Method, StatusCode, header::SET_COOKIE};
use serde_json::Value;

use crate::{client::http, doorward::Doorward};

pub(crate) struct Browser {
    http: Http,
    url: String,
    /// The cookies it has.
    pub(crate) jar: BTreeMap<String, String>,
}

/// An answer, and the cookies it set.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    pub(crate) set_cookies: Vec<String>,
    pub(crate) clear_site_data: Option<String>,
}

impl Browser {
    pub(crate) fn of(doorward: &Doorward) -> Self {
        Self::at(doorward.url().to_owned())
    }

    /// A browser that calls what answers there.
    pub(crate) fn at(url: String) -> Self {
        Self { http: http(), url, jar: BTreeMap::new() }
    }

    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Page {
        self.send(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn send(&mut self, method: Method, path: &str, body: Option<&Value>) -> Page {
        let cookies: Vec<_> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.http.request(method, format!("{}{path}", self.url)).header("cookie", cookies.join("; "));
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let clear_site_data = header("clear-site-data");
        let set_cookies: Vec<_> =
            response.headers().get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap().to_owned()).collect();
        for cookie in &set_cookies {
            self.keep(cookie);
        }
        let status = response.status();
        let body = serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null);
        Page { status, body, set_cookies, clear_site_data }
    }

    fn keep(&mut self, cookie: &str) {
        let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
        if cookie.contains("Max-Age=0") {
            self.jar.remove(name);
        } else {
            self.jar.insert(name.to_owned(), value.to_owned());
        }
    }
}
