//! A page to read every call and to try it, made of the OpenAPI document by a script of its own.

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    web,
};

use crate::{Body, body::NoFields};

/// Scripts, styles and calls of our own alone, and no frame around them.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// As long as the OpenAPI document; both change with a release.
const CACHE: &str = "public, max-age=300";

/// Mounts the page.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    for (path, kind, text) in [
        ("/docs", "text/html; charset=utf-8", include_str!("page.html")),
        ("/docs/page.css", "text/css; charset=utf-8", include_str!("page.css")),
        ("/docs/page.js", "text/javascript; charset=utf-8", include_str!("page.js")),
    ] {
        let file = move |_: Body<NoFields>| async move {
            let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, CACHE), (CONTENT_SECURITY_POLICY, POLICY)];
            let mut answer = HttpResponse::Ok();
            for header in headers {
                answer.insert_header(header);
            }
            answer.body(text)
        };
        config.service(web::resource(path).route(web::get().to(file)));
    }
}
