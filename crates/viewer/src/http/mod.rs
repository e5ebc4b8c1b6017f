//! Serves the page and the API over HTTP/1.1.

mod access;
mod events;
mod impatient;
mod page;
mod query;
mod reply;
mod routes;
mod server;

pub(crate) use access::{Access, is_loopback};
pub(crate) use server::run;
