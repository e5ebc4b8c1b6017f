//! When a span opens, when it closes, and what is sent under it: receive loops, handlers and actors as users
//! write them, looked at through the spans that they leave.

#![allow(dead_code, reason = "a message is sent for its span; what is in it nobody reads")]
#![allow(clippy::unused_async, reason = "a handler is async whether or not it awaits")]
#![allow(clippy::needless_pass_by_value, reason = "a handler takes its message by value")]

mod actors;
mod fanout;
mod handlers;
mod loops;
mod sampling;
mod support;
mod within;
