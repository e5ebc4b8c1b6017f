use ractor::factory::{FactoryMessage, Job, Worker, WorkerId};
use ractor::{ActorProcessingErr, ActorRef};
use traced_actor::traced_actor;

struct Writer;

#[traced_actor(ractor)]
impl Worker for Writer {
    type Key = u64;
    type Message = u64;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: WorkerId, _: &ActorRef<FactoryMessage<u64, u64>>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        _: WorkerId,
        _: &ActorRef<FactoryMessage<u64, u64>>,
        job: Job<u64, u64>,
        (): &mut (),
    ) -> Result<u64, ActorProcessingErr> {
        Ok(job.key)
    }
}

fn main() {}
