//! Common patterns: forwarding, stashing, many requests at once, and prepared actors.

use std::collections::VecDeque;
use std::time::Duration;

use kameo::actor::PreparedActor;
use kameo::mailbox;
use kameo::prelude::*;
use kameo_actors::scheduler::{Scheduler, SetInterval};
use tokio::task::JoinSet;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::{Envelope, TracedExt, traced_actor};
use traced_actor_kameo::{Enveloped, IntoEnveloped};

use crate::guild::{Ask, Guild, Join, Note};
use crate::{caused, spawn};

mod passing_on {
    use super::*;

    #[traced_actor(kameo, name = "Stage")]
    #[derive(Actor)]
    struct Stage<const NUMBER: u32> {
        next: Option<Recipient<Step>>,
    }

    struct Step {
        to: u32,
        done: tokio::sync::oneshot::Sender<u32>,
    }

    #[traced_actor(kameo)]
    impl<const NUMBER: u32> Message<Step> for Stage<NUMBER> {
        type Reply = Result<(), SendError<Step>>;

        async fn handle(&mut self, step: Step, _: &mut Context<Self, Self::Reply>) -> Self::Reply {
            match &self.next {
                Some(next) if step.to != NUMBER => next.tell(step).await,
                _ => {
                    step.done.send(NUMBER).ok();
                    Ok(())
                }
            }
        }
    }

    #[tokio::test]
    async fn each_stage_is_below_the_one_before() {
        let spans = testkit::record();
        let third = Stage::spawn(Stage::<3> { next: None });
        let second = Stage::spawn(Stage::<2> { next: Some(third.recipient()) });
        let first =
            Stage::spawn_with_mailbox(Stage::<1> { next: Some(second.recipient()) }, mailbox::unbounded());
        let (done, stage) = tokio::sync::oneshot::channel();
        caused(async { first.downgrade().upgrade().unwrap().tell(Step { to: 3, done }).await })
            .await
            .unwrap();
        assert_eq!(stage.await, Ok(3));
        spans.ended("Stage/Step", 3).await;
        assert_tree!(
            spans,
            "
            Cause/Cause
              Stage/Step
                Stage/Step
                  Stage/Step
            "
        );
    }
}

mod putting_aside {
    use super::*;

    /// Stashes visitors until it is open, with or without their traces.
    #[traced_actor(kameo)]
    #[derive(Actor)]
    struct Doorman {
        guild: ActorRef<Guild>,
        bare: VecDeque<Enter>,
        traced: VecDeque<Enveloped<Enter>>,
        is_open: bool,
    }

    struct Enter {
        user: u64,
        keeps_trace: bool,
    }

    struct Open;

    #[traced_actor(kameo)]
    impl Message<Enter> for Doorman {
        type Reply = ();

        async fn handle(&mut self, enter: Enter, _: &mut Context<Self, ()>) {
            if self.is_open {
                self.guild.tell(Join { user: enter.user }).await.unwrap();
            } else if enter.keeps_trace {
                self.traced.push_back(enter.enveloped());
            } else {
                self.bare.push_back(enter);
            }
        }
    }

    #[traced_actor(kameo)]
    impl Message<Open> for Doorman {
        type Reply = ();

        async fn handle(&mut self, _: Open, ctx: &mut Context<Self, ()>) {
            self.is_open = true;
            for enter in self.bare.drain(..) {
                ctx.actor_ref().tell(enter).await.unwrap();
            }
            for enter in self.traced.drain(..) {
                ctx.actor_ref().tell(enter).await.unwrap();
            }
        }
    }

    #[tokio::test]
    async fn a_message_that_is_sent_again_has_the_trace_that_it_was_put_aside_with() {
        let spans = testkit::record();
        let guild = spawn(None).await;
        let doorman = Doorman { guild, bare: VecDeque::new(), traced: VecDeque::new(), is_open: false };
        let doorman = Doorman::spawn(doorman);
        caused(async {
            doorman.tell(Enter { user: 1, keeps_trace: false }).await.unwrap();
            doorman.ask(Enter { user: 2, keeps_trace: true }).await.unwrap();
        })
        .await;
        doorman.tell(Open).await.unwrap();
        spans.ended("Guild/Join", 2).await;
        assert_tree!(
            spans,
            "
            Cause/Cause
              Doorman/Enter
              Doorman/Enter
                Doorman/Enter
                  Guild/Join user=2
            Doorman/Open
              Doorman/Enter
                Guild/Join user=1
            "
        );
    }
}

mod asking_many {
    use super::*;

    #[traced_actor(kameo)]
    #[derive(Actor)]
    struct Pollster(Vec<ActorRef<Guild>>);

    struct First;
    struct All;

    /// Returns the first answer and drops the other.
    #[traced_actor(kameo)]
    impl Message<First> for Pollster {
        type Reply = Option<String>;

        async fn handle(&mut self, _: First, _: &mut Context<Self, Self::Reply>) -> Self::Reply {
            tokio::select! {
                biased;
                answer = self.0[0].ask(Ask::Count).send() => answer.ok(),
                () = std::future::ready(()) => None,
            }
        }
    }

    /// Asks all at once: in this handler, in tasks that continue the message, and in a plain task.
    #[traced_actor(kameo)]
    impl Message<All> for Pollster {
        type Reply = usize;

        async fn handle(&mut self, _: All, _: &mut Context<Self, usize>) -> usize {
            let made_here = self.0.iter().map(|guild| guild.ask(Ask::Count).into_future());
            let mut answers = futures_util::future::join_all(made_here).await;
            let mut tasks = JoinSet::new();
            for guild in self.0.clone() {
                tasks.spawn(async move { guild.ask(Ask::Notes { from: 0 }).await }.in_current_trace());
            }
            let guild = self.0[0].clone();
            tasks.spawn(async move {
                guild.tell(Note("plain".into())).await.unwrap();
                Ok(String::new())
            });
            answers.extend(tasks.join_all().await);
            answers.into_iter().flatten().count()
        }
    }

    #[tokio::test]
    async fn each_is_below_the_message_that_asks() {
        let spans = testkit::record();
        let pollster = Pollster::spawn(Pollster(vec![spawn(None).await, spawn(None).await]));
        caused(async {
            assert_eq!(pollster.ask(First).await.unwrap(), None);
            assert_eq!(pollster.ask(All).await.unwrap(), 5);
        })
        .await;
        spans.ended("Guild/Count", 3).await;
        spans.ended("Guild/Note", 1).await;
        assert_tree!(
            spans,
            "
            Cause/Cause
              Pollster/All
                2 × Guild/Count
                2 × Guild/Written
              Pollster/First
                Guild/Count
            Guild/Note (context lost)
            "
        );
    }
}

/// An actor that runs inside a handler: its messages belong to their senders, and not to that handler.
#[tokio::test]
async fn a_prepared_actor_that_is_run_in_place() {
    let spans = testkit::record();
    let prepared = PreparedActor::<Guild>::new(mailbox::bounded(8));
    let guild = prepared.actor_ref().clone();
    let (note, mut sender) = Envelope::capture(Other).open();
    let Other = note;
    sender.run(async { guild.tell(Note("before it runs".into())).await }).await.unwrap();
    let sends = async {
        sender.run(async { guild.ask(Join { user: 1 }).await }).await.unwrap();
        guild.tell(Note("of nobody".into())).await.unwrap();
        guild.stop_gracefully().await.unwrap();
    };
    let (ended, ()) = tokio::join!(caused(prepared.run(Guild::new(None))), sends);
    ended.unwrap();
    drop(sender);
    assert_tree!(
        spans,
        "
        Cause/Cause
        Guild/Note
        Other/Other
          Guild/Join user=1
          Guild/Note
        "
    );
}

#[traced_actor]
struct Other;

/// kameo's scheduler is a separate actor, and the actor that asked it may have stopped long ago.
#[tokio::test]
async fn what_the_scheduler_sends_is_of_nobody() {
    let spans = testkit::record();
    let (guild, scheduler) = (spawn(None).await, Scheduler::spawn(Scheduler::new()));
    caused(async {
        let every = SetInterval::new(guild.downgrade(), Duration::from_millis(1), Note("tick".into()));
        scheduler.ask(every).await.unwrap();
    })
    .await;
    spans.ended("Guild/Note", 2).await;
    scheduler.kill();
    let ticks = spans.named("Guild/Note");
    assert!(ticks.iter().all(|tick| tick.parent.is_none()), "{ticks:#?}");
}
