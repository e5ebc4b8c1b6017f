//! The layers in real servers of axum, tonic and hyper, over TCP, and beside the layers of other crates.

mod beside;
mod browser;
mod grpc;
mod http1;
mod middleware;
mod neighbours;
mod redirects;
mod streams;
mod support;
mod websocket;
