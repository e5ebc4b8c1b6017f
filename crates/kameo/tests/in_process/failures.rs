//! Failures that kameo reports are recorded on the sender's span, and counted.

use std::time::Duration;

use kameo::error::SendError;
use kameo::mailbox;
use kameo::prelude::*;
use traced_actor::testkit;
use traced_actor::traced_actor;
use traced_actor_kameo::{Failures, RecordFailure, failures};

use crate::guild::{Ask, Guild, Note};
use crate::{spawn, stop};

/// Sends to one that has ended, and to one that never answers.
#[traced_actor(kameo)]
#[derive(Actor)]
struct Sender {
    dead: ActorRef<Guild>,
    busy: ActorRef<Guild>,
    panics: ActorRef<Guild>,
}

#[traced_actor]
enum Errand {
    Tell,
    TellAndGoOn,
    TryTell,
    Wait,
    AskAndGoOn,
    AskWhoPanics,
    Other,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[traced_actor(kameo)]
impl Message<Errand> for Sender {
    type Reply = Result<(), BoxError>;

    async fn handle(&mut self, errand: Errand, _: &mut Context<Self, Self::Reply>) -> Result<(), BoxError> {
        let note = || Note("lost".into());
        match errand {
            Errand::Tell => self.dead.tell(note()).await?,
            Errand::TellAndGoOn => assert!(self.dead.tell(note()).await.record_failure().is_err()),
            Errand::TryTell => self.busy.tell(note()).try_send()?,
            Errand::Wait => {
                self.busy.tell(note()).mailbox_timeout(Duration::from_millis(5)).send().await?;
            }
            Errand::AskAndGoOn => {
                let asked = self.busy.ask(Ask::Count).mailbox_timeout(Duration::from_millis(5)).await;
                assert!(asked.record_failure().is_err());
            }
            Errand::AskWhoPanics => drop(self.panics.ask(Ask::Panic).await?),
            Errand::Other => return Err("of our own".into()),
        }
        Ok(())
    }
}

struct AskDead;

/// The error is kameo's own, with its type.
#[traced_actor(kameo)]
impl Message<AskDead> for Sender {
    type Reply = Result<String, SendError<Ask>>;

    async fn handle(&mut self, _: AskDead, _: &mut Context<Self, Self::Reply>) -> Self::Reply {
        self.dead.ask(Ask::Count).await
    }
}

/// One test: the counters are the process's, and other tests fail as well.
#[tokio::test]
async fn a_failure_is_on_the_span_of_who_sent_and_counted() {
    let spans = testkit::record();
    let before = failures();
    let dead = spawn(None).await;
    stop(&dead).await;
    let busy = Guild::spawn_with_mailbox(Guild::new(None), mailbox::bounded(1));
    busy.wait_for_startup().await;
    busy.tell(Ask::Hang).await.unwrap();
    busy.tell(Note("fills the mailbox".into())).await.unwrap();
    let sender = |panics| Sender { dead: dead.clone(), busy: busy.clone(), panics };
    for (errand, name, error_type) in [
        (Errand::Tell, "Sender/Tell", "not_running"),
        (Errand::TellAndGoOn, "Sender/TellAndGoOn", "not_running"),
        (Errand::TryTell, "Sender/TryTell", "mailbox_full"),
        (Errand::Wait, "Sender/Wait", "timeout"),
        (Errand::AskAndGoOn, "Sender/AskAndGoOn", "timeout"),
        (Errand::AskWhoPanics, "Sender/AskWhoPanics", "stopped"),
    ] {
        let asked = Sender::spawn(sender(spawn(None).await)).ask(errand).await;
        let goes_on = name.ends_with("GoOn");
        assert_eq!(asked.is_ok(), goes_on, "{name}");
        let span = &spans.ended(name, 1).await[0];
        let found = span.attribute("error.type").map(ToString::to_string);
        assert_eq!(found.as_deref(), Some(error_type), "{name}");
        assert_eq!(span.error.is_some(), !goes_on, "{name}: who goes on has not failed");
    }
    let other = Sender::spawn(sender(dead.clone()));
    other.ask(Errand::Other).await.unwrap_err();
    other.ask(AskDead).await.unwrap_err();
    let error_of = |name: &str| spans.named(name)[0].attribute("error.type").unwrap().to_string();
    spans.ended("Sender/AskDead", 1).await;
    assert!(error_of("Sender/Other").starts_with("alloc::boxed::Box<dyn"), "{}", error_of("Sender/Other"));
    assert_eq!(error_of("Sender/AskDead"), "not_running");

    let Failures { not_running, stopped, timeout, mailbox_full, panic, .. } = failures();
    assert_eq!(not_running - before.not_running, 3);
    assert_eq!(stopped - before.stopped, 1);
    assert_eq!(mailbox_full - before.mailbox_full, 1);
    assert_eq!(timeout - before.timeout, 2);
    assert!(panic > before.panic);
}

mod given_back_by_one_that_is_started_anew {
    use std::sync::Arc;

    use kameo::error::Infallible;
    use kameo::supervision::RestartPolicy;
    use tokio::sync::{Semaphore, mpsc};

    use super::*;

    /// Works until it may end, and says that it has begun.
    #[derive(Clone, Actor)]
    struct Child {
        begun: mpsc::UnboundedSender<()>,
        may: Arc<Semaphore>,
    }

    struct Work;

    impl Message<Work> for Child {
        type Reply = ();

        async fn handle(&mut self, _: Work, _: &mut Context<Self, ()>) {
            self.begun.send(()).unwrap();
            self.may.acquire().await.unwrap().forget();
        }
    }

    /// kameo waits for its child before it starts it again, and gives back what it is asked meanwhile.
    struct Parent;

    #[traced_actor(kameo)]
    impl Actor for Parent {
        type Args = Child;
        type Error = Infallible;

        async fn on_start(child: Child, this: ActorRef<Self>) -> Result<Self, Infallible> {
            Child::supervise(&this, child).spawn().await.tell(Work).await.unwrap();
            Ok(Self)
        }
    }

    #[traced_actor]
    enum Order {
        Panic,
        Count,
    }

    #[traced_actor(kameo)]
    impl Message<Order> for Parent {
        type Reply = u64;

        async fn handle(&mut self, order: Order, _: &mut Context<Self, u64>) -> u64 {
            match order {
                Order::Panic => panic!("as it was told"),
                Order::Count => 7,
            }
        }
    }

    #[traced_actor(kameo)]
    #[derive(Actor)]
    struct Root;

    #[traced_actor(kameo)]
    #[derive(Actor)]
    struct Asker(ActorRef<Parent>);

    struct AskIt;

    #[traced_actor(kameo)]
    impl Message<AskIt> for Asker {
        type Reply = Result<u64, SendError<Order>>;

        async fn handle(&mut self, _: AskIt, _: &mut Context<Self, Self::Reply>) -> Self::Reply {
            self.0.ask(Order::Count).await
        }
    }

    /// One test: the counters are the process's.
    #[tokio::test]
    async fn is_on_the_span_of_who_asked() {
        let spans = testkit::record();
        let (begun, mut begins) = mpsc::unbounded_channel();
        let child = Child { begun, may: Arc::new(Semaphore::new(0)) };
        let may = child.may.clone();
        let root = Root::spawn(Root);
        let supervised = Parent::supervise(&root, child).restart_policy(RestartPolicy::Permanent);
        let parent = supervised.spawn().await;
        begins.recv().await.unwrap();
        let asker = Asker::spawn(Asker(parent.clone()));
        parent.tell(Order::Panic).await.unwrap();
        asker.ask(AskIt).await.unwrap_err();
        let asked = &spans.ended("Asker/AskIt", 1).await[0];
        assert_eq!(asked.attribute("error.type"), Some(&"restarting".into()));
        let panicked = &spans.ended("Parent/Panic", 1).await[0];
        assert_eq!(panicked.attribute("error.type"), Some(&"panic".into()));
        may.add_permits(8);
        assert_eq!(parent.ask(Order::Count).await.unwrap(), 7, "it has been started anew");

        let restarting: Result<(), SendError> = Err(SendError::ActorRestarting(()));
        let before = failures().restarting;
        assert!(before > 0, "the one above");
        assert!(restarting.record_failure().is_err());
        assert_eq!(failures().restarting - before, 1);
    }
}
