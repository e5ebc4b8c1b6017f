//! `cast`, `call` and the options of the attribute.

use ractor::concurrency::Duration;
use ractor::{Actor, ActorProcessingErr, ActorRef, RactorErr, call, call_t, cast};
use ractor_cluster_derive::RactorMessage;
use traced_actor::record::FinishedSpan;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;

use crate::guild::GuildMessage;
use crate::{caused, note, spawn};

fn text(span: &FinishedSpan, name: &str) -> Option<String> {
    span.attribute(name).map(ToString::to_string)
}

#[tokio::test]
async fn a_message_s_span_is_below_its_sender_s() {
    let spans = testkit::record();
    let council = spawn(None).await;
    let guild = spawn(Some(council)).await;
    guild.cast(GuildMessage::Join(7)).unwrap();
    spans.ended("Guild/Write", 1).await;
    assert_tree!(
        spans,
        "
        Guild/Join user=7
          Guild/Write
        "
    );
}

#[tokio::test]
async fn a_call_s_span_is_below_its_caller_s() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    caused(async {
        cast!(guild, note("one")).unwrap();
        assert_eq!(call!(guild, GuildMessage::Count).unwrap(), 0);
        assert_eq!(call_t!(guild, GuildMessage::Count, 60_000).unwrap(), 0);
    })
    .await;
    spans.ended("Guild/Count", 2).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          2 × Guild/Count
          Guild/Write
        "
    );
}

#[tokio::test]
async fn whether_it_was_told_or_asked_is_on_the_span() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    guild.cast(note("one")).unwrap();
    assert_eq!(call!(guild, |reply| GuildMessage::Notes { from: 0, reply }).unwrap(), "one");
    assert_eq!(call!(guild, GuildMessage::Count).unwrap(), 0);
    spans.ended("Guild/Count", 1).await;
    let types =
        |name| spans.named(name).iter().map(|span| text(span, "actor.message.mode")).collect::<Vec<_>>();
    assert_eq!(types("Guild/Write"), [Some("cast".to_owned())]);
    assert_eq!(types("Guild/Notes"), [Some("call".to_owned())]);
    assert_eq!(types("Guild/Count"), [Some("call".to_owned())]);
}

#[tokio::test]
async fn how_the_handler_ended_is_on_the_span() {
    let spans = testkit::record();
    spawn(None).await.cast(GuildMessage::Fail("no room".into())).unwrap();
    spawn(None).await.cast(GuildMessage::Panic).unwrap();
    let guild = spawn(None).await;
    guild.cast(GuildMessage::Hang).unwrap();
    let waits = call_t!(guild, GuildMessage::Count, 10);
    assert!(matches!(waits, Err(RactorErr::Timeout)));
    guild.kill();
    let error_of = |span: &FinishedSpan| (text(span, "error.type"), span.error.clone());
    let failed = &spans.ended("Guild/Fail", 1).await[0];
    assert_eq!(error_of(failed), (Some("ractor::ActorProcessingErr".into()), Some("no room".into())));
    let panicked = &spans.ended("Guild/Panic", 1).await[0];
    assert_eq!(error_of(panicked).0, Some("panic".into()));
    let killed = &spans.ended("Guild/Hang", 1).await[0];
    assert_eq!(error_of(killed).0, Some("cancelled".into()));
    assert_eq!(spans.named("Guild/Count").len(), 0, "nobody handled it");
}

/// A tick has no span, and what its handling sends is below the span of who sent the tick.
#[tokio::test]
async fn a_kind_can_be_skipped() {
    let spans = testkit::record();
    let council = spawn(None).await;
    let guild = spawn(Some(council)).await;
    caused(async { guild.cast(GuildMessage::Tick) }).await.unwrap();
    spans.ended("Guild/Write", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Guild/Write
        "
    );
}

#[traced_actor(ractor)]
#[derive(RactorMessage)]
enum Job {
    Begin,
}

struct Follower(ActorRef<GuildMessage>);

/// Every option of an actor, and an attribute of ractor's below.
#[traced_actor(ractor, name = "Continues", start = never)]
impl Actor for Follower {
    type Msg = Job;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Job>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        _myself: ActorRef<Job>,
        Job::Begin: Job,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        self.0.cast(note("begun"))?;
        // The types of what is returned are those of the signature.
        if self.0.get_name().is_some() {
            return Err(Box::new(std::fmt::Error));
        }
        Ok(())
    }
}

#[tokio::test]
async fn an_actor_can_continue_traces_and_start_none() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    let follower = Actor::spawn(None, Follower(guild.clone()), ()).await.unwrap().0;
    follower.cast(Job::Begin).unwrap();
    caused(async { follower.cast(Job::Begin) }).await.unwrap();
    // The guild has handled both when it answers.
    spans.ended("Guild/Write", 1).await;
    follower.stop_and_wait(None, None).await.unwrap();
    assert_eq!(call!(guild, |reply| GuildMessage::Notes { from: 0, reply }).unwrap(), "begun;begun");
    spans.ended("Guild/Notes", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Continues/Begin
            Guild/Write
        Guild/Notes
        "
    );
}

/// A sender that decided against a trace is not asked again, and nothing of it is recorded.
#[tokio::test]
async fn what_is_not_sampled_stays_so() {
    let spans = testkit::record_sampled(traced_actor::sampling::AlwaysOff);
    let council = spawn(None).await;
    let guild = spawn(Some(council)).await;
    guild.cast(GuildMessage::Join(1)).unwrap();
    assert_eq!(call_t!(guild, GuildMessage::Count, 60_000).unwrap(), 1);
    guild.stop_and_wait(None, Some(Duration::from_secs(10))).await.unwrap();
    assert_eq!(spans.all(), []);
}

/// ractor gives the message back, and the context of it is nobody's.
#[tokio::test]
async fn a_failed_send_leaves_nothing_behind() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    let dead = spawn(None).await;
    dead.stop_and_wait(None, None).await.unwrap();
    caused(async { assert!(dead.cast(note("lost")).is_err()) }).await;
    guild.cast(note("two")).unwrap();
    spans.ended("Guild/Write", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
        Guild/Write
        "
    );
}
