//! The HTTP face of Doorward: handlers that parse, call a use case and map its answer.
//!
//! Everything that every route has in common is here once. [`Edge`] wraps the application:
//! it names requests, refuses what comes from foreign pages, and writes every failure out as
//! a [`Problem`]. [`Body`] reads what a call takes, all faults at once. [`OwnCookies`] and
//! [`FlowCarrier`] know how clients hold flows and sessions, and [`detach`] sees a use case
//! through to its end.

mod body;
mod caller;
mod context;
mod cookies;
mod delivery_reports;
mod detach;
pub mod dev;
mod docs;
mod drain;
mod edge;
mod errors;
mod flow_carrier;
mod health;
mod known_client;
mod metrics;
mod network;
mod openapi;
mod origin;
mod problem;
mod puzzle;
mod reply;
mod routes;
mod server;
mod session;
mod settings;
pub mod view;

pub use body::{Body, Fields, FromFields, Reader, UnknownFields, fields_of};
pub use caller::Caller;
pub use cookies::{CookieKind, Found, OwnCookies};
pub use delivery_reports::{DeliveryReports, SignedRequest};
pub use detach::detach;
pub use edge::{AdoptParent, Edge, RequestId, not_found};
pub use flow_carrier::{FlowCarrier, ResumableFlows};
pub use health::Health;
pub use metrics::{Metrics, describe_metrics};
pub use network::{Network, NetworkError};
pub use openapi::openapi_json;
pub use origin::{Origin, OriginError};
pub use problem::{FieldError, Problem, ProblemBody, ProblemCode, PuzzleView, ValueError};
pub use server::{HttpServer, Running};
pub use session::{AnySession, FullSession};
pub use settings::HttpSettings;

pub(crate) use context::Context;
pub(crate) use doorward_app::App;
pub(crate) use puzzle::or_puzzle;
pub(crate) use reply::Reply;
pub(crate) use session::has_bearer;
