//! Common patterns: forwarding, stashing, many requests at once, and waiting in the context.

use std::collections::HashMap;
use std::time::Duration;

use actix::actors::mocker::Mocker;
use actix::dev::ToEnvelope;
use actix::fut;
use actix::prelude::*;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::{Envelope, TracedExt, traced_actor};
use traced_actor_actix::Context;

use crate::guild::{Ask, Guild, Join, Note, note};
use crate::{caused, run};

mod a_chat {
    use super::*;

    message!(Said() -> ());
    message!(Connect(Recipient<Said>) -> usize);
    message!(Say(usize) -> ());

    #[derive(Default)]
    struct Chat {
        sessions: HashMap<usize, Recipient<Said>>,
    }

    #[traced_actor(actix)]
    impl Actor for Chat {
        type Context = Context<Self>;
    }

    impl Chat {
        fn send(&self, skip: usize) {
            for (_, session) in self.sessions.iter().filter(|(id, _)| **id != skip) {
                session.do_send(Said());
            }
        }
    }

    impl Handler<Connect> for Chat {
        type Result = usize;

        fn handle(&mut self, Connect(session): Connect, _: &mut Context<Self>) -> usize {
            let id = self.sessions.len() + 1;
            self.send(0);
            self.sessions.insert(id, session);
            id
        }
    }

    impl Handler<Say> for Chat {
        type Result = ();

        fn handle(&mut self, Say(id): Say, _: &mut Context<Self>) {
            self.send(id);
        }
    }

    /// Introduces itself when it has started, and stops if nobody answers.
    struct Session {
        id: usize,
        chat: Addr<Chat>,
    }

    #[traced_actor(actix)]
    impl Actor for Session {
        type Context = Context<Self>;

        fn started(&mut self, ctx: &mut Self::Context) {
            let connected = self.chat.send(Connect(ctx.address().recipient()));
            connected
                .into_actor(self)
                .then(|id, session, ctx| {
                    match id {
                        Ok(id) => session.id = id,
                        Err(_) => ctx.stop(),
                    }
                    fut::ready(())
                })
                .wait(ctx);
        }
    }

    impl Handler<Said> for Session {
        type Result = ();

        fn handle(&mut self, _: Said, _: &mut Context<Self>) {}
    }

    message!(Typed() -> ());

    impl Handler<Typed> for Session {
        type Result = ();

        fn handle(&mut self, _: Typed, _: &mut Context<Self>) {
            self.chat.do_send(Say(self.id));
        }
    }

    #[test]
    fn all_hear_it_below_who_says_it() {
        let spans = testkit::record();
        run(async {
            let chat = Chat::default().start();
            let sessions: Vec<_> = (0..3).map(|_| Session { id: 0, chat: chat.clone() }.start()).collect();
            spans.ended("Session/Said", 3).await;
            caused(async { sessions[0].send(Typed()).await }).await.unwrap();
            spans.ended("Session/Said", 5).await;
        });
        assert_tree!(
            spans,
            "
            Cause/Cause
              Session/Typed
                Chat/Say
                  2 × Session/Said
            Chat/Connect (context lost)
            Chat/Connect (context lost)
              2 × Session/Said
            Chat/Connect (context lost)
              Session/Said
            "
        );
    }
}

mod waiting_in_the_context {
    use super::*;

    struct Clerk {
        guild: Addr<Guild>,
        later: Option<SpawnHandle>,
    }

    #[traced_actor(actix)]
    impl Actor for Clerk {
        type Context = Context<Self>;
    }

    message!(File(u64) -> ());
    message!(Filed() -> ());

    /// Asks, continues in the actor with the answer, and cleans up later, once for all filed messages.
    impl Handler<File> for Clerk {
        type Result = ();

        fn handle(&mut self, File(of): File, ctx: &mut Context<Self>) {
            self.guild
                .send(note("filed"))
                .into_actor(self)
                .map(move |notes, clerk, ctx| {
                    assert_eq!(notes, Ok(1));
                    clerk.guild.do_send(Join(of));
                    ctx.address().do_send(Filed());
                })
                .wait(ctx);
            if let Some(later) = self.later.take() {
                ctx.cancel_future(later);
            }
            let clean = |clerk: &mut Self, _: &mut Context<Self>| clerk.guild.do_send(Ask::Tick);
            self.later = Some(ctx.run_later(Duration::from_millis(1), clean));
        }
    }

    impl Handler<Filed> for Clerk {
        type Result = ();

        fn handle(&mut self, _: Filed, _: &mut Context<Self>) {}
    }

    #[test]
    fn what_follows_an_answer_is_below_the_message() {
        let spans = testkit::record();
        run(async {
            let clerk = Clerk { guild: Guild::new().start(), later: None }.start();
            caused(async { clerk.do_send(File(7)) }).await;
            spans.ended("Clerk/Filed", 1).await;
            spans.ended("Guild/Join", 1).await;
        });
        assert_tree!(
            spans,
            r#"
            Cause/Cause
              Clerk/File
                Clerk/Filed
                Guild/Join
                Guild/Write text="filed"
            "#
        );
    }
}

mod passing_on_and_putting_aside {
    use super::*;

    /// The hops between the actors, and the stashed messages.
    struct Node {
        next: Option<Recipient<Token>>,
        aside: Vec<Token>,
        traced: Vec<Envelope<Token>>,
        is_ready: bool,
    }

    #[traced_actor(actix)]
    impl Actor for Node {
        type Context = Context<Self>;
    }

    message!(Token() -> ());
    message!(Hold() -> ());
    message!(Ready() -> ());

    impl Handler<Token> for Node {
        type Result = ();

        fn handle(&mut self, token: Token, _: &mut Context<Self>) {
            match &self.next {
                Some(next) if self.is_ready => next.do_send(token),
                Some(_) => self.aside.push(token),
                None => {}
            }
        }
    }

    impl Handler<Hold> for Node {
        type Result = ();

        fn handle(&mut self, _: Hold, _: &mut Context<Self>) {
            self.traced.push(Envelope::capture(Token()));
        }
    }

    impl Handler<Ready> for Node {
        type Result = ();

        /// Calls its own handler with each stashed message, under its trace if that was kept.
        fn handle(&mut self, _: Ready, ctx: &mut Context<Self>) {
            self.is_ready = true;
            for token in std::mem::take(&mut self.aside) {
                <Self as Handler<Token>>::handle(self, token, ctx);
            }
            for token in std::mem::take(&mut self.traced) {
                let (token, mut span) = token.open();
                let _entered = span.enter();
                ctx.notify(token);
            }
        }
    }

    fn node(next: Option<Recipient<Token>>, is_ready: bool) -> Addr<Node> {
        Node { next, aside: Vec::new(), traced: Vec::new(), is_ready }.start()
    }

    #[test]
    fn a_message_is_of_who_sends_it_again() {
        let spans = testkit::record();
        run(async {
            let last = node(None, true);
            let second = node(Some(last.recipient()), true);
            let first = node(Some(second.recipient()), false);
            caused(async {
                first.send(Token()).await.unwrap();
                first.send(Hold()).await.unwrap();
            })
            .await;
            first.send(Ready()).await.unwrap();
            spans.ended("Node/Token", 6).await;
        });
        // A handler that is called directly has no span of its own.
        assert_tree!(
            spans,
            "
            Cause/Cause
              Node/Hold
                Node/Token
                  Node/Token
                    Node/Token
                      Node/Token
              Node/Token
            Node/Ready
              Node/Token
                Node/Token
            "
        );
    }
}

mod asking_many {
    use super::*;

    /// An actor that is generic over any actor that handles notes.
    struct Pollster<A: Actor>(Vec<Addr<A>>);

    #[traced_actor(actix)]
    impl<A> Actor for Pollster<A>
    where
        A: Actor,
    {
        type Context = Context<Self>;
    }

    message!(Poll(&'static str) -> Result<usize, MailboxError>);

    impl<A> Handler<Poll> for Pollster<A>
    where
        A: Actor + Handler<Note>,
        A::Context: ToEnvelope<A, Note>,
    {
        type Result = ResponseFuture<Result<usize, MailboxError>>;

        /// Makes the requests here. They are awaited by the answer's future, by tasks, or not at all.
        fn handle(&mut self, Poll(how): Poll, _: &mut Context<Self>) -> Self::Result {
            let requests: Vec<_> = self.0.iter().map(|addr| addr.send(note(how))).collect();
            Box::pin(async move {
                let mut sum = 0;
                if how == "by tasks" {
                    let mut tasks = tokio::task::JoinSet::new();
                    for request in requests {
                        tasks.spawn_local(request.in_current_trace());
                    }
                    for answer in tasks.join_all().await {
                        sum += answer?;
                    }
                } else {
                    for request in requests {
                        sum += request.await?;
                    }
                }
                Ok(sum)
            })
        }
    }

    #[test]
    fn each_is_below_the_message_that_asks() {
        let spans = testkit::record();
        run(async {
            let pollster = Pollster(vec![Guild::new().start(), Guild::new().start()]).start();
            caused(async {
                assert_eq!(pollster.send(Poll("by hand")).await.unwrap(), Ok(2));
                assert_eq!(pollster.send(Poll("by tasks")).await.unwrap(), Ok(4));
            })
            .await;
        });
        assert_tree!(
            spans,
            r#"
            Cause/Cause
              Pollster/Poll
                2 × Guild/Write text="by hand"
              Pollster/Poll
                2 × Guild/Write text="by tasks"
            "#
        );
    }
}

/// An actor mock of actix has actix's context, so it handles the message without a span.
#[test]
fn a_mock_in_place_of_an_actor() {
    struct Asker<A: Actor>(Addr<A>);

    #[traced_actor(actix)]
    impl<A: Actor> Actor for Asker<A> {
        type Context = Context<Self>;
    }

    message!(Question() -> usize);

    impl<A> Handler<Question> for Asker<A>
    where
        A: Actor + Handler<Note>,
        A::Context: ToEnvelope<A, Note>,
    {
        type Result = ResponseFuture<usize>;

        fn handle(&mut self, _: Question, _: &mut Context<Self>) -> Self::Result {
            let answer = self.0.send(note("asked"));
            Box::pin(async move { answer.await.unwrap_or_default() })
        }
    }

    let spans = testkit::record();
    run(async {
        let mock = Mocker::<Guild>::mock(Box::new(|_, _| Box::new(Some(2_usize)))).start();
        let (mocked, real) = (Asker(mock).start(), Asker(Guild::new().start()).start());
        caused(async {
            assert_eq!(mocked.send(Question()).await.unwrap(), 2);
            assert_eq!(real.send(Question()).await.unwrap(), 1);
        })
        .await;
    });
    assert_tree!(
        spans,
        r#"
        Cause/Cause
          Asker/Question
          Asker/Question
            Guild/Write text="asked"
        "#
    );
}
