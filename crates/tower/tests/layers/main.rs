//! The layers around services that are functions. Real servers are in `crates/tower/servers`.

mod baggage;
mod body;
mod client;
mod filter;
mod limit;
mod passed;
mod server;
mod stacked;
mod support;
