//! An actor as its user would write it: the attributes, and the context's `use`, are all that is new.

use actix::prelude::*;
use tokio::sync::mpsc::UnboundedSender;
use traced_actor::traced_actor;
use traced_actor_actix::Context;

pub(crate) struct Guild {
    pub(crate) notes: Vec<String>,
    /// Told of each who joins.
    pub(crate) council: Option<Addr<Guild>>,
    /// Hears of each who joins.
    pub(crate) arrived: Option<UnboundedSender<u64>>,
}

impl Guild {
    pub(crate) fn new() -> Self {
        Self { notes: Vec::new(), council: None, arrived: None }
    }
}

#[traced_actor(actix)]
impl Actor for Guild {
    type Context = Context<Self>;
}

#[traced_actor(actix)]
pub(crate) struct Join(pub(crate) u64);

impl Message for Join {
    type Result = ();
}

impl Handler<Join> for Guild {
    type Result = ();

    fn handle(&mut self, Join(user): Join, _: &mut Context<Self>) {
        if let Some(council) = &self.council {
            council.do_send(Note(format!("{user} joined")));
        }
        if let Some(arrived) = &self.arrived {
            arrived.send(user).unwrap();
        }
    }
}

#[traced_actor(actix)]
#[traced(name = "Write", fields(text = _0))]
pub(crate) struct Note(pub(crate) String);

impl Message for Note {
    type Result = usize;
}

impl Handler<Note> for Guild {
    type Result = usize;

    fn handle(&mut self, note: Note, _: &mut Self::Context) -> usize {
        self.notes.push(note.0);
        self.notes.len()
    }
}

#[traced_actor(actix)]
pub(crate) enum Ask {
    Count,
    #[traced(skip)]
    Tick,
}

impl Message for Ask {
    type Result = Result<usize, String>;
}

impl Handler<Ask> for Guild {
    type Result = Result<usize, String>;

    fn handle(&mut self, ask: Ask, _: &mut Self::Context) -> Self::Result {
        match ask {
            Ask::Count if self.notes.is_empty() => Err("nothing to count".to_owned()),
            Ask::Count => Ok(self.notes.len()),
            Ask::Tick => Ok(0),
        }
    }
}

pub(crate) fn note(text: &str) -> Note {
    Note(text.to_owned())
}
