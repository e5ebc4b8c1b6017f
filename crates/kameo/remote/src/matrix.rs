//! Each way that a message can take: to an actor of this node, to one by its remote reference, and to another node.

use serde::{Deserialize, Serialize};
use traced_actor::traced_actor;

use crate::ways::{Case, Way, cases};

const TOLD: &str = "Member/Tell\n  Member/Note";
const ASKED: &str = "Member/Count";

/// The ways to an actor of this node.
const LOCAL: &[Way] = &[
    Way::new("tell", TOLD),
    Way::new("tell, try_send", TOLD),
    Way::new("tell, send_after", TOLD),
    Way::new("recipient", TOLD),
    Way::new("weak recipient", TOLD),
    Way::new("reply recipient", ASKED),
    Way::new("ask", ASKED),
    Way::new("ask, reply_timeout", ASKED),
    Way::new("ask, try_send", ASKED),
    Way::new("ask, enqueue", ASKED),
    Way::new("ask for an enum", "Member/Post"),
    Way::new("forward", "Member/Forward\n  Member/Count"),
    Way::new("delegated", "Member/Delegate\n  Member/Count"),
    Way { alone: "40 × Member/Note", ..Way::new("fanout", "10 × Member/Note") },
    Way { apart: "Member/Note", ..Way::new("pipe", "Member/Pipe") },
];

/// The ways to an actor by its remote reference.
const REMOTE: &[Way] = &[
    Way::new("tell", TOLD),
    Way::new("tell, send_ack", TOLD),
    Way::new("tell, try_send", TOLD),
    Way::new("tell, try_send_ack", TOLD),
    Way::new("ask", ASKED),
    Way::new("ask, try_send", ASKED),
    Way::new("ask, timeouts", ASKED),
    Way::new("ask, enqueue", ASKED),
    // Enums are sent bare, so that the sender's trace does not go with them.
    Way::apart("ask for an enum", "Member/Post"),
    Way { alone: "40 × Member/Note", ..Way::new("fanout", "10 × Member/Note") },
];

/// Returns all cases with a number for each.
pub fn all_cases() -> impl Iterator<Item = (u64, Case)> {
    let local = cases(LOCAL, "here");
    (1..).zip(local.chain(cases(REMOTE, "here, by its remote reference")).chain(cases(REMOTE, "there")))
}

/// A message that has the number of its case.
macro_rules! messages {
    ($($(#[$attribute:meta])* $name:ident)*) => {$(
        $(#[$attribute])*
        #[traced_actor]
        #[traced(fields(case))]
        #[derive(Debug, Clone, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "its name says it")]
        pub struct $name {
            pub case: u64,
        }
    )*};
}

messages! { Tell Note Count Forward Delegate Pipe }

/// An enum of messages.
#[traced_actor]
#[derive(Debug, Serialize, Deserialize)]
pub enum Deed {
    /// With the number of its case.
    #[traced(fields(case = _0))]
    Post(u64),
}

/// Asks how many messages were handled.
#[derive(Debug, Serialize, Deserialize)]
pub struct Handled {}

/// Defines the member of a node of a version, with these attributes on the actor and on its impls.
///
/// `$sent` wraps a message that is sent to another node, if the version does that.
#[macro_export]
macro_rules! member {
    ($version:literal, $sent:ident, [$($actor:tt)*], [$($handler:tt)*]) => {
        mod member {
            use std::time::Duration;

            use kameo::prelude::*;
            use kameo::reply::ForwardedReply;
            use traced_actor::fanout;
            #[allow(unused_imports, reason = "an old node sends messages as they are")]
            use traced_actor_kameo::IntoEnveloped as _;
            use $crate::matrix::{Count, Deed, Delegate, Forward, Handled, Note, Pipe, Tell, all_cases};
            use $crate::ways::{caused, until};
            use $crate::{Args, join, print, print_spans, told_to_end};

            /// Forwards each message to another actor.
            $($actor)*
            #[derive(Actor, RemoteActor)]
            #[remote_actor(id = "member")]
            pub struct Member {
                council: Option<ActorRef<Member>>,
                handled: u64,
            }

            $($handler)*
            #[remote_message("tell")]
            impl Message<Tell> for Member {
                type Reply = ();

                async fn handle(&mut self, Tell { case }: Tell, _: &mut Context<Self, ()>) {
                    self.handled += 1;
                    if let Some(council) = &self.council {
                        council.tell(Note { case }).await.unwrap();
                    }
                }
            }

            $($handler)*
            #[remote_message("note")]
            impl Message<Note> for Member {
                type Reply = ();

                async fn handle(&mut self, _: Note, _: &mut Context<Self, ()>) {
                    self.handled += 1;
                }
            }

            $($handler)*
            #[remote_message("count")]
            impl Message<Count> for Member {
                type Reply = u64;

                async fn handle(&mut self, count: Count, _: &mut Context<Self, u64>) -> u64 {
                    self.handled += 1;
                    count.case
                }
            }

            $($handler)*
            #[remote_message("deed")]
            impl Message<Deed> for Member {
                type Reply = u64;

                async fn handle(&mut self, Deed::Post(case): Deed, _: &mut Context<Self, u64>) -> u64 {
                    self.handled += 1;
                    case
                }
            }

            $($handler)*
            impl Message<Forward> for Member {
                type Reply = ForwardedReply<Count, u64>;

                async fn handle(&mut self, forward: Forward, ctx: &mut Context<Self, Self::Reply>) -> Self::Reply {
                    let council = self.council.clone().unwrap();
                    ctx.forward(&council, Count { case: forward.case }).await
                }
            }

            $($handler)*
            impl Message<Delegate> for Member {
                type Reply = DelegatedReply<u64>;

                async fn handle(&mut self, delegate: Delegate, ctx: &mut Context<Self, Self::Reply>) -> Self::Reply {
                    let (delegated, sender) = ctx.reply_sender();
                    let council = self.council.clone().unwrap();
                    traced_actor::task::spawn(async move {
                        let count = council.ask(Count { case: delegate.case }).await.unwrap();
                        if let Some(sender) = sender {
                            sender.send(count);
                        }
                    });
                    delegated
                }
            }

            $($handler)*
            impl Message<Pipe> for Member {
                type Reply = ();

                async fn handle(&mut self, Pipe { case }: Pipe, ctx: &mut Context<Self, ()>) {
                    ctx.pipe(async move { Note { case } });
                }
            }

            #[remote_message("handled")]
            impl Message<Handled> for Member {
                type Reply = u64;

                async fn handle(&mut self, _: Handled, _: &mut Context<Self, u64>) -> u64 {
                    self.handled
                }
            }

            struct Here {
                member: ActorRef<Member>,
                council: ActorRef<Member>,
            }

            impl Here {
                fn start() -> Self {
                    let council = Member::spawn(Member { council: None, handled: 0 });
                    let member = Member::spawn(Member { council: Some(council.clone()), handled: 0 });
                    Self { member, council }
                }

                async fn end(self) {
                    for actor in [self.member, self.council] {
                        actor.stop_gracefully().await.unwrap();
                        actor.wait_for_shutdown().await;
                    }
                }
            }

            /// Serves until its standard input is closed.
            pub async fn server(args: &Args) {
                let spans = args.prepare();
                join(Some(args.port), None).await;
                let here = Here::start();
                here.member.register("member").await.unwrap();
                print("ready");
                told_to_end().await;
                here.end().await;
                print_spans(&spans);
            }

            /// Goes all ways.
            pub async fn client(args: &Args) {
                let spans = args.prepare();
                join(None, Some(args.port)).await;
                let here = Here::start();
                let own = here.member.into_remote_ref().await;
                until(async || there().await.is_some()).await;
                let there = there().await.unwrap();
                for (case, (way, place, decision)) in all_cases() {
                    match place {
                        "here" => caused($version, decision, case, local(way.name, case, &here.member)).await,
                        "there" => caused($version, decision, case, remote(way.name, case, &there)).await,
                        _ => caused($version, decision, case, remote(way.name, case, &own)).await,
                    }
                }
                here.end().await;
                print_spans(&spans);
            }

            async fn there() -> Option<RemoteActorRef<Member>> {
                RemoteActorRef::lookup("member").await.ok().flatten()
            }

            /// Goes one way to an actor of this node.
            async fn local(way: &str, case: u64, member: &ActorRef<Member>) {
                let minute = Duration::from_secs(60);
                match way {
                    "tell" => member.tell(Tell { case }).await.unwrap(),
                    "tell, try_send" => member.tell(Tell { case }).try_send().unwrap(),
                    "tell, send_after" => {
                        let later = member.tell(Tell { case }).send_after(Duration::from_millis(1));
                        later.await.unwrap().unwrap();
                    }
                    "recipient" => member.clone().recipient::<Tell>().tell(Tell { case }).await.unwrap(),
                    "weak recipient" => {
                        let recipient = member.clone().recipient::<Tell>().downgrade().upgrade().unwrap();
                        recipient.tell(Tell { case }).await.unwrap();
                    }
                    "reply recipient" => {
                        let recipient = member.clone().reply_recipient::<Count>();
                        assert_eq!(recipient.ask(Count { case }).await.unwrap(), case);
                    }
                    "ask" => assert_eq!(member.ask(Count { case }).await.unwrap(), case),
                    "ask, reply_timeout" => {
                        assert_eq!(member.ask(Count { case }).reply_timeout(minute).await.unwrap(), case);
                    }
                    "ask, try_send" => assert_eq!(member.ask(Count { case }).try_send().await.unwrap(), case),
                    "ask, enqueue" => {
                        let reply = member.ask(Count { case }).enqueue().await.unwrap();
                        assert_eq!(reply.await.unwrap(), case);
                    }
                    "ask for an enum" => assert_eq!(member.ask(Deed::Post(case)).await.unwrap(), case),
                    "forward" => assert_eq!(member.ask(Forward { case }).await.unwrap(), case),
                    "delegated" => assert_eq!(member.ask(Delegate { case }).await.unwrap(), case),
                    "fanout" => {
                        let work = async {
                            for _ in 0..40 {
                                member.tell(Note { case }).await.unwrap();
                            }
                        };
                        fanout(40).run(work).await;
                    }
                    "pipe" => {
                        let before = member.ask(Handled {}).await.unwrap();
                        member.ask(Pipe { case }).await.unwrap();
                        until(async || member.ask(Handled {}).await.unwrap() > before).await;
                    }
                    other => panic!("{other}"),
                }
            }

            /// Goes one way to an actor that may be on another node, and waits until all is handled.
            async fn remote(way: &str, case: u64, member: &RemoteActorRef<Member>) {
                let minute = Duration::from_secs(60);
                let before = member.ask(&Handled {}).await.unwrap();
                match way {
                    "tell" => member.tell(&$sent!(Tell { case })).send().unwrap(),
                    "tell, send_ack" => member.tell(&$sent!(Tell { case })).send_ack().await.unwrap(),
                    "tell, try_send" => member.tell(&$sent!(Tell { case })).try_send().await.unwrap(),
                    "tell, try_send_ack" => {
                        member.tell(&$sent!(Tell { case })).try_send_ack().await.unwrap();
                    }
                    "ask" => assert_eq!(member.ask(&$sent!(Count { case })).await.unwrap(), case),
                    "ask, try_send" => {
                        assert_eq!(member.ask(&$sent!(Count { case })).try_send().await.unwrap(), case);
                    }
                    "ask, timeouts" => {
                        let count = $sent!(Count { case });
                        let asked = member.ask(&count).mailbox_timeout(minute).reply_timeout(minute);
                        assert_eq!(asked.await.unwrap(), case);
                    }
                    "ask, enqueue" => {
                        let reply = member.ask(&$sent!(Count { case })).enqueue().unwrap();
                        assert_eq!(reply.await.unwrap(), case);
                    }
                    "ask for an enum" => {
                        assert_eq!(member.ask(&$sent!(Deed::Post(case))).await.unwrap(), case);
                    }
                    "fanout" => {
                        let work = async {
                            for _ in 0..40 {
                                member.tell(&$sent!(Note { case })).send_ack().await.unwrap();
                            }
                        };
                        fanout(40).run(work).await;
                    }
                    other => panic!("{other}"),
                }
                let messages = if way == "fanout" { 40 } else { 1 };
                until(async || member.ask(&Handled {}).await.unwrap() >= before + messages).await;
            }
        }
    };
}
