//! When a span opens, when it closes, and what is sent under it: receive loops, handlers and actors as users
//! write them, looked at through the spans that they leave.

mod actors;
mod fanout;
mod handlers;
mod loops;
mod sampling;
mod support;
