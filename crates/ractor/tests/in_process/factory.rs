//! Jobs of a factory: a message of ractor's own, which carries no trace; an envelope in the job does.

use ractor::factory::queues::DefaultQueue;
use ractor::factory::routing::QueuerRouting;
use ractor::factory::{
    Factory, FactoryArguments, FactoryMessage, Job, JobOptions, Worker, WorkerBuilder, WorkerId,
};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use ractor_cluster_derive::RactorMessage;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::{Envelope, traced_actor};

use crate::guild::GuildMessage;
use crate::{caused, note, spawn};

#[traced_actor]
enum Task {
    Write(&'static str),
}

#[derive(RactorMessage)]
enum Work {
    Bare(&'static str),
    Carried(Envelope<Task>),
}

struct Writer(ActorRef<GuildMessage>);

impl Worker for Writer {
    type Key = u64;
    type Message = Work;
    type State = ();
    type Arguments = ();

    async fn pre_start(
        &self,
        _: WorkerId,
        _: &ActorRef<FactoryMessage<u64, Work>>,
        (): (),
    ) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        _: WorkerId,
        _: &ActorRef<FactoryMessage<u64, Work>>,
        Job { key, msg, .. }: Job<u64, Work>,
        (): &mut (),
    ) -> Result<u64, ActorProcessingErr> {
        match msg {
            Work::Bare(text) => self.0.cast(note(text))?,
            Work::Carried(task) => {
                let (Task::Write(text), mut handling) = task.open();
                handling.run(async { self.0.cast(note(text)) }).await?;
                handling.end_ok();
            }
        }
        Ok(key)
    }
}

struct Writers(ActorRef<GuildMessage>);

impl WorkerBuilder<Writer, ()> for Writers {
    fn build(&mut self, _: WorkerId) -> (Writer, ()) {
        (Writer(self.0.clone()), ())
    }
}

async fn factory(guild: ActorRef<GuildMessage>) -> ActorRef<FactoryMessage<u64, Work>> {
    let factory =
        Factory::<u64, Work, (), Writer, QueuerRouting<u64, Work>, DefaultQueue<u64, Work>>::default();
    let arguments = FactoryArguments::builder()
        .worker_builder(Box::new(Writers(guild)))
        .queue(DefaultQueue::default())
        .router(QueuerRouting::default())
        .num_initial_workers(2)
        .build();
    Actor::spawn(None, factory, arguments).await.unwrap().0
}

async fn dispatched(work: impl FnOnce() -> Work) -> testkit::Recording {
    let spans = testkit::record();
    let factory = factory(spawn(None).await).await;
    caused(async {
        let job = Job { key: 1, msg: work(), options: JobOptions::default(), accepted: None };
        factory.cast(FactoryMessage::Dispatch(job)).unwrap();
    })
    .await;
    spans.ended("Guild/Write", 1).await;
    spans
}

#[tokio::test]
async fn a_job_has_no_span_and_what_it_sends_is_a_root() {
    let spans = dispatched(|| Work::Bare("one")).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
        Guild/Write (context lost)
        "
    );
}

#[tokio::test]
async fn an_envelope_in_the_job_carries_the_trace() {
    let spans = dispatched(|| Work::Carried(Envelope::capture(Task::Write("one")))).await;
    spans.ended("Task/Write", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Task/Write
            Guild/Write
        "
    );
}
