//! Common patterns: forwarding, stashing, and many requests at once.

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, call};
use tokio::task::JoinSet;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::{Envelope, TracedExt, traced_actor};

use crate::guild::GuildMessage;
use crate::{caused, note, spawn};

mod passing_on {
    use super::*;

    #[traced_actor(ractor)]
    enum Step {
        /// A request to the stage with this number.
        Number(u32, RpcReplyPort<u32>),
        #[cfg(any())]
        Unknown(Nothing),
        /// Work that a closure in the message does.
        Work(Box<dyn FnOnce(u32) -> u32 + Send>, RpcReplyPort<u32>),
    }

    struct Stage<const NUMBER: u32> {
        next: Option<ActorRef<Step>>,
    }

    /// All stages have the same message type. Each forwards the messages for other stages, with the reply port.
    #[traced_actor(ractor, name = "Stage")]
    #[cfg_attr(any(), async_trait::async_trait)]
    impl<const NUMBER: u32> Actor for Stage<NUMBER> {
        type Msg = Step;
        type State = ();
        type Arguments = ();

        async fn pre_start(&self, _: ActorRef<Step>, (): ()) -> Result<(), ActorProcessingErr> {
            Ok(())
        }

        async fn handle(
            &self,
            _: ActorRef<Step>,
            step: Step,
            (): &mut Self::State,
        ) -> Result<(), ActorProcessingErr> {
            match (step, &self.next) {
                (Step::Number(number, reply), _) if number == NUMBER => reply.send(NUMBER)?,
                (Step::Work(work, reply), None) => reply.send(work(NUMBER))?,
                (step, Some(next)) => next.cast(step)?,
                (_, None) => return Err("nobody has this number".into()),
            }
            Ok(())
        }
    }

    #[tokio::test]
    async fn each_stage_is_below_the_one_before() {
        let spans = testkit::record();
        let third = Actor::spawn(None, Stage::<3> { next: None }, ()).await.unwrap().0;
        let second = Actor::spawn(None, Stage::<2> { next: Some(third) }, ()).await.unwrap().0;
        let first = Actor::spawn(None, Stage::<1> { next: Some(second) }, ()).await.unwrap().0;
        caused(async {
            assert_eq!(call!(first, Step::Number, 2).unwrap(), 2);
            assert_eq!(call!(first, Step::Work, Box::new(|number| 2 * number)).unwrap(), 6);
            call!(first, Step::Number, 4).unwrap_err();
        })
        .await;
        spans.ended("Stage/Number", 5).await;
        assert_tree!(
            spans,
            r#"
            Cause/Cause
              Stage/Number
                Stage/Number
              Stage/Number
                Stage/Number
                  Stage/Number error="nobody has this number"
              Stage/Work
                Stage/Work
                  Stage/Work
            "#
        );
    }
}

mod putting_aside {
    use super::*;

    #[traced_actor(ractor)]
    enum Door {
        Enter(u64),
        Open,
    }

    /// Stashes visitors until the door is open, with or without their traces.
    enum Waiting {
        Bare(Vec<Door>),
        Traced(Vec<Envelope<Door>>),
        Nobody,
    }

    struct Doorman {
        keeps_traces: bool,
        guild: ActorRef<GuildMessage>,
    }

    #[traced_actor(ractor)]
    impl Actor for Doorman {
        type Msg = Door;
        type State = Waiting;
        type Arguments = ();

        async fn pre_start(&self, _: ActorRef<Door>, (): ()) -> Result<Waiting, ActorProcessingErr> {
            Ok(if self.keeps_traces { Waiting::Traced(Vec::new()) } else { Waiting::Bare(Vec::new()) })
        }

        async fn handle(
            &self,
            myself: ActorRef<Door>,
            message: Door,
            waiting: &mut Waiting,
        ) -> Result<(), ActorProcessingErr> {
            match (message, &mut *waiting) {
                (visit @ Door::Enter(_), Waiting::Bare(visits)) => visits.push(visit),
                (visit @ Door::Enter(_), Waiting::Traced(visits)) => visits.push(Envelope::capture(visit)),
                (Door::Enter(user), Waiting::Nobody) => self.guild.cast(GuildMessage::Join(user))?,
                (Door::Open, _) => match std::mem::replace(waiting, Waiting::Nobody) {
                    Waiting::Bare(visits) => {
                        for visit in visits {
                            myself.cast(visit)?;
                        }
                    }
                    Waiting::Traced(visits) => {
                        for visit in visits {
                            let (visit, mut span) = visit.open();
                            let Door::Enter(user) = visit else { continue };
                            span.run(async { self.guild.cast(GuildMessage::Join(user)) }).await?;
                            span.end_ok();
                        }
                    }
                    Waiting::Nobody => {}
                },
            }
            Ok(())
        }
    }

    async fn visited(keeps_traces: bool) -> testkit::Recording {
        let spans = testkit::record();
        let guild = spawn(None).await;
        let doorman = Actor::spawn(None, Doorman { keeps_traces, guild }, ()).await.unwrap().0;
        caused(async { doorman.cast(Door::Enter(1)) }).await.unwrap();
        doorman.cast(Door::Open).unwrap();
        spans.ended("Guild/Join", 1).await;
        spans
    }

    #[tokio::test]
    async fn a_message_that_is_sent_again_is_of_who_sends_it_again() {
        assert_tree!(
            visited(false).await,
            "
            Cause/Cause
              Doorman/Enter
            Doorman/Open
              Doorman/Enter
                Guild/Join user=1
            "
        );
    }

    #[tokio::test]
    async fn an_envelope_goes_on_with_its_own_trace() {
        assert_tree!(
            visited(true).await,
            "
            Cause/Cause
              Doorman/Enter
                Doorman/Enter
                  Guild/Join user=1
            Doorman/Open
            "
        );
    }
}

mod asking_many {
    use super::*;

    #[traced_actor(ractor)]
    enum Survey {
        First(RpcReplyPort<u64>),
        All(RpcReplyPort<u64>),
    }

    struct Pollster {
        guilds: Vec<ActorRef<GuildMessage>>,
        other: Option<ActorRef<Survey>>,
    }

    #[traced_actor(ractor)]
    impl Actor for Pollster {
        type Msg = Survey;
        type State = ();
        type Arguments = ();

        async fn pre_start(&self, _: ActorRef<Survey>, (): ()) -> Result<(), ActorProcessingErr> {
            Ok(())
        }

        async fn handle(
            &self,
            _: ActorRef<Survey>,
            survey: Survey,
            (): &mut (),
        ) -> Result<(), ActorProcessingErr> {
            match survey {
                // The answer of the other actor is dropped.
                Survey::First(reply) => {
                    if let Some(other) = &self.other {
                        tokio::select! {
                            biased;
                            _ = other.call(Survey::First, None) => {}
                            () = std::future::ready(()) => {}
                        }
                    }
                    reply.send(0).ok();
                }
                // Two kinds of tasks: some continue the message, and a plain one does not.
                Survey::All(reply) => {
                    let mut tasks = JoinSet::new();
                    for guild in self.guilds.clone() {
                        let count = async move { call!(guild, GuildMessage::Count) };
                        tasks.spawn(count.in_current_trace());
                    }
                    let guild = self.guilds[0].clone();
                    tasks.spawn(async move {
                        guild.cast(note("plain"))?;
                        Ok(0)
                    });
                    let counts = tasks.join_all().await.into_iter().collect::<Result<Vec<u64>, _>>()?;
                    reply.send(counts.iter().sum())?;
                }
            }
            Ok(())
        }
    }

    #[tokio::test]
    async fn each_is_below_the_message_that_asks() {
        let spans = testkit::record();
        let other = Actor::spawn(None, Pollster { guilds: Vec::new(), other: None }, ()).await.unwrap().0;
        let pollster = Pollster { guilds: vec![spawn(None).await, spawn(None).await], other: Some(other) };
        let pollster = Actor::spawn(None, pollster, ()).await.unwrap().0;
        caused(async {
            assert_eq!(call!(pollster, Survey::First).unwrap(), 0);
            assert_eq!(call!(pollster, Survey::All).unwrap(), 0);
        })
        .await;
        spans.ended("Pollster/First", 2).await;
        spans.ended("Guild/Write", 1).await;
        spans.ended("Pollster/All", 1).await;
        assert_tree!(
            spans,
            "
            Cause/Cause
              Pollster/All
                2 × Guild/Count
              Pollster/First
                Pollster/First
            Guild/Write (context lost)
            "
        );
    }
}

mod replies_that_may_be_left_out {
    use super::*;

    #[traced_actor(ractor)]
    enum Check {
        Text {
            text: String,
            reply: Option<RpcReplyPort<bool>>,
        },
        Number(u32, Option<Box<RpcReplyPort<bool>>>),
        Boxed(Box<RpcReplyPort<bool>>),
        #[cfg(any())]
        Never(Nothing, Option<RpcReplyPort<bool>>),
        Nothing {
            #[cfg(any())]
            reply: Option<RpcReplyPort<bool>>,
        },
        Inside(Box<Option<RpcReplyPort<bool>>>),
    }

    #[traced_actor(ractor)]
    struct Ping {
        reply: Option<RpcReplyPort<()>>,
    }

    struct Checker;

    #[traced_actor(ractor)]
    impl Actor for Checker {
        type Msg = Check;
        type State = ();
        type Arguments = ();

        async fn pre_start(&self, _: ActorRef<Check>, (): ()) -> Result<(), ActorProcessingErr> {
            Ok(())
        }

        async fn handle(
            &self,
            _: ActorRef<Check>,
            check: Check,
            (): &mut (),
        ) -> Result<(), ActorProcessingErr> {
            match check {
                Check::Text { text, reply: Some(reply) } => reply.send(!text.is_empty())?,
                Check::Number(number, Some(reply)) => reply.send(number > 0)?,
                Check::Boxed(reply) => reply.send(true)?,
                Check::Inside(reply) => reply.map_or(Ok(()), |reply| reply.send(true))?,
                Check::Text { .. } | Check::Number(..) | Check::Nothing {} => {}
            }
            Ok(())
        }
    }

    struct Echo;

    #[traced_actor(ractor)]
    impl Actor for Echo {
        type Msg = Ping;
        type State = ();
        type Arguments = ();

        async fn pre_start(&self, _: ActorRef<Ping>, (): ()) -> Result<(), ActorProcessingErr> {
            Ok(())
        }

        async fn handle(&self, _: ActorRef<Ping>, ping: Ping, (): &mut ()) -> Result<(), ActorProcessingErr> {
            ping.reply.map_or(Ok(()), |reply| Ok(reply.send(())?))
        }
    }

    #[tokio::test]
    async fn a_span_says_whether_it_was_asked_for() {
        let spans = testkit::record();
        let checker = Actor::spawn(None, Checker, ()).await.unwrap().0;
        let echo = Actor::spawn(None, Echo, ()).await.unwrap().0;
        let text = |reply| Check::Text { text: "a".into(), reply };
        let number = |reply| Check::Number(7, reply);
        checker.cast(text(None)).unwrap();
        checker.cast(number(None)).unwrap();
        checker.cast(Check::Nothing {}).unwrap();
        checker.cast(Check::Inside(Box::new(None))).unwrap();
        echo.cast(Ping { reply: None }).unwrap();
        assert!(call!(checker, |reply| text(Some(reply))).unwrap());
        assert!(call!(checker, |reply| number(Some(Box::new(reply)))).unwrap());
        assert!(call!(checker, |reply| Check::Boxed(Box::new(reply))).unwrap());
        call!(echo, |reply| Ping { reply: Some(reply) }).unwrap();
        spans.ended("Echo/Ping", 2).await;
        spans.ended("Checker/Boxed", 1).await;
        for (name, modes) in [
            ("Checker/Text", &["cast", "call"][..]),
            ("Checker/Number", &["cast", "call"]),
            ("Checker/Boxed", &["call"]),
            ("Echo/Ping", &["cast", "call"]),
        ] {
            let spans = spans.named(name);
            let found: Vec<String> =
                spans.iter().map(|span| span.attribute("actor.message.mode").unwrap().to_string()).collect();
            assert_eq!(found, modes, "{name}");
        }
    }
}
