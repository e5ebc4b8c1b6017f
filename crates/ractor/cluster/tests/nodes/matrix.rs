//! Sends by each way that a message can take, here and to another node, with each decision of the sender.
//!
//! Old and new nodes are tested in all four pairs. The trees of both nodes are put together.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use ractor::{Actor, ActorCell, ActorRef, DerivedActorRef, OutputPort, call, call_t, cast, forward, pg, rpc};
use ractor_cluster::{RactorMessage, client_connect};
use tokio::io::{AsyncReadExt, stdin};
use traced_actor::{fanout, testkit, traced_actor};

use crate::driver::{Node, port};
use crate::node::{member, node, print, print_spans};
use crate::ways::{Case, Way, cases, caused, compare, until};

const JOINED: &str = "Guild/Join\n  Guild/Note";
const ASKED: &str = "Guild/Count";

const WAYS: &[Way] = &[
    Way::new("cast", JOINED),
    Way::new("cast!", JOINED),
    Way::new("send_message", JOINED),
    Way::new("cell", JOINED),
    Way::new("group", JOINED),
    Way::new("derived", JOINED),
    Way { alone: "40 × Guild/Note", ..Way::new("fanout", "10 × Guild/Note") },
    Way::new("call", ASKED),
    Way::new("call!", ASKED),
    Way::new("call_t!", ASKED),
    Way::new("multi_call", "2 × Guild/Count"),
    Way { back: "Guild/Note", ..Way::new("forward!", ASKED) },
    Way::apart("send_after", JOINED),
    Way::apart("send_interval", JOINED),
    Way::apart("output port", JOINED),
];

const VERSIONS: [&str; 2] = ["old", "new"];

/// Returns all cases with a number for each.
fn all_cases() -> impl Iterator<Item = (u64, Case)> {
    (1..).zip(["here", "there"].into_iter().flat_map(|place| cases(WAYS, place)))
}

/// Lets old and new nodes send to one another.
pub(crate) fn all() {
    for client in VERSIONS {
        for server in VERSIONS {
            pair(client, server);
        }
    }
}

fn pair(client: &str, server: &str) {
    let port = port();
    let serves = Node::ready(&["matrix-server", server, &port.to_string()]);
    let mut said = Node::start(&["matrix-client", client, &port.to_string()]).end();
    said.extend(serves.end());
    compare(all_cases(), client, server, &said);
}

/// Serves until its standard input is closed.
pub(crate) async fn server(version: &str, port: u16) {
    let spans = testkit::install();
    node(port, &format!("matrix{port}")).await;
    if version == "new" {
        new::serve().await;
    } else {
        old::serve().await;
    }
    print_spans(&spans);
}

/// Goes all ways.
pub(crate) async fn client(version: &str, port: u16) {
    let spans = testkit::install();
    let node = node(0, &format!("matrix-client{port}")).await;
    client_connect(&node, ("127.0.0.1", port)).await.unwrap();
    if version == "new" {
        new::send().await;
    } else {
        old::send().await;
    }
    print_spans(&spans);
}

/// Some of the messages of a guild.
#[derive(Clone, RactorMessage)]
struct Joined(u64);

/// Defines the guild, with these attributes on its message, on its variants, and on the actor.
macro_rules! guild {
    ($version:ident, [$($message:tt)*], [$($variant:tt)*], [$($skip:tt)*], [$($actor:tt)*]) => {
        mod $version {
            use ractor::{ActorProcessingErr, RpcReplyPort};
            use ractor_cluster::RactorClusterMessage;

            use super::*;

            $($message)*
            #[derive(RactorClusterMessage)]
            enum Message {
                $($variant)*
                Join(u64),
                $($variant)*
                Note(u64),
                #[rpc]
                $($variant)*
                Count(u64, RpcReplyPort<u64>),
                /// Asks how many it has handled.
                #[rpc]
                $($skip)*
                Handled(RpcReplyPort<u64>),
            }

            impl From<Joined> for Message {
                fn from(Joined(case): Joined) -> Self {
                    Self::Join(case)
                }
            }

            impl TryFrom<Message> for Joined {
                type Error = Message;

                fn try_from(message: Message) -> Result<Self, Message> {
                    Err(message)
                }
            }

            /// Tells another guild of each who joins.
            struct Guild(Option<ActorRef<Message>>);

            $($actor)*
            impl Actor for Guild {
                type Msg = Message;
                type State = u64;
                type Arguments = ();

                async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<u64, ActorProcessingErr> {
                    Ok(0)
                }

                async fn handle(
                    &self,
                    _: ActorRef<Message>,
                    message: Message,
                    handled: &mut u64,
                ) -> Result<(), ActorProcessingErr> {
                    *handled += 1;
                    match message {
                        Message::Join(case) => {
                            if let Some(council) = &self.0 {
                                council.cast(Message::Note(case))?;
                            }
                        }
                        Message::Note(_) => {}
                        Message::Count(case, reply) => reply.send(case)?,
                        Message::Handled(reply) => {
                            *handled -= 1;
                            reply.send(*handled)?;
                        }
                    }
                    Ok(())
                }
            }

            /// The actors of a node.
            struct Here {
                guild: ActorRef<Message>,
                council: ActorRef<Message>,
            }

            impl Here {
                async fn start(group: &str) -> Self {
                    let council = Actor::spawn(None, Guild(None), ()).await.unwrap().0;
                    let guild = Actor::spawn(None, Guild(Some(council.clone())), ()).await.unwrap().0;
                    pg::join(group.to_owned(), vec![guild.get_cell()]);
                    Self { guild, council }
                }

                async fn end(self) {
                    self.guild.drain_and_wait(None).await.unwrap();
                    self.council.drain_and_wait(None).await.unwrap();
                }
            }

            async fn handled(guild: &ActorRef<Message>) -> u64 {
                call!(guild, Message::Handled).unwrap()
            }

            pub(super) async fn serve() {
                let here = Here::start("there").await;
                print("ready");
                stdin().read_to_end(&mut Vec::new()).await.unwrap();
                here.end().await;
            }

            pub(super) async fn send() {
                let here = Here::start("here").await;
                let there = member("there").await;
                for (case, (way, place, decision)) in all_cases() {
                    let cell = if place == "here" { here.guild.get_cell() } else { there.clone() };
                    let work = go(way.name, case, &cell, &here.guild);
                    caused(stringify!($version), decision, case, work).await;
                }
                // The last cast has arrived when this call is answered.
                handled(&there.into()).await;
                here.end().await;
            }

            /// Goes one way to an actor.
            async fn go(way: &str, case: u64, cell: &ActorCell, own: &ActorRef<Message>) {
                let guild: ActorRef<Message> = cell.clone().into();
                let before = handled(&guild).await;
                let soon = Duration::from_millis(1);
                match way {
                    "cast" => guild.cast(Message::Join(case)).unwrap(),
                    "cast!" => cast!(guild, Message::Join(case)).unwrap(),
                    "send_message" => guild.send_message(Message::Join(case)).unwrap(),
                    "cell" => cell.send_message(Message::Join(case)).unwrap(),
                    "group" => {
                        let group = if cell.get_id().is_local() { "here" } else { "there" };
                        for member in pg::get_members(&group.to_owned()) {
                            member.send_message(Message::Join(case)).unwrap();
                        }
                    }
                    "derived" => {
                        let derived: DerivedActorRef<Joined> = guild.get_derived();
                        derived.send_message(Joined(case)).unwrap();
                    }
                    "fanout" => {
                        let mut fanout = fanout(40);
                        let _entered = fanout.enter();
                        for _ in 0..40 {
                            guild.cast(Message::Note(case)).unwrap();
                        }
                    }
                    "call" => {
                        let reply = guild.call(|reply| Message::Count(case, reply), None).await.unwrap();
                        assert_eq!(reply.unwrap(), case);
                    }
                    "call!" => assert_eq!(call!(guild, Message::Count, case).unwrap(), case),
                    "call_t!" => assert_eq!(call_t!(guild, Message::Count, 20_000, case).unwrap(), case),
                    "multi_call" => {
                        let guilds = [guild.clone(), guild.clone()];
                        rpc::multi_call(&guilds, |reply| Message::Count(case, reply), None).await.unwrap();
                    }
                    "forward!" => {
                        forward!(guild, |reply| Message::Count(case, reply), own, Message::Note).unwrap();
                    }
                    "send_after" => {
                        guild.send_after(soon, move || Message::Join(case)).await.unwrap().unwrap();
                    }
                    "send_interval" => {
                        let is_first = AtomicBool::new(true);
                        // Those after the first belong to no case.
                        let message = move || {
                            if is_first.swap(false, Relaxed) { Message::Join(case) } else { Message::Note(0) }
                        };
                        let timer = guild.send_interval(soon, message);
                        until(async || handled(&guild).await > before).await;
                        timer.abort();
                    }
                    "output port" => {
                        let port = OutputPort::<Joined>::default();
                        port.subscribe(guild.clone(), |Joined(case)| Some(Message::Join(case)));
                        port.send(Joined(case));
                        until(async || handled(&guild).await > before).await;
                    }
                    other => panic!("{other}"),
                }
            }
        }
    };
}

guild!(old, [], [], [], []);
guild!(
    new,
    [#[traced_actor(ractor)]],
    [#[traced(fields(case = _0))]],
    [#[traced(skip)]],
    [#[traced_actor(ractor)]]
);
