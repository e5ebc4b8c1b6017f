//! Receivers that go elsewhere after their first message. What the loop sends afterwards is its own.

use std::future::Future;
use std::pin::Pin;

use futures_util::StreamExt;
use futures_util::stream::SelectAll;
use tokio::task::LocalSet;
use traced_actor::sync::mpsc;
use traced_actor::sync::stream::ReceiverStream;
use traced_actor::{TracedExt, task, traced_actor};

use crate::shapes::{Job, Outcome, Step, others, runs, work, worked};
use crate::support::{Recording, unsampled};
use crate::tree::{Bench, Node, Notes, check, check_both, note, span, unsampled_note, user};

opening!(Bounded, mpsc, Receiver);

async fn rest(mut lines: mpsc::Receiver<Job>, notes: Notes) {
    while let Some(job) = lines.recv().await {
        others().await;
        notes.note(format!("rest {}", job.number()));
    }
}

type HandOver = fn(mpsc::Receiver<Job>, Notes) -> Pin<Box<dyn Future<Output = ()>>>;

/// Accepts connections of two messages each, whose receivers are handed over like this, and notes each of them.
#[track_caller]
fn handing_over(hand_over: HandOver) {
    let go = |bench: Bench| async move {
        let mut connections = vec![jobs(&bench, [3, 4]), jobs(&bench, [1, 2])];
        let notes = bench.notes.clone();
        let accept = async move {
            while let Some(mut lines) = connections.pop() {
                let Some(_) = lines.recv().await else { return };
                notes.note("hello");
                hand_over(lines, notes.clone()).await;
                notes.note("audit");
            }
        };
        LocalSet::new().run_until(accept.traced()).await;
    };
    let hello = |number: u32| user(number, [span("Job/Run", [note("hello")])]);
    let rest = |number: u32| user(number, [span("Job/Run", [note(&format!("rest {number}"))])]);
    check(go, [hello(1), rest(2), hello(3), rest(4), note("audit"), note("audit")]);
}

#[test]
fn to_a_local_task() {
    handing_over(|lines, notes| Box::pin(async { task::spawn_local(rest(lines, notes)).await.unwrap() }));
}

#[test]
fn to_a_task_of_a_task() {
    handing_over(|lines, notes| {
        Box::pin(async {
            let outer = async { tokio::spawn(rest(lines, notes).traced()).await.unwrap() };
            tokio::spawn(outer).await.unwrap();
        })
    });
}

#[test]
fn to_a_thread_for_blocking_work() {
    handing_over(|mut lines, notes| {
        Box::pin(async move {
            let rest = move || {
                while let Some(job) = lines.blocking_recv() {
                    notes.note(format!("rest {}", job.number()));
                }
            };
            task::spawn_blocking(rest).await.unwrap();
        })
    });
}

#[test]
fn to_a_thread_with_a_runtime() {
    handing_over(|lines, notes| {
        Box::pin(async {
            let recording = Recording::here();
            let joined = recording.clone();
            recording.on_thread(move || {
                joined.block_on(crate::support::Threads::One, rest(lines, notes).traced());
            });
        })
    });
}

#[test]
fn to_a_stream() {
    handing_over(|lines, notes| {
        Box::pin(async {
            let stream = ReceiverStream::new(lines);
            let rest = async move {
                let note = |job: Job| {
                    notes.note(format!("rest {}", job.number()));
                    std::future::ready(())
                };
                stream.for_each(note).await;
            };
            tokio::spawn(rest.traced()).await.unwrap();
        })
    });
}

#[test]
fn to_a_set_of_streams() {
    handing_over(|lines, notes| {
        Box::pin(async {
            let mut all = SelectAll::new();
            all.push(ReceiverStream::new(lines));
            let rest = async move {
                while let Some(job) = all.next().await {
                    notes.note(format!("rest {}", job.number()));
                }
            };
            tokio::spawn(rest.traced()).await.unwrap();
        })
    });
}

#[test]
fn back_from_a_task() {
    handing_over(|lines, notes| {
        Box::pin(async {
            let mut lines = tokio::spawn(async move { lines }).await.unwrap();
            let rest = async move {
                let job = lines.recv().await.unwrap();
                notes.note(format!("rest {}", job.number()));
                lines
            };
            drop(tokio::spawn(rest.traced()).await.unwrap());
        })
    });
}

#[traced_actor]
struct Connection(mpsc::Receiver<Job>);

/// The receiver is itself a message to the actor that continues to use it. That message was sent while the loop worked on the
/// first one.
#[test]
fn as_a_message() {
    struct Session(Notes);

    #[traced_actor]
    impl Session {
        async fn run(mut self, mut connections: mpsc::Receiver<Connection>) {
            while let Some(connection) = connections.recv().await {
                self.handle(connection).await;
            }
        }

        async fn handle(&mut self, Connection(lines): Connection) {
            rest(lines, self.0.clone()).traced().await;
            self.0.note("served");
        }
    }

    let go = |bench: Bench| async move {
        let (sender, connections) = mpsc::channel(4);
        let serving = tokio::spawn(Session(bench.notes.clone()).run(connections));
        let mut lines = jobs(&bench, [1, 2]);
        let notes = bench.notes.clone();
        let accept = async move {
            let Some(_) = lines.recv().await else { return };
            sender.send(Connection(lines)).await.unwrap();
            drop(sender);
            serving.await.unwrap();
            notes.note("audit");
        };
        accept.traced().await;
    };
    // The rest is received within the session, whose name it has.
    let served = span("Session/Connection", [note("served")]);
    let expected = [
        user(1, [span("Job/Run", [served])]),
        user(2, [span("Session/Run", [note("rest 2")])]),
        note("audit"),
    ];
    check(go, expected);
}

/// A message that the loop sends has its own span, whose sampler keeps it: a root, whether the first message was
/// sampled or not.
#[test]
fn audits_are_roots() {
    #[traced_actor(name = "Auditor")]
    async fn audit(mut audits: mpsc::Receiver<Step>, notes: Notes) {
        while let Some(Step(number)) = audits.recv().await {
            notes.note(format!("audit {number}"));
        }
    }

    let go = |bench: Bench| async move {
        let (audits, receiver) = mpsc::channel(4);
        let auditing = tokio::spawn(audit(receiver, bench.notes.clone()));
        let bench = &bench;
        let accept = async move {
            for number in 1..=3 {
                let mut lines = jobs(bench, [number]);
                let Some(_) = lines.recv().await else { return };
                tokio::spawn(rest(lines, bench.notes.clone()).traced()).await.unwrap();
                audits.send(Step(number)).await.unwrap();
            }
        };
        accept.traced().await;
        auditing.await.unwrap();
    };
    let audits: Vec<Node> =
        [1, 2, 3].map(|number| span("Auditor/Step", [note(&format!("audit {number}"))])).into();
    let hellos: Vec<Node> = [1, 2, 3].map(|number| user(number, [span("Job/Run", [])])).into();
    check_both(go, [hellos, audits.clone()].concat(), audits);
}

/// The connection goes on while the loop accepts the next one.
#[test]
fn while_the_first_one_goes_on() {
    let go = |bench: Bench| async move {
        let mut open_connections = Vec::new();
        let bench = &bench;
        let accept = async {
            for number in [1, 2] {
                let (sender, mut lines) = open();
                bench.send(&sender, runs([number]));
                let Some(_) = lines.recv().await else { return };
                bench.notes.note("hello");
                open_connections.push((sender, tokio::spawn(rest(lines, bench.notes.clone()).traced())));
                others().await;
            }
            for (number, (sender, task)) in [3, 4].into_iter().zip(open_connections) {
                bench.send(&sender, runs([number]));
                drop(sender);
                task.await.unwrap();
            }
            bench.notes.note("audit");
        };
        accept.traced().await;
    };
    let hello = |number: u32| user(number, [span("Job/Run", [note("hello")])]);
    let rest = |number: u32| user(number, [span("Job/Run", [note(&format!("rest {number}"))])]);
    check(go, [hello(1), hello(2), rest(3), rest(4), note("audit")]);
}

#[traced_actor(name = "Worker")]
async fn handle(job: Job, notes: Notes) -> Outcome {
    work(&notes, &job).await
}

/// Of two messages, a task has claimed one, and the other one's receiver went elsewhere. Its span has ended when its handler
/// is called.
#[test]
fn while_a_task_handles_another_message() {
    let go = |bench: Bench| async move {
        let (mut first, mut second) = (jobs(&bench, [1]), jobs(&bench, [2]));
        let notes = bench.notes;
        let accept = async move {
            let Some(one) = first.recv().await else { return };
            let in_task = notes.clone();
            let handling = task::spawn(async move { handle(one, in_task).await });
            let Some(two) = second.recv().await else { return };
            handling.await.unwrap().unwrap_err();
            tokio::spawn(rest(second, notes.clone()).traced()).await.unwrap();
            handle(two, notes).await.unwrap_err();
        };
        accept.traced().await;
    };
    check(go, [user(1, [worked("Worker/Run", 1)]), user(2, [span("Job/Run", [worked("Worker/Run", 2)])])]);
}

/// A task without a flow has received the first message.
#[test]
fn from_a_plain_task() {
    let go = |bench: Bench| async move {
        let ((sender, mut lines), (other_sender, mut others)) = (open(), open());
        for number in [1, 2, 3] {
            sender.send_envelope(unsampled(Job::Run(number)));
        }
        bench.send(&sender, runs([4]));
        other_sender.send_envelope(unsampled(Step(5)));
        let notes = bench.notes;
        let plain = async move {
            let first = lines.recv().await.expect("it was sent");
            handle(first, notes.clone()).await.unwrap_err();
            let rest = async move {
                let _second = lines.recv().await;
                let _fifth = others.recv().await;
                for _ in [3, 4] {
                    let next = lines.recv().await.expect("it was sent");
                    handle(next, notes.clone()).await.unwrap_err();
                    assert!(others.try_recv().is_err());
                }
            };
            rest.traced().await;
        };
        tokio::spawn(plain).await.unwrap();
    };
    let begun = [1, 3].map(|number| unsampled_note(&format!("{number} begun")));
    let done = [1, 3].map(|number| unsampled_note(&format!("{number} done")));
    let unsampled = [begun, done].concat();
    let last = ["4 begun", "4 done"].map(unsampled_note).to_vec();
    let sampled = vec![user(4, [worked("Worker/Run", 4)])];
    check_both(go, [unsampled.clone(), sampled].concat(), [unsampled, last].concat());
}
