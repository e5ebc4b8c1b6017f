//! All ways to send a message, none of which knows about traces.

use actix::prelude::*;
use traced_actor::record::FinishedSpan;
use traced_actor::testkit::{self, assert_tree};

use crate::guild::{Ask, Guild, Join, note};
use crate::{caused, run};

fn text(span: &FinishedSpan, name: &str) -> Option<String> {
    span.attribute(name).map(ToString::to_string)
}

#[test]
fn each_send_is_below_its_sender() {
    let spans = testkit::record();
    run(async {
        let guild = Guild::new().start();
        caused(async {
            guild.do_send(note("do_send"));
            guild.try_send(note("try_send")).unwrap();
            assert_eq!(guild.send(note("send")).await, Ok(3));
        })
        .await;
    });
    assert_tree!(
        spans,
        r#"
        Cause/Cause
          Guild/Write text="do_send"
          Guild/Write text="send"
          Guild/Write text="try_send"
        "#
    );
}

#[test]
fn a_span_says_whether_its_message_was_told_or_asked() {
    let spans = testkit::record();
    run(async {
        let guild = Guild::new().start();
        guild.do_send(Join(1));
        guild.send(note("two")).await.unwrap();
    });
    assert_eq!(text(&spans.named("Guild/Join")[0], "actor.message.mode").as_deref(), Some("cast"));
    assert_eq!(text(&spans.named("Guild/Write")[0], "actor.message.mode").as_deref(), Some("call"));
}

#[test]
fn a_message_goes_on_from_actor_to_actor() {
    let spans = testkit::record();
    run(async {
        let council = Guild::new().start();
        let guild = Guild { council: Some(council.clone()), ..Guild::new() }.start();
        caused(async { guild.send(Join(7)).await.unwrap() }).await;
        council.send(Ask::Tick).await.unwrap().unwrap();
    });
    assert_tree!(
        spans,
        r#"
        Cause/Cause
          Guild/Join
            Guild/Write text="7 joined"
        "#
    );
}

#[test]
fn through_recipients_and_weak_addresses() {
    let spans = testkit::record();
    run(async {
        let guild = Guild::new().start();
        let recipient: Recipient<Join> = guild.clone().recipient();
        let weak_recipient = recipient.downgrade();
        let weak = guild.downgrade();
        caused(async {
            recipient.do_send(Join(1));
            recipient.try_send(Join(2)).unwrap();
            recipient.send(Join(3)).await.unwrap();
            weak_recipient.upgrade().unwrap().send(Join(4)).await.unwrap();
            weak.upgrade().unwrap().send(Join(5)).await.unwrap();
        })
        .await;
    });
    assert_tree!(
        spans,
        "
        Cause/Cause
          5 × Guild/Join
        "
    );
}

/// A message that finds no room waits in the request, and is sent when that is polled: in the caller's flow.
#[test]
fn a_send_that_waits_for_room_is_below_its_sender() {
    let spans = testkit::record();
    run(async {
        let guild = Guild::create(|context| {
            context.set_mailbox_capacity(1);
            Guild::new()
        });
        caused(async {
            let requests: Vec<_> = (0..4).map(|n| guild.send(Join(n))).collect();
            for request in requests {
                request.await.unwrap();
            }
        })
        .await;
    });
    assert_tree!(
        spans,
        "
        Cause/Cause
          4 × Guild/Join
        "
    );
}

/// actix does not handle a call if nobody waits for its answer.
#[test]
fn a_call_that_nobody_waits_for_is_not_handled() {
    let spans = testkit::record();
    run(async {
        let guild = Guild::new().start();
        caused(async { drop(guild.send(note("dropped"))) }).await;
        assert_eq!(guild.send(note("handled")).await, Ok(1));
    });
    assert_tree!(
        spans,
        r#"
        Cause/Cause
        Guild/Write text="handled"
        "#
    );
}

#[test]
fn a_message_of_nobody_starts_a_trace() {
    let spans = testkit::record();
    run(async { Guild::new().start().send(Join(1)).await.unwrap() });
    assert_tree!(spans, "Guild/Join");
}

#[test]
fn an_error_that_a_handler_returns_is_on_its_span() {
    let spans = testkit::record();
    run(async {
        let guild = Guild::new().start();
        assert!(guild.send(Ask::Count).await.unwrap().is_err());
        guild.do_send(note("one"));
        assert!(guild.send(Ask::Count).await.unwrap().is_ok());
    });
    let counts = spans.named("Guild/Count");
    let errors: Vec<_> = counts.iter().map(|span| span.error.as_deref()).collect();
    assert_eq!(errors, [Some("nothing to count"), None]);
    assert_eq!(text(&counts[0], "error.type").as_deref(), Some("alloc::string::String"));
}
