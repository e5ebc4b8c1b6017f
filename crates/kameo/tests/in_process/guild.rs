//! An actor as its user would write it, with an attribute on the actor and on each of its impls.

use kameo::prelude::*;
use traced_actor::traced_actor;

#[traced_actor(kameo)]
#[derive(Actor)]
pub(crate) struct Guild {
    /// Told of each who joins.
    council: Option<ActorRef<Guild>>,
    sum: u64,
    notes: Vec<String>,
}

impl Guild {
    pub(crate) fn new(council: Option<ActorRef<Self>>) -> Self {
        Self { council, sum: 0, notes: Vec::new() }
    }
}

#[traced_actor]
#[traced(fields(user))]
pub(crate) struct Join {
    pub(crate) user: u64,
}

#[traced_actor(kameo)]
impl Message<Join> for Guild {
    type Reply = ();

    async fn handle(&mut self, Join { user }: Join, _: &mut Context<Self, ()>) {
        tokio::task::yield_now().await;
        self.sum += user;
        if let Some(council) = &self.council {
            council.tell(Note(format!("{user} is here"))).await.unwrap();
        }
    }
}

/// Without its own attribute: the span has the name of the type.
#[derive(Clone)]
pub(crate) struct Note(pub(crate) String);

#[traced_actor(kameo)]
impl Message<Note> for Guild {
    type Reply = ();

    async fn handle(&mut self, note: Note, _ctx: &mut Context<Self, Self::Reply>) -> Self::Reply {
        self.notes.push(note.0);
    }
}

/// An enum of messages is handled by one impl; each variant is its own kind.
#[traced_actor]
pub(crate) enum Ask {
    Count,
    #[traced(name = "Written")]
    Notes {
        from: usize,
    },
    #[traced(skip)]
    Tick,
    Hang,
    Panic,
}

#[traced_actor(kameo)]
impl Message<Ask> for Guild {
    type Reply = String;

    async fn handle(&mut self, ask: Ask, _: &mut Context<Self, String>) -> String {
        match ask {
            Ask::Count => self.sum.to_string(),
            Ask::Notes { from } => self.notes[from..].join(";"),
            Ask::Tick => {
                if let Some(council) = &self.council {
                    council.tell(Note("tick".into())).await.unwrap();
                }
                String::new()
            }
            Ask::Hang => std::future::pending().await,
            Ask::Panic => panic!("as it was told"),
        }
    }
}

/// Says in which trace it was sent.
#[traced_actor]
#[traced(fields(by))]
pub(crate) struct Sent {
    pub(crate) by: String,
}

#[traced_actor(kameo)]
impl Message<Sent> for Guild {
    type Reply = ();

    async fn handle(&mut self, _: Sent, _: &mut Context<Self, ()>) {
        tokio::task::yield_now().await;
    }
}
