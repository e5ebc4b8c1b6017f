//! A user's crate with all the lints that it may forbid and deny. The macro must comply.

#![forbid(unsafe_code, missing_docs)]
#![deny(warnings, clippy::pedantic, clippy::nursery, unreachable_pub, missing_debug_implementations)]
#![deny(single_use_lifetimes, unused_qualifications, let_underscore_drop, elided_lifetimes_in_paths)]
#![allow(clippy::future_not_send, reason = "nursery; says of a generic future only that it is generic")]

pub mod documented;
pub mod generic;
pub mod pinned;
pub mod raw;
pub mod switched;
pub mod without_prelude;
