//! Messages of one trace that are received together.

use std::future::poll_fn;
use std::time::Duration;

use traced_actor::sync::mpsc;
use traced_actor::{TracedExt, traced_actor};

use crate::cases::WHILE;
use crate::shapes::{Job, Step};
use crate::support::Recording;
use crate::tree::{Bench, Node, Notes, check, note, span, user};

opening!(Bounded, mpsc, Receiver);

/// The receiver of a closed channel with three messages of one user.
fn three(bench: &Bench) -> mpsc::Receiver<Job> {
    let (sender, receiver) = open();
    bench.send(&sender, [1, 2, 3].map(|number| (1, Job::Run(number))));
    receiver
}

fn batch_of_three() -> Vec<Node> {
    vec![user(1, [span("Worker/batch", [note("3 at once")])]), note("no more")]
}

/// A handler sends three messages, which are one batch below it.
#[test]
fn of_a_handler() {
    #[traced_actor(name = "User")]
    async fn click(_job: Job, lines: mpsc::Sender<Step>) {
        for number in [1, 2, 3] {
            lines.send(Step(number)).await.unwrap();
        }
    }

    #[traced_actor(name = "Worker")]
    async fn run(mut lines: mpsc::Receiver<Step>, notes: Notes) {
        let mut batch = Vec::new();
        while lines.recv_many(&mut batch, 8).await > 0 {
            tokio::time::sleep(WHILE).await;
            notes.note(format!("{} at once", batch.len()));
            batch.clear();
        }
    }

    let go = |bench: Bench| async move {
        let (lines, receiver) = mpsc::channel(8);
        click(bench.sent(1, Job::Run(1)), lines).await;
        run(receiver, bench.notes.clone()).await;
        bench.lasted("Worker/batch", 1, WHILE);
    };
    check(go, [user(1, [span("User/Run", [span("Worker/batch", [note("3 at once")])])])]);
}

/// The batch's span ends when the next batch is received.
#[test]
fn in_two_parts() {
    #[traced_actor(name = "Worker")]
    async fn run(mut jobs: mpsc::Receiver<Job>, notes: Notes) {
        let mut batch = Vec::new();
        while jobs.recv_many(&mut batch, 2).await > 0 {
            notes.note(format!("{} at once", batch.len()));
            batch.clear();
        }
        notes.note("no more");
    }

    let go = |bench: Bench| async move { run(three(&bench), bench.notes).await };
    let spans = [span("Worker/batch", [note("2 at once")]), span("Worker/Run", [note("1 at once")])];
    check(go, [user(1, spans), note("no more")]);
}

#[test]
fn by_poll_recv_many() {
    let go = |bench: Bench| async move {
        let mut jobs = three(&bench);
        let run = async {
            let mut batch = Vec::new();
            while poll_fn(|cx| jobs.poll_recv_many(cx, &mut batch, 8)).await > 0 {
                bench.notes.note(format!("{} at once", batch.len()));
                batch.clear();
            }
            bench.notes.note("no more");
        };
        run.traced().await;
    };
    check(go, [user(1, [span("Job/batch", [note("3 at once")])]), note("no more")]);
}

#[test]
fn by_a_thread() {
    #[traced_actor(name = "Worker")]
    fn run(mut jobs: mpsc::Receiver<Job>, notes: &Notes) {
        let mut batch = Vec::new();
        while jobs.blocking_recv_many(&mut batch, 8) > 0 {
            notes.note(format!("{} at once", batch.len()));
            batch.clear();
        }
        notes.note("no more");
    }

    let go = |bench: Bench| async move {
        let jobs = three(&bench);
        Recording::here().on_thread(move || run(jobs, &bench.notes));
    };
    check(go, batch_of_three());
}

/// In a `select!` whose timer has not fired.
#[test]
fn beside_a_timer() {
    #[traced_actor(name = "Worker")]
    async fn run(mut jobs: mpsc::Receiver<Job>, notes: Notes) {
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                received = jobs.recv_many(&mut batch, 8) => {
                    if received == 0 {
                        break;
                    }
                }
                () = tokio::time::sleep(Duration::from_secs(60)) => unreachable!("the messages are there"),
            }
            notes.note(format!("{} at once", batch.len()));
            batch.clear();
        }
        notes.note("no more");
    }

    check(|bench: Bench| async move { run(three(&bench), bench.notes).await }, batch_of_three());
}

/// A loop that has no attribute.
#[test]
fn behind_traced() {
    let go = |bench: Bench| async move {
        let mut jobs = three(&bench);
        let run = async {
            let mut batch = Vec::new();
            while jobs.recv_many(&mut batch, 8).await > 0 {
                bench.notes.note(format!("{} at once", batch.len()));
                batch.clear();
            }
            bench.notes.note("no more");
        };
        run.traced().await;
    };
    check(go, [user(1, [span("Job/batch", [note("3 at once")])]), note("no more")]);
}
