//! `select!` evaluates the expression of a disabled arm.

use std::future::Future;
use std::pin::Pin;

use futures_util::StreamExt;
use traced_actor::sync::mpsc;
use traced_actor::sync::stream::ReceiverStream;
use traced_actor::{TracedExt, traced_actor};

use crate::cases::WHILE;
use crate::shapes::{Job, Step};
use crate::tree::{Bench, Node, Notes, check, note, span, user};

opening!(Bounded, mpsc, Receiver);

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Work for a message, in a future that the loop keeps: it takes its time, and sends.
fn print(to: mpsc::Sender<Step>, number: u32) -> Work {
    Box::pin(async move {
        tokio::time::sleep(WHILE).await;
        to.send(Step(number)).await.unwrap();
    })
}

#[traced_actor(name = "Tray")]
async fn collect(mut sheets: mpsc::Receiver<Step>, notes: Notes) {
    while let Some(Step(number)) = sheets.recv().await {
        notes.note(format!("sheet {number}"));
    }
}

fn printed() -> Vec<Node> {
    [1, 2]
        .map(|number| {
            user(number, [span("Job/Run", [span("Tray/Step", [note(&format!("sheet {number}"))])])])
        })
        .into()
}

/// A printer that takes the next message when nothing is printed.
macro_rules! printer {
    ($name:ident, [$($attribute:tt)*], |$jobs:ident| $prepare:expr, |$it:ident, $busy:ident| $receive:expr, |$received:ident| $message:expr) => {
        mod $name {
            use super::*;

            $($attribute)*
            async fn run($jobs: mpsc::Receiver<Job>, tray: mpsc::Sender<Step>) {
                let mut $it = $prepare;
                let mut work: Work = Box::pin(std::future::pending());
                let mut $busy = false;
                loop {
                    tokio::select! {
                        $received = $receive, if !$busy => {
                            let message: Option<Job> = $message;
                            let Some(job) = message else { return };
                            work = print(tray.clone(), job.number());
                            $busy = true;
                        }
                        () = &mut work, if $busy => {
                            $busy = false;
                            work = Box::pin(std::future::pending());
                        }
                    }
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    let (tray, sheets) = mpsc::channel(4);
                    let collecting = tokio::spawn(collect(sheets, bench.notes.clone()));
                    run(jobs(&bench, [1, 2]), tray).traced().await;
                    collecting.await.unwrap();
                    bench.lasted("Job/Run", 2, WHILE);
                };
                check(go, printed());
            }
        }
    };
}

printer!(recv, [#[traced_actor(name = "Job")]], |jobs| jobs, |jobs, busy| jobs.recv(), |received| received);
printer!(next_of_a_stream, [], |jobs| ReceiverStream::new(jobs), |jobs, busy| jobs.next(), |received| {
    received
});
printer!(
    within_a_timeout,
    [],
    |jobs| jobs,
    |jobs, busy| tokio::time::timeout(1000 * WHILE, jobs.recv()),
    |received| { received.unwrap_or_default() }
);
printer!(within_a_block, [], |jobs| jobs, |jobs, busy| async { jobs.recv().await }, |received| received);
printer!(
    poll_recv,
    [],
    |jobs| jobs,
    |jobs, busy| std::future::poll_fn(|cx| jobs.poll_recv(cx)),
    |received| { received }
);

/// Two mailboxes, one of which is disabled while the other one's message is worked on, and is not asked meanwhile.
#[test]
fn of_another_mailbox() {
    #[traced_actor(name = "Printer")]
    async fn run(mut jobs: mpsc::Receiver<Job>, mut steps: mpsc::Receiver<Step>, notes: Notes) {
        let (mut job, mut has_step) = (None, false);
        while job.is_none() || !has_step {
            tokio::select! {
                biased;
                received = jobs.recv(), if job.is_none() => {
                    job = received;
                    notes.note("a job");
                }
                received = steps.recv(), if job.is_some() => {
                    assert!(received.is_some());
                    notes.note("a step");
                    has_step = true;
                }
            }
        }
    }

    let go = |bench: Bench| async move {
        let (sender, steps) = crate::channels::channel(crate::channels::Channel::Bounded);
        let crate::channels::Receiver::Bounded(steps) = steps else { unreachable!("asked for") };
        bench.send(&sender, [(2, Step(2))]);
        run(jobs(&bench, [1]), steps, bench.notes).await;
    };
    let expected =
        [user(1, [span("Printer/Run", [note("a job")])]), user(2, [span("Printer/Step", [note("a step")])])];
    check(go, expected);
}
