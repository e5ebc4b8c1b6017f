//! Raw identifiers for everything that has a name.

use ta::sync::mpsc;
use ta::traced_actor;

/// A message.
#[traced_actor(crate = "::ta", name = "Raw")]
#[derive(Debug)]
pub enum r#Type {
    /// A variant, with a field.
    #[traced(fields(r#fn))]
    r#Match {
        /// A field.
        r#fn: String,
    },
}

/// An actor.
#[derive(Debug)]
pub struct Actor(Vec<String>);

#[traced_actor(crate = "::ta", name = "Raw")]
impl Actor {
    /// Runs until all senders are gone.
    pub async fn r#loop(mut r#self_: mpsc::Receiver<r#Type>) -> usize {
        let mut actor = Self(Vec::new());
        while let Some(r#type) = r#self_.recv().await {
            actor.r#match(r#type);
        }
        actor.0.len()
    }

    fn r#match(&mut self, r#type: r#Type) {
        let r#Type::r#Match { r#fn } = r#type;
        self.0.push(r#fn);
    }
}
