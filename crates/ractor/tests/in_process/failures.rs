//! Failures that ractor reports are recorded on the sender's span, and counted.

use ractor::concurrency::Duration;
use ractor::rpc::CallResult;
use ractor::{Actor, ActorProcessingErr, ActorRef, call, call_t};
use ractor_cluster_derive::RactorMessage;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;
use traced_actor_ractor::{Failures, RecordFailure, broadcast, failures};

use crate::guild::GuildMessage;
use crate::{caused, note, spawn};

#[traced_actor(ractor)]
#[derive(Clone, RactorMessage)]
enum Errand {
    Cast,
    CastAndGoOn,
    BroadcastAndGoOn,
    Ask,
    AskAndGoOn,
    AskWhoPanics,
    Nothing,
    Other,
}

/// Sends to one that has ended, and to one that never answers.
#[derive(Clone)]
struct Sender {
    dead: ActorRef<GuildMessage>,
    busy: ActorRef<GuildMessage>,
    panics: ActorRef<GuildMessage>,
}

#[traced_actor(ractor)]
impl Actor for Sender {
    type Msg = Errand;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Errand>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        myself: ActorRef<Errand>,
        errand: Errand,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        match errand {
            Errand::Cast => self.dead.cast(note("lost"))?,
            Errand::CastAndGoOn => assert!(self.dead.cast(note("lost")).record_failure().is_err()),
            Errand::BroadcastAndGoOn => {
                let gone = Actor::spawn(None, self.clone(), ()).await?.0;
                gone.stop_and_wait(None, None).await?;
                let outcome = broadcast(&[myself.get_cell(), gone.get_cell()], Errand::Nothing);
                assert_eq!((outcome.sent, outcome.closed), (1, 1));
            }
            Errand::Ask => drop(call_t!(self.busy, GuildMessage::Count, 5)?),
            Errand::AskAndGoOn => {
                let reply = self.busy.call(GuildMessage::Count, Some(Duration::from_millis(5))).await?;
                assert!(reply.record_failure().is_timeout());
            }
            Errand::AskWhoPanics => {
                self.panics.cast(GuildMessage::Panic)?;
                call!(self.panics, GuildMessage::Count)?;
            }
            Errand::Nothing => {}
            Errand::Other => return Err("of our own".into()),
        }
        Ok(())
    }
}

/// One test: the counters are the process's, and another test panics as well.
#[tokio::test]
async fn a_failure_is_on_the_span_of_who_sent_and_counted() {
    let spans = testkit::record();
    let before = failures();
    let dead = spawn(None).await;
    dead.stop_and_wait(None, None).await.unwrap();
    let busy = spawn(None).await;
    busy.cast(GuildMessage::Hang).unwrap();
    for (errand, name, error_type) in [
        (Errand::Cast, "Sender/Cast", Some("not_running")),
        (Errand::CastAndGoOn, "Sender/CastAndGoOn", Some("not_running")),
        (Errand::BroadcastAndGoOn, "Sender/BroadcastAndGoOn", Some("not_running")),
        (Errand::Ask, "Sender/Ask", Some("timeout")),
        (Errand::AskAndGoOn, "Sender/AskAndGoOn", Some("timeout")),
        (Errand::AskWhoPanics, "Sender/AskWhoPanics", Some("stopped")),
        (Errand::Other, "Sender/Other", Some("ractor::ActorProcessingErr")),
    ] {
        // An actor ends with an error that it returns.
        let panics = spawn(None).await;
        let sender = Sender { dead: dead.clone(), busy: busy.clone(), panics };
        let sender = Actor::spawn(None, sender, ()).await.unwrap().0;
        sender.cast(errand).unwrap();
        let span = &spans.ended(name, 1).await[0];
        let found = span.attribute("error.type").map(ToString::to_string);
        assert_eq!(found.as_deref(), error_type, "{name}");
        assert_eq!(span.error.is_some(), !name.ends_with("GoOn"), "{name}: who goes on has not failed");
    }
    let Failures { not_running, stopped, timeout, panic, .. } = failures();
    assert_eq!(not_running - before.not_running, 3);
    assert_eq!(stopped - before.stopped, 1);
    assert_eq!(timeout - before.timeout, 2);
    assert!(panic > before.panic);
}

/// The caller of a call gets an error. The sender of a cast gets none, and may have ended, so the message has its own
/// span.
#[tokio::test]
async fn what_is_left_in_a_mailbox_is_counted() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    let before = failures().undelivered;
    caused(async { guild.cast(note("never read")) }).await.unwrap();
    caused(async { guild.cast(GuildMessage::Tick) }).await.unwrap(); // is skipped
    guild.cast(note("never read")).unwrap(); // is of nobody
    let (asked, killed) = tokio::join!(
        guild.call(GuildMessage::Count, None),
        guild.kill_and_wait(Some(Duration::from_secs(60)))
    );
    killed.unwrap();
    assert!(matches!(asked.unwrap(), CallResult::SenderError));
    assert!(failures().undelivered >= before + 4, "another test may leave some as well");
    let lost = &spans.ended("GuildMessage/Write", 1).await[0];
    assert_eq!(lost.attribute("error.type"), Some(&"not_running".into()));
    assert_tree!(
        spans,
        r#"
        Cause/Cause
        Cause/Cause
          GuildMessage/Write error="not_running"
        "#
    );
}
