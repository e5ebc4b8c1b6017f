//! A helper waits for the next message, and the loop handles what it returns.

use std::time::Duration;
use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Job {
    Carry(u8),
}

enum Next {
    Job(Job),
    Idle,
    Closed,
}

struct Porter {
    jobs: mpsc::Receiver<Job>,
    carried: u8,
}

#[traced_actor::traced_actor]
impl Porter {
    async fn run(mut self) -> u8 {
        loop {
            match self.next().await {
                Next::Job(job) => self.carry(job).await,
                Next::Idle => {}
                Next::Closed => return self.carried,
            }
        }
    }

    async fn next(&mut self) -> Next {
        tokio::select! {
            job = self.jobs.recv() => match job {
                Some(job) => Next::Job(job),
                None => Next::Closed,
            },
            () = tokio::time::sleep(Duration::from_secs(1)) => Next::Idle,
        }
    }

    async fn carry(&mut self, job: Job) {
        let Job::Carry(n) = job;
        self.carried += n;
    }
}

pub async fn exercise() -> Vec<String> {
    let (foreman, jobs) = mpsc::channel(4);
    for n in [1, 2] {
        foreman.send(Job::Carry(n)).await.ok().unwrap();
    }
    drop(foreman);
    vec![tokio::spawn(Porter { jobs, carried: 0 }.run()).await.unwrap().to_string()]
}
