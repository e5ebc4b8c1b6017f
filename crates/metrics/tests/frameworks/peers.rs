//! Actors of each framework, and of this project, that do what their message says before they answer.

use std::future::Future;
use std::pin::Pin;

use traced_actor::traced_actor;

/// The work that a message asks for.
pub(crate) type Work = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// Boxes work.
pub(crate) fn work<F: Future<Output = ()> + Send + 'static>(
    work: impl FnOnce() -> F + Send + 'static,
) -> Work {
    Box::new(|| Box::pin(work()))
}

pub(crate) mod with_ractor {
    use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};

    use super::{Work, traced_actor};

    #[traced_actor(ractor)]
    pub(crate) enum ToRactor {
        /// Answers after the work.
        Do(Work, RpcReplyPort<()>),
        /// Answers before the work.
        Answer(Work, RpcReplyPort<()>),
        /// Keeps the port, and does not answer.
        Keep(RpcReplyPort<()>),
        Told(Work),
    }

    pub(crate) struct Ractor;

    #[traced_actor(ractor)]
    impl Actor for Ractor {
        type Msg = ToRactor;
        type State = Vec<RpcReplyPort<()>>;
        type Arguments = ();

        async fn pre_start(&self, _: ActorRef<ToRactor>, (): ()) -> Result<Self::State, ActorProcessingErr> {
            Ok(Vec::new())
        }

        async fn handle(
            &self,
            _: ActorRef<ToRactor>,
            message: ToRactor,
            kept: &mut Self::State,
        ) -> Result<(), ActorProcessingErr> {
            match message {
                ToRactor::Do(work, reply) => {
                    work().await;
                    reply.send(())?;
                }
                ToRactor::Answer(work, reply) => {
                    reply.send(())?;
                    work().await;
                }
                ToRactor::Keep(reply) => kept.push(reply),
                ToRactor::Told(work) => work().await,
            }
            Ok(())
        }
    }

    pub(crate) async fn start() -> ActorRef<ToRactor> {
        Actor::spawn(None, Ractor, ()).await.unwrap().0
    }
}

pub(crate) mod with_kameo {
    use kameo::prelude::*;

    use super::{Work, traced_actor};

    #[traced_actor(kameo)]
    #[derive(Actor)]
    pub(crate) struct Kameo;

    pub(crate) struct Do(pub(crate) Work);

    #[traced_actor(kameo)]
    impl Message<Do> for Kameo {
        type Reply = u64;

        async fn handle(&mut self, message: Do, _: &mut Context<Self, u64>) -> u64 {
            (message.0)().await;
            7
        }
    }

    /// Leaves the answer to somebody else, who never gives it.
    pub(crate) struct Delegate;

    #[traced_actor(kameo)]
    impl Message<Delegate> for Kameo {
        type Reply = DelegatedReply<u64>;

        async fn handle(&mut self, _: Delegate, context: &mut Context<Self, Self::Reply>) -> Self::Reply {
            let (delegated, reply) = context.reply_sender();
            std::mem::forget(reply);
            delegated
        }
    }

    /// Leaves the answer to another actor.
    pub(crate) struct Forward(pub(crate) ActorRef<Kameo>, pub(crate) Work);

    #[traced_actor(kameo)]
    impl Message<Forward> for Kameo {
        type Reply = ForwardedReply<Do, u64>;

        async fn handle(
            &mut self,
            message: Forward,
            context: &mut Context<Self, Self::Reply>,
        ) -> Self::Reply {
            context.forward(&message.0, Do(message.1)).await
        }
    }
}

pub(crate) mod with_actix {
    use actix::prelude::*;
    use traced_actor_actix::Context;

    use super::{Work, traced_actor};

    pub(crate) struct Actix;

    #[traced_actor(actix)]
    impl Actor for Actix {
        type Context = Context<Self>;
    }

    #[traced_actor(actix)]
    pub(crate) struct Do(pub(crate) Work);

    impl Message for Do {
        type Result = ();
    }

    /// Takes no other message meanwhile.
    impl Handler<Do> for Actix {
        type Result = AtomicResponse<Self, ()>;

        fn handle(&mut self, message: Do, _: &mut Context<Self>) -> Self::Result {
            AtomicResponse::new(Box::pin((message.0)().into_actor(self)))
        }
    }
}

pub(crate) mod own {
    use tokio::sync::oneshot;

    use super::{Work, traced_actor};

    #[traced_actor]
    pub(crate) struct Do(pub(crate) Work, pub(crate) oneshot::Sender<()>);

    pub(crate) struct Own;

    #[traced_actor]
    impl Own {
        async fn handle(&mut self, message: Do) {
            (message.0)().await;
            message.1.send(()).ok();
        }
    }
}
