//! The OpenAPI document: what handlers take and map, told to those who call them.
//!
//! A success stands in the attribute of its handler. The problems of a call are the [`Refusals`] of what its handler
//! takes, and of the errors that the table of routes names beside it; whatever every call may answer is added here.

mod bodies;
mod document;
mod headers;
mod problems;
mod refusals;
mod security;
mod unions;

pub use document::openapi_json;

pub(crate) use bodies::Bodies;
pub(crate) use document::document;
pub(crate) use headers::Headers;
pub(crate) use problems::Problems;
pub(crate) use refusals::{Operation, Refusals, of_handler, refusals};
pub(crate) use security::Security;
pub(crate) use unions::Unions;
