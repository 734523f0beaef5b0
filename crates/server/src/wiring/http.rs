use doorward_http::HttpSettings;

use super::policies::{password_policy, sms_policy};
use crate::settings::Settings;

/// The settings of the HTTP interface.
pub(crate) fn http_settings(settings: &Settings) -> HttpSettings {
    let http = &settings.http;
    let own_problems = format!("{}{}/problems/", http.public_url.as_str().trim_end_matches('/'), http.base_path);
    HttpSettings {
        problem_base: http.problem_base.clone().unwrap_or(own_problems),
        base_path: http.base_path.clone(),
        allowed_origins: http.allowed_origins.clone(),
        allowed_headers: http.allowed_headers.clone(),
        body_timeout: http.body_timeout,
        keep_alive: http.keep_alive,
        shutdown_delay: http.shutdown_delay,
        trusted_proxies: http.trusted_proxies.clone(),
        client_ip_header: http.client_ip_header.clone(),
        password: password_policy(settings),
        sms: sms_policy(settings),
        default_region: settings.phone.default_region,
        ..HttpSettings::new(http.public_url.clone())
    }
}
