//! Traces through actix in one process, looked at through the spans that are left.

mod answers;
mod failures;
mod foreign;
mod guild;
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
use traced_actor::{Envelope, traced_actor};

/// A message whose handling causes others.
#[traced_actor]
struct Cause;

/// Does `work` in the handling of a message.
async fn caused<T>(work: impl Future<Output = T>) -> T {
    let (Cause, mut handling) = Envelope::capture(Cause).open();
    let done = handling.run(work).await;
    handling.end_ok();
    done
}

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
