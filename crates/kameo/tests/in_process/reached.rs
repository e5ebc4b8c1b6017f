//! An actor that is reached some other way than by its own reference, and replies that somebody else makes.

use futures_util::stream;
use kameo::message::StreamMessage;
use kameo::prelude::*;
use kameo::reply::ForwardedReply;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;
use traced_actor_kameo::IntoEnveloped;

use crate::guild::{Ask, Guild, Note};
use crate::{caused, spawn};

/// In kameo's registry of this process; by the feature `remote`, names are those of the swarm.
#[cfg(not(feature = "remote"))]
#[tokio::test]
async fn by_name() {
    let spans = testkit::record();
    spawn(None).await.register("reached by name").unwrap();
    caused(async {
        let guild = ActorRef::<Guild>::lookup("reached by name").unwrap().unwrap();
        guild.tell(Note("one".into())).await.unwrap();
    })
    .await;
    spans.ended("Guild/Note", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Guild/Note
        "
    );
}

#[tokio::test]
async fn by_a_recipient() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    caused(async {
        let notes = guild.clone().recipient::<Note>();
        notes.tell(Note("one".into())).await.unwrap();
        notes.tell(Note("two".into())).try_send().unwrap();
        notes.downgrade().upgrade().unwrap().tell(Note("three".into())).await.unwrap();
        let asks = guild.reply_recipient::<Ask>();
        asks.ask(Ask::Count).await.unwrap();
        asks.tell(Ask::Notes { from: 0 }).await.unwrap();
    })
    .await;
    spans.ended("Guild/Written", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Guild/Count
          3 × Guild/Note
          Guild/Written
        "
    );
}

/// Asks others for its replies.
#[traced_actor(kameo)]
#[derive(Actor)]
struct Door(ActorRef<Guild>);

struct Forward;

#[traced_actor(kameo)]
impl Message<Forward> for Door {
    type Reply = ForwardedReply<Ask, String>;

    async fn handle(&mut self, _: Forward, ctx: &mut Context<Self, Self::Reply>) -> Self::Reply {
        ctx.forward(&self.0, Ask::Count).await
    }
}

struct TryForward;

#[traced_actor(kameo)]
impl Message<TryForward> for Door {
    type Reply = ForwardedReply<Ask, String>;

    async fn handle(&mut self, _: TryForward, ctx: &mut Context<Self, Self::Reply>) -> Self::Reply {
        ctx.try_forward(&self.0, Ask::Count)
    }
}

#[tokio::test]
async fn by_a_forward() {
    let spans = testkit::record();
    let door = Door::spawn(Door(spawn(None).await));
    assert_eq!(door.ask(Forward).await.unwrap(), "0");
    assert_eq!(door.ask(TryForward).await.unwrap(), "0");
    // Nobody waits for what a `tell` forwards.
    door.tell(Forward).await.unwrap();
    spans.ended("Guild/Count", 3).await;
    spans.ended("Door/Forward", 2).await;
    assert_tree!(
        spans,
        "
        2 × Door/Forward
          Guild/Count
        Door/TryForward
          Guild/Count
        "
    );
}

struct Delegate;

/// A task makes the reply. Its sends continue the trace if the task does.
#[traced_actor(kameo)]
impl Message<Delegate> for Door {
    type Reply = DelegatedReply<String>;

    async fn handle(&mut self, _: Delegate, ctx: &mut Context<Self, Self::Reply>) -> Self::Reply {
        let (delegated, sender) = ctx.reply_sender();
        let guild = self.0.clone();
        traced_actor::task::spawn(async move {
            let count = guild.ask(Ask::Count).await.unwrap();
            if let Some(sender) = sender {
                sender.send(count);
            }
        });
        delegated
    }
}

struct Detach;

/// kameo's own `spawn` starts a plain task.
#[traced_actor(kameo)]
impl Message<Detach> for Door {
    type Reply = DelegatedReply<String>;

    async fn handle(&mut self, _: Detach, ctx: &mut Context<Self, Self::Reply>) -> Self::Reply {
        let guild = self.0.clone();
        let kept = Ask::Notes { from: 0 }.enveloped();
        ctx.spawn(async move {
            guild.ask(kept).await.unwrap();
            guild.ask(Ask::Count).await.unwrap()
        })
    }
}

#[tokio::test]
async fn by_a_delegated_reply() {
    let spans = testkit::record();
    let door = Door::spawn(Door(spawn(None).await));
    assert_eq!(door.ask(Delegate).await.unwrap(), "0");
    spans.ended("Guild/Count", 1).await;
    assert_tree!(
        spans,
        "
        Door/Delegate
          Guild/Count
        "
    );
}

#[tokio::test]
async fn by_kameo_s_spawn() {
    let spans = testkit::record();
    let door = Door::spawn(Door(spawn(None).await));
    assert_eq!(door.ask(Detach).await.unwrap(), "0");
    spans.ended("Guild/Count", 1).await;
    assert_tree!(
        spans,
        "
        Door/Detach
          Guild/Written
        Guild/Count (context lost)
        "
    );
}

struct Pipe;
struct Piped;

#[traced_actor(kameo)]
impl Message<Pipe> for Door {
    type Reply = ();

    async fn handle(&mut self, _: Pipe, ctx: &mut Context<Self, ()>) {
        ctx.pipe(async { Piped });
        let kept = Piped.enveloped();
        ctx.pipe(async { kept });
    }
}

#[traced_actor(kameo)]
impl Message<Piped> for Door {
    type Reply = ();

    async fn handle(&mut self, _: Piped, _: &mut Context<Self, ()>) {}
}

#[tokio::test]
async fn by_a_pipe() {
    let spans = testkit::record();
    let door = Door::spawn(Door(spawn(None).await));
    door.tell(Pipe).await.unwrap();
    spans.ended("Door/Piped", 2).await;
    assert_tree!(
        spans,
        "
        Door/Pipe
          Door/Piped
        Door/Piped (context lost)
        "
    );
}

struct PipeWith;

#[traced_actor(kameo)]
impl Message<PipeWith> for Door {
    type Reply = ();

    async fn handle(&mut self, _: PipeWith, ctx: &mut Context<Self, ()>) {
        ctx.pipe_with(async {}, |door, _, ()| {
            Box::pin(async move { door.0.tell(Note("later".into())).await.unwrap() })
        });
    }
}

/// A continuation is not a message.
#[tokio::test]
async fn by_a_continuation() {
    let spans = testkit::record();
    let door = Door::spawn(Door(spawn(None).await));
    door.tell(PipeWith).await.unwrap();
    spans.ended("Guild/Note", 1).await;
    assert_tree!(
        spans,
        "
        Door/PipeWith
        Guild/Note (context lost)
        "
    );
}

#[traced_actor(kameo)]
impl Message<StreamMessage<u64, (), ()>> for Door {
    type Reply = ();

    async fn handle(&mut self, message: StreamMessage<u64, (), ()>, _: &mut Context<Self, ()>) {
        if let StreamMessage::Next(number) = message {
            self.0.tell(Note(number.to_string())).await.unwrap();
        }
    }
}

/// Each item of a stream is work of its own.
#[tokio::test]
async fn by_a_stream() {
    let spans = testkit::record();
    let door = Door::spawn(Door(spawn(None).await));
    let attached = caused(async { Some(door.attach_stream(stream::iter([1, 2]), (), ())) }).await;
    drop(attached.unwrap().await.unwrap());
    spans.ended("Door/StreamMessage", 4).await;
    spans.ended("Guild/Note", 2).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
        2 × Door/StreamMessage (context lost)
        2 × Door/StreamMessage (context lost)
          Guild/Note
        "
    );
}

struct ToSelf(u8);

#[traced_actor(kameo)]
impl Message<ToSelf> for Door {
    type Reply = ();

    async fn handle(&mut self, ToSelf(left): ToSelf, ctx: &mut Context<Self, ()>) {
        if left > 0 {
            ctx.actor_ref().tell(ToSelf(left - 1)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn by_itself() {
    let spans = testkit::record();
    let door = Door::spawn(Door(spawn(None).await));
    door.tell(ToSelf(2)).await.unwrap();
    spans.ended("Door/ToSelf", 3).await;
    assert_tree!(
        spans,
        "
        Door/ToSelf
          Door/ToSelf
            Door/ToSelf
        "
    );
}
