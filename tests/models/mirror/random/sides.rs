//! The two channels.

use traced_actor::sync::mpsc;
use traced_actor::{TracedExt, traced_actor};

use super::check::complete;
use super::log::Seen;
use super::program::{Program, Scope};

mod tokios {
    use tokio::sync::mpsc;
    include!("machine.rs");
}

mod traced {
    use traced_actor::sync::mpsc;
    include!("machine.rs");
}

pub(crate) fn theirs(program: &Program) -> Vec<Seen> {
    complete(program, tokios::run(program))
}

pub(crate) fn ours(program: &Program) -> Vec<Seen> {
    match program.scope {
        Scope::Outside => complete(program, traced::run(program)),
        Scope::Flow => complete(program, traced::run(program).traced()),
        Scope::Message => complete(program, within_message(program).traced()),
    }
}

/// The message in whose span the program runs.
#[traced_actor(start = always)]
struct Start;

async fn within_message(program: &Program) {
    let (sender, mut receiver) = mpsc::channel(1);
    sender.try_send(Start).ok();
    assert!(receiver.try_recv().is_ok());
    traced::run(program).await;
}
