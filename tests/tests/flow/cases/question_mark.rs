//! Loops that work inline, and end with an error: the message that failed is marked, and no other.

use std::error::Error;
use std::fmt;

use traced_actor::sync::mpsc;
use traced_actor::{TracedExt, traced_actor};

use crate::shapes::{Job, Outcome, others};
use crate::tree::{Bench, Node, Notes, check, note, span, user};

opening!(Bounded, mpsc, Receiver);

#[derive(Debug)]
struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("disk full")
    }
}

impl Error for Full {}

fn write(job: &Job) -> Result<(), Full> {
    if job.number() == 13 { Err(Full) } else { Ok(()) }
}

/// The spans if the message of user 13 fails after that of user 1.
fn failed() -> Vec<Node> {
    vec![
        user(1, [span("Disk/Run", [note("wrote 1")])]),
        user(13, [span("Disk/Run", []).failed("disk full")]),
        note("after"),
    ]
}

/// A loop that stops at the first error.
macro_rules! stopping {
    ($name:ident, $Error:ty, |$jobs:ident, $notes:ident| $body:block) => {
        mod $name {
            use super::*;

            struct Disk {
                jobs: mpsc::Receiver<Job>,
                notes: Notes,
            }

            #[traced_actor]
            impl Disk {
                async fn run(mut self) -> Result<(), $Error> {
                    let ($jobs, $notes) = (&mut self.jobs, &self.notes);
                    $body
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    let disk = Disk { jobs: jobs(&bench, [1, 13, 3]), notes: bench.notes.clone() };
                    assert_eq!(disk.run().await.unwrap_err().to_string(), "disk full");
                    bench.notes.note("after");
                };
                check(go, failed());
            }
        }
    };
}

stopping!(question_mark, String, |jobs, notes| {
    while let Some(job) = jobs.recv().await {
        write(&job).map_err(|error| error.to_string())?;
        notes.note(format!("wrote {}", job.number()));
    }
    Ok(())
});

stopping!(boxed_error, Box<dyn Error + Send + Sync>, |jobs, notes| {
    while let Some(job) = jobs.recv().await {
        write(&job)?;
        notes.note(format!("wrote {}", job.number()));
    }
    Ok(())
});

stopping!(error_of_io, std::io::Error, |jobs, notes| {
    while let Some(job) = jobs.recv().await {
        write(&job).map_err(std::io::Error::other)?;
        notes.note(format!("wrote {}", job.number()));
    }
    Ok(())
});

stopping!(error_that_was_awaited, Full, |jobs, notes| {
    while let Some(job) = jobs.recv().await {
        let written = async {
            others().await;
            write(&job)
        };
        written.await?;
        notes.note(format!("wrote {}", job.number()));
    }
    Ok(())
});

stopping!(value_of_the_loop, Full, |jobs, notes| {
    loop {
        let Some(job) = jobs.recv().await else { break Ok(()) };
        if let Err(error) = write(&job) {
            break Err(error);
        }
        notes.note(format!("wrote {}", job.number()));
    }
});

stopping!(let_else, Full, |jobs, notes| {
    while let Some(job) = jobs.recv().await {
        let Ok(()) = write(&job) else { return Err(Full) };
        notes.note(format!("wrote {}", job.number()));
    }
    Ok(())
});

stopping!(arm_of_a_select, Full, |jobs, notes| {
    loop {
        tokio::select! {
            received = jobs.recv() => {
                let Some(job) = received else { return Ok(()) };
                write(&job)?;
                notes.note(format!("wrote {}", job.number()));
            }
            () = std::future::pending() => {}
        }
    }
});

/// An error of a handler ends the loop: it is the handler's, and recorded once.
#[test]
fn error_of_a_handler() {
    struct Disk {
        jobs: mpsc::Receiver<Job>,
        notes: Notes,
    }

    #[traced_actor]
    impl Disk {
        async fn run(mut self) -> Result<(), Full> {
            while let Some(job) = self.jobs.recv().await {
                self.handle(job).await?;
            }
            Ok(())
        }

        async fn handle(&mut self, job: Job) -> Result<(), Full> {
            others().await;
            write(&job)?;
            self.notes.note(format!("wrote {}", job.number()));
            Ok(())
        }
    }

    let go = |bench: Bench| async move {
        let disk = Disk { jobs: jobs(&bench, [1, 13, 3]), notes: bench.notes.clone() };
        assert!(disk.run().await.is_err());
        bench.notes.note("after");
    };
    check(go, failed());
}

/// The channel is closed when the loop fails: no message is to blame.
#[test]
fn error_of_no_message() {
    struct Disk {
        jobs: mpsc::Receiver<Job>,
        notes: Notes,
    }

    #[traced_actor]
    impl Disk {
        async fn run(mut self) -> Outcome {
            loop {
                let job = self.jobs.recv().await.ok_or("closed")?;
                self.notes.note(format!("wrote {}", job.number()));
            }
        }
    }

    let go = |bench: Bench| async move {
        let disk = Disk { jobs: jobs(&bench, [1, 2]), notes: bench.notes };
        assert_eq!(disk.run().await, Err("closed"));
    };
    let wrote = |number: u32| user(number, [span("Disk/Run", [note(&format!("wrote {number}"))])]);
    check(go, [1, 2].map(wrote));
}

/// The loop is spawned as a task.
#[test]
fn in_a_task() {
    #[traced_actor(name = "Disk")]
    async fn run(mut jobs: mpsc::Receiver<Job>, notes: Notes) -> Result<(), Full> {
        while let Some(job) = jobs.recv().await {
            write(&job)?;
            notes.note(format!("wrote {}", job.number()));
        }
        Ok(())
    }

    let go = |bench: Bench| async move {
        let running = tokio::spawn(run(jobs(&bench, [1, 13, 3]), bench.notes.clone()).traced());
        assert!(running.await.unwrap().is_err());
        bench.notes.note("after");
    };
    check(go, failed());
}
