//! Middleware for every request and response.

mod cors;
mod cross_site;
mod head;
mod headers;
mod host;
mod middleware;
mod problems;
mod request_id;
mod unread_body;
mod untrusted_proxy;

pub use middleware::{AdoptParent, Edge};
pub use problems::not_found;
pub use request_id::RequestId;
