//! Traces through actix in one process, looked at through the spans that are left.

/// A message with this result.
macro_rules! message {
    ($name:ident $fields:tt -> $result:ty) => {
        #[traced_actor(actix)]
        struct $name $fields;

        impl Message for $name {
            type Result = $result;
        }
    };
}

mod answers;
#[path = "../../../ractor/tests/shared/caused.rs"]
mod caused;
mod failures;
mod foreign;
mod guild;
mod idioms;
mod matrix;
mod options;
mod ordinary;
mod own_work;
mod sends;
mod services;
mod starts;
mod stress;
mod threads;

use std::future::Future;
use std::time::Duration;

use actix::{Actor, Addr};

use crate::caused::{Cause, caused};

/// Waits until an actor has ended.
async fn ended<A: Actor>(actor: &Addr<A>) {
    while actor.connected() {
        actix::clock::sleep(Duration::from_millis(1)).await;
    }
}

/// Runs a test in an actix system of its own.
fn run<T>(test: impl Future<Output = T>) -> T {
    actix::System::new().block_on(test)
}
