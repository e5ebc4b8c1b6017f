// The program, without the line that imports `mpsc`.

use std::future::Future;
use std::pin::pin;
use std::task::Context;
use std::time::Duration;

use mpsc::error::{SendError, SendTimeoutError, TryRecvError, TrySendError};

use crate::support::{Log, Note, Wakes, panic_of, poll_once};

include!("sending.rs");
include!("permits.rs");
include!("receiving.rs");
include!("cancelling.rs");
include!("unbounded.rs");
include!("blocking.rs");
include!("budget.rs");

/// Runs the program, and returns the results of each section.
pub(crate) async fn run() -> Vec<(&'static str, Vec<String>)> {
    macro_rules! sections {
        ($($section:ident)*) => {
            [$({
                let mut log = Log::default();
                $section(&mut log).await;
                (stringify!($section), log.into_lines())
            }),*]
            .into()
        };
    }
    sections! {
        sending send_errors timeouts handles weak_senders closing_from_the_sender
        permits many_permits owned_permits permits_of_a_closed_channel
        receiving receiving_many polling polling_many draining_after_close dropping_the_receiver
        dropped_receives dropped_sends selecting
        unbounded unbounded_errors unbounded_receiving unbounded_handles
        blocking blocking_many panics
        without_budget_there_is_room without_budget_it_is_full without_budget_it_is_closed
    }
}
