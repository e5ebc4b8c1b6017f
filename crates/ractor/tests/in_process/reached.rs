//! An actor that is reached some other way than by its own reference: by name, through a group, an untyped cell, a forwarded reply.

use ractor::{Actor, ActorRef, call_t, forward, pg, registry, rpc};
use traced_actor::fanout;
use traced_actor::testkit::{self, assert_tree};

use crate::guild::{Guild, GuildMessage};
use crate::{caused, note, spawn};

#[tokio::test]
async fn by_name() {
    let spans = testkit::record();
    Actor::spawn(Some("reached by name".into()), Guild { council: None }, ()).await.unwrap();
    caused(async {
        let guild: ActorRef<GuildMessage> = registry::where_is("reached by name").unwrap().into();
        guild.cast(note("one")).unwrap();
    })
    .await;
    spans.ended("Guild/Write", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Guild/Write
        "
    );
}

#[tokio::test]
async fn by_an_untyped_cell() {
    let spans = testkit::record();
    let cell = spawn(None).await.get_cell();
    caused(async {
        cell.send_message(note("one")).unwrap();
        rpc::cast(&cell, note("two")).unwrap();
        rpc::call(&cell, GuildMessage::Count, None).await.unwrap();
        assert!(cell.send_message(7_u64).is_err(), "ractor still knows the type of the actor's messages");
    })
    .await;
    spans.ended("Guild/Count", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Guild/Count
          2 × Guild/Write
        "
    );
}

/// A process group is a list of cells. A sender to all of them declares it as one fan-out.
#[tokio::test]
async fn through_a_process_group() {
    let spans = testkit::record();
    let group = "reached through a group".to_owned();
    for _ in 0..3 {
        pg::join(group.clone(), vec![spawn(None).await.get_cell()]);
    }
    caused(async {
        for member in pg::get_members(&group) {
            member.send_message(note("hello")).unwrap();
        }
    })
    .await;
    spans.ended("Guild/Write", 3).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          3 × Guild/Write
        "
    );
}

#[tokio::test]
async fn a_large_process_group_is_thinned_out_as_any_fanout() {
    let spans = testkit::record();
    let group = "a large group".to_owned();
    for _ in 0..40 {
        pg::join(group.clone(), vec![spawn(None).await.get_cell()]);
    }
    caused(async {
        let members = pg::get_members(&group);
        let mut fanout = fanout(members.len());
        let _entered = fanout.enter();
        for member in &members {
            member.send_message(note("hello")).unwrap();
        }
    })
    .await;
    for member in pg::get_members(&group) {
        member.drain_and_wait(None).await.unwrap();
    }
    assert_eq!(spans.named("Guild/Write").len(), 10, "the budget of a fan-out");
}

/// The reply goes to the other actor in a task of ractor's own.
#[tokio::test]
async fn by_a_forwarded_reply() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    let council = spawn(None).await;
    caused(async {
        forward!(guild, GuildMessage::Count, council, |sum: u64| note(&sum.to_string())).unwrap();
    })
    .await;
    assert_eq!(call_t!(council, |reply| GuildMessage::Notes { from: 0, reply }, 60_000).unwrap(), "0");
    spans.ended("Guild/Notes", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Guild/Count
        Guild/Notes
        Guild/Write (context lost)
        "
    );
}

#[tokio::test]
async fn by_a_call_of_several() {
    let spans = testkit::record();
    let guilds = [spawn(None).await, spawn(None).await];
    caused(async { rpc::multi_call(&guilds, GuildMessage::Count, None).await.unwrap() }).await;
    spans.ended("Guild/Count", 2).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          2 × Guild/Count
        "
    );
}
